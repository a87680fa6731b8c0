"""Credentials that cannot be printed by accident.

As a string, a :class:`Secret` consists of the characters of the mask: this is all that C code, JSON encoders and
debuggers see. Only :meth:`Secret.reveal` returns the value.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NoReturn, Self, cast

from dragoman.spec.argument_checks import plain_text
from dragoman.spec.errors import ConfigurationError

MASK = "********"

_CREDENTIAL = (
    r"(?i)(?<!cache[-_])(?<!idempotency[-_])key(?:[-_]?id)?$|auth$|authorization|token$|secret|passw|credential|cookie"
)


class Secret(str):
    """Hold a credential as a ``str`` that prints as ``********``.

    Args:
        value: the credential, in printable ASCII without surrounding white space.
        name: the name of the credential in error messages.

    Raises:
        ConfigurationError: if the value is empty, has surrounding white space, or contains a character that is not
            allowed in HTTP headers.

    """

    __slots__ = ("_value",)
    _value: str

    def __new__(cls, value: str, *, name: str = "api_key") -> Self:
        """Make a secret from *value*; a secret is returned unchanged."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"{name} must be a string, not {type(value).__name__}; the value is not shown"
            del value  # keep credentials out of tracebacks that show locals
            raise ConfigurationError(message)
        value = plain_text(value)
        problem = _problem(value)
        if problem:
            del value  # keep credentials out of tracebacks that show locals
            message = f"{name} {problem}; the value is not shown. Check how it was read (a trailing newline is common)."
            raise ConfigurationError(message)
        secret = super().__new__(cls, MASK)
        object.__setattr__(secret, "_value", value)
        return secret

    def reveal(self) -> str:
        """Return the credential itself; call this only to send it."""
        return self._value

    def with_prefix(self, prefix: str) -> Secret:
        """Return a secret that consists of *prefix* and this value, such as a ``Bearer`` header."""
        return Secret(prefix + self._value)

    def __eq__(self, other: object) -> bool:
        """Compare values in constant time; a secret also equals a plain string with its value."""
        if not isinstance(other, str):
            return NotImplemented
        theirs = other._value if isinstance(other, Secret) else other
        from hmac import compare_digest  # noqa: PLC0415  # few programs compare credentials

        return compare_digest(self._value.encode(), theirs.encode("utf-8", "surrogatepass"))

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a Secret cannot be pickled; pass the key to the other process in an environment variable"
        raise TypeError(message)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


def _problem(value: str) -> str:
    if not value:
        return "is empty"
    if value != value.strip():
        return "begins or ends with white space"
    if not (value.isascii() and value.isprintable()):
        return "contains a character that is not allowed in HTTP headers"
    return ""


class KeySource:
    """Hold the callable that was given as ``api_key``; it is never shown, since it may hold a key itself.

    Args:
        ask: returns the key, or something to await for it.

    """

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[], str | Awaitable[str]]) -> None:
        self._ask = ask

    async def key(self) -> Secret:
        """Return the key of the next call.

        Raises:
            ConfigurationError: if it is not a string, or not allowed in HTTP headers.

        """
        from dragoman.spec.callbacks import noted  # noqa: PLC0415  # few programs give a callable

        with noted("api_key", "the key of the next call"):
            answer: Any = self._ask()
            if hasattr(answer, "__await__"):
                answer = await answer
        try:
            if not isinstance(answer, str):
                message = f"api_key= is a callable that returned {type(answer).__name__}; it must return a string"
                raise ConfigurationError(message, parameter="api_key")
            return Secret(answer)
        finally:
            del answer  # keep credentials out of tracebacks that show locals

    def reveal(self) -> Callable[[], str | Awaitable[str]]:
        """Return the callable itself, to make the same configuration of it."""
        return self._ask

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySource) and self._ask == other._ask

    def __hash__(self) -> int:
        return hash(self._ask)

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a configuration with a callable as api_key cannot be pickled; give it to each process"
        raise TypeError(message)

    def __deepcopy__(self, memo: object) -> KeySource:
        return self


class RedactedDict(dict[str, Any]):
    """Hold options; its ``repr`` shows values that look like credentials as ``********``."""

    def __repr__(self) -> str:
        return repr(redact_secrets(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Refuse to pickle a credential, as :class:`Secret` does."""
        if redact_secrets(self) != self:
            message = "options with a credential cannot be pickled; pass it to each process in an environment variable"
            raise TypeError(message)
        return (RedactedDict, (dict(self),))

    def __copy__(self) -> RedactedDict:
        return RedactedDict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> RedactedDict:
        return RedactedDict({name: copy.deepcopy(value, memo) for name, value in self.items()})


def is_credential(name: str) -> bool:
    """Tell whether *name*, such as that of an option or a header, is a name of credentials."""
    return re.search(_CREDENTIAL, name) is not None


def redact_secrets(value: Any) -> Any:
    """Return *value* with every credential in it masked: each secret, and each value with a name of credentials."""
    if isinstance(value, Mapping):
        return _redact_items(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, list | tuple):
        each = [redact_secrets(item) for item in cast("list[Any]", value)]
        return each if isinstance(value, list) else tuple(each)
    return MASK if isinstance(value, Secret) else value


def credentials_in(value: Any, name: str = "") -> Iterator[str]:
    """Yield every credential in *value*, revealed: each secret, and each string with a name of credentials.

    Args:
        value: options, headers, or one of their values.
        name: the name of the value.

    """
    if isinstance(value, Mapping):
        for key, each in cast("Mapping[Any, Any]", value).items():  # type: ignore[redundant-cast]  # pyright needs it
            yield from credentials_in(each, str(key))
    elif isinstance(value, Secret) or (isinstance(value, str) and is_credential(name)):
        yield reveal(value)


def _redact_items(items: Mapping[Any, Any]) -> dict[Any, Any]:
    found = tuple(items.items())  # another thread may change them
    return {name: MASK if _is_redacted(str(name), item) else redact_secrets(item) for name, item in found}


def _is_redacted(name: str, value: object) -> bool:
    return is_credential(name) and value is not None and not isinstance(value, bool | int | float)


def reveal(value: str) -> str:
    """Return *value*, revealed if it is a :class:`Secret`."""
    return value.reveal() if isinstance(value, Secret) else value
