"""The options of a provider: read once, written into bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import attrs

from dragoman.spec.argument_checks import copied
from dragoman.spec.config import CORE_OPTIONS
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.request import SETTINGS, ChatRequest, CompletionRequest

T = TypeVar("T")

NOT_IN_BODY = "not_in_body"
"""Metadata key of an option that does not go into the body."""

NOT_PER_CALL = "not_per_call"
"""Metadata key of an option that is read once, when the provider is made."""


class OptionsReader(Generic[T]):
    """Make the options class of what the caller gave, anew only if it is another object than last time, or has changed.

    Args:
        kind: the options class, of attrs.
        provider: whose options they are.

    """

    def __init__(self, kind: type[T], provider: str) -> None:
        self._kind = kind
        self._provider = provider
        self._default = kind()
        self._last: tuple[Mapping[str, Any], T, Mapping[str, Any]] | None = None
        self._configured: T | None = None

    def configure(self, given: Mapping[str, Any]) -> T:
        """Return the options that the provider is made with.

        From now on, an option declared with ``per_call=False`` may come with a request only if it is the same there.

        Raises:
            InvalidRequestError: as :meth:`read` does.

        """
        self._configured = options = self.structure(given)
        return options

    def read(self, request: ChatRequest | CompletionRequest) -> T:
        """Return the options of one request.

        Raises:
            InvalidRequestError: for an unknown option, with the nearest known one, a value of the wrong type, or one of
                the provider's own options that differs from what the provider was made with.

        """
        given = request.options.get(self._provider)
        return self._default if not given else self.structure(given)

    def structure(self, given: Mapping[str, Any]) -> T:
        """Return the options that *given* holds."""
        if not given:
            return self._default
        last = self._last
        if last is not None and last[0] is given and last[2] == given:
            return last[1]
        from dragoman.spec.serialization import structure_options  # noqa: PLC0415  # cattrs is not paid for without options

        options = structure_options(self._kind, given, provider=self._provider, also=_ALSO)
        if self._configured is not None:
            self._refuse_changes(given, options, self._configured)
        self._last = (given, options, copied(given, "options"))
        return options

    def _refuse_changes(self, given: Mapping[str, Any], options: T, configured: T) -> None:
        """Refuse what was settled when the provider was made: to drop it would be silent."""
        kind: Any = self._kind
        for name in _settled(kind):
            if name in given and getattr(options, name) != getattr(configured, name):
                message = f"{name!r} belongs to LLMConfig, not to one call; make another LLM for it"
                raise InvalidRequestError(message, provider=self._provider, parameter=name)


_ALSO: Iterable[str] = (*SETTINGS, *CORE_OPTIONS, "tools", "tool_choice", "output")


def option_field(
    *,
    default: Any = None,
    wire: str | None = None,
    in_body: bool = True,
    per_call: bool = True,
    secret: bool = False,
    doc: str = "",
) -> Any:
    """Declare an option.

    Args:
        default: what it is if not given; ``None`` is not sent.
        wire: its name in the body, if another.
        in_body: whether it goes into the body at all.
        per_call: whether one call may have another value; not where it is read once, when the provider is made.
        secret: whether its value is left out of the ``repr``.
        doc: what it does, for the documentation.

    """
    metadata = {"wire": wire, NOT_IN_BODY: not in_body, NOT_PER_CALL: not per_call, "doc": doc}
    return attrs.field(default=default, repr=not secret, metadata=metadata)


_latest: dict[type[Any], tuple[Any, Mapping[str, Any]]] = {}
"""By options class, the options read last and what they stand for: most calls are made with the same ones."""


def body_of(options: Any) -> Mapping[str, Any]:
    """Return the members of a request body that *options* stand for."""
    kind: Any = options.__class__
    latest = _latest.get(kind)
    if latest is not None and latest[0] is options:
        return latest[1]
    members = {wire: value for name, wire in _names(kind) if (value := getattr(options, name)) is not None}
    _latest[kind] = (options, members)
    return members


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return the options that go into a body, with their names there."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(
        (field.name, field.metadata.get("wire") or field.name)
        for field in fields
        if not field.metadata.get(NOT_IN_BODY)
    )


@cache
def _settled(kind: Any) -> tuple[str, ...]:
    """Return the options that are read once, when the provider is made."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(field.name for field in fields if field.metadata.get(NOT_PER_CALL))
