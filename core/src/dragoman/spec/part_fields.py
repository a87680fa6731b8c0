"""What all parts of a message have: an id, a seal, options and metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias, Union, cast

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import plain_text, shown
from dragoman.spec.errors import InvalidRequestError

JSON: TypeAlias = Union[bool, int, float, str, "list[JSON]", "dict[str, JSON]", None]
"""Any value that JSON can represent."""


empty = cast("Callable[[], Mapping[str, JSON]]", dict)
"""Return a new empty object: the default of a field of JSON data."""


def take_text(value: Any, name: str, *, optional: bool = False) -> None:
    """Make the field *name* of a value a plain string.

    Raises:
        InvalidRequestError: if it is not a string.

    """
    text = getattr(value, name)
    if type(text) is str or (optional and text is None):
        return
    if not isinstance(text, str):
        message = f"{name} of {type(value).__name__} must be a string, not {shown(text)}"
        raise InvalidRequestError(message)
    object.__setattr__(value, name, plain_text(text))


@value(kw_only=True)
class Seal:
    """Carry data that a vendor signed or encrypted and expects back unchanged.

    Args:
        issuer: the service that made it, such as ``"acme"``; it is only sent back to this service.
        scope: a narrower scope, such as an account or a model, if the vendor has one.
        payload: the data itself, which is never interpreted.

    """

    issuer: str
    scope: str | None = None
    payload: JSON = None


@value(kw_only=True)
class PartFields:
    """Hold the fields that all parts have.

    Args:
        id: the provider's id of this part.
        seal: signed or encrypted data that belongs to this part.
        options: overrides for this part, keyed by provider.
        metadata: further data from the provider about this part.

    """

    id: str | None = None
    seal: Seal | None = None
    options: Mapping[str, JSON] = field(factory=empty)
    metadata: Mapping[str, JSON] = field(factory=empty)

    _texts: ClassVar[tuple[str, ...]] = ()
    _optional_texts: ClassVar[tuple[str, ...]] = ("id",)

    def __attrs_post_init__(self) -> None:
        """Check the types of the fields, in one method: a validator for each field would take one call each."""
        for name in self._texts:
            if type(getattr(self, name)) is not str:
                take_text(self, name)
        for name in self._optional_texts:
            if getattr(self, name) is not None:
                take_text(self, name, optional=True)
        if type(self.options) is not dict or type(self.metadata) is not dict or self.seal is not None:
            _check_attached(self)


def _check_attached(part: PartFields) -> None:
    unchecked: Any = part  # callers without a type checker
    for name, kind in (("options", Mapping), ("metadata", Mapping), ("seal", Seal | None)):
        if not isinstance(getattr(unchecked, name), kind):
            expected = "a Seal" if name == "seal" else "a mapping, such as a dict"
            message = f"{name} of {type(part).__name__} must be {expected}, not {shown(getattr(unchecked, name))}"
            raise InvalidRequestError(message)
