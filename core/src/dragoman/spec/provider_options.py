"""The argument ``options=``: what is a provider's own, as a mapping by provider or as objects of its options class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol, TypeAlias, cast

import attrs

from dragoman.spec.argument_checks import copied, is_iterable, is_same, shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.secret import RedactedDict

_OWNER = "__provider__"
_EXPECTED = "options must be a mapping of options by provider, or objects such as AcmeOptions(...)"


class ProviderOptions(Protocol):
    """Hold options of one provider: an object of the options class that its plugin exports.

    Attributes:
        __provider__: the name of the provider, under which it reads its options.

    """

    __provider__: ClassVar[str]


OptionsLike: TypeAlias = Mapping[str, Mapping[str, Any]] | ProviderOptions | Iterable[ProviderOptions]
"""Options keyed by provider, or the options objects of one provider or of several."""


def read_options(options: Any) -> Mapping[str, Mapping[str, Any]]:
    """Return the argument ``options`` of a call or of a configuration as mappings keyed by provider.

    An object of an options class gives its values that differ from the defaults of the class.

    Raises:
        InvalidRequestError: if it is neither a mapping of mappings nor options objects, or if two objects belong to one
            provider.

    """
    if options is None:
        return {}
    if isinstance(options, Mapping):
        return _of_mapping(cast("Mapping[Any, Any]", options))  # type: ignore[redundant-cast]  # pyright needs it
    if isinstance(options, type | str | bytes):
        raise _wrong(options)
    objects: tuple[Any, ...] = (options,) if hasattr(options, _OWNER) or not is_iterable(options) else tuple(options)
    found: dict[str, Mapping[str, Any]] = {}
    for each in objects:
        owner = _owner(each)
        if owner in found:
            message = f"options holds two objects of the provider {owner!r}; put their values into one"
            raise InvalidRequestError(message, parameter="options")
        found[owner] = given(each)
    return found


def given(options: Any) -> RedactedDict:
    """Return the values of an options object that differ from the defaults of its class."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(options.__class__)
    values = ((field.name, getattr(options, field.name), field.default) for field in fields)
    return RedactedDict({name: value for name, value, default in values if not is_same(value, default)})


def _owner(options: Any) -> str:
    owner: Any = getattr(options, _OWNER, None)
    if isinstance(options, type) or not isinstance(owner, str) or not hasattr(options, "__attrs_attrs__"):
        raise _wrong(options)
    return owner


def _wrong(options: Any) -> InvalidRequestError:
    kind = options.__name__ if isinstance(options, type) else type(options).__name__
    more = f"; make an object of it: {kind}(...)" if isinstance(options, type) and hasattr(options, _OWNER) else ""
    if not isinstance(options, type) and hasattr(options, "__attrs_attrs__") and not hasattr(options, _OWNER):
        more = "; it names no provider, so give {'<provider>': {...}}"
    return InvalidRequestError(f"{_EXPECTED}, not {kind}{more}", parameter="options")


def _of_mapping(options: Mapping[Any, Any]) -> Mapping[str, Mapping[str, Any]]:
    for provider, own in options.items():
        if not isinstance(provider, str) or not isinstance(own, Mapping):
            message = (
                f"options are a mapping of options by provider; those of {shown(provider)} are {type(own).__name__}"
            )
            raise InvalidRequestError(message, parameter="options")
    copied(options, "options")  # only to check the depth
    return options


__all__ = ["OptionsLike", "ProviderOptions", "given", "read_options"]
