"""A key that cannot be printed by accident.

The characters of a :class:`Secret`, as any C code, JSON encoder or debugger sees them, are the mask itself; the value
is reached by :meth:`Secret.reveal` alone.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, Self

from dragoman.errors import ConfigurationError

MASK = "********"


class Secret(str):
    """Hold a credential as a ``str`` that prints as ``********``.

    Args:
        value: the credential, in printable ASCII without white space around it.
        name: what the credential is called in an error message.

    Raises:
        ConfigurationError: for an empty value, white space around it, or a character no HTTP header may carry.

    """

    __slots__ = ("_value",)
    _value: str

    def __new__(cls, value: str, *, name: str = "api_key") -> Self:
        """Make a secret of *value*; a secret is returned as it is."""
        if isinstance(value, cls):
            return value
        problem = _problem(value)
        if problem:
            del value  # a traceback that shows locals shows those of this frame
            message = f"{name} {problem}; the value is not shown. Check how it was read (a trailing newline is usual)."
            raise ConfigurationError(message)
        secret = super().__new__(cls, MASK)
        object.__setattr__(secret, "_value", value)
        return secret

    def reveal(self) -> str:
        """Return the credential itself, for the moment it is sent."""
        return self._value

    def with_prefix(self, prefix: str) -> Secret:
        """Return a secret of *prefix* and this value, such as a ``Bearer`` header."""
        return Secret(prefix + self._value)

    def __eq__(self, other: object) -> bool:
        """Compare values in constant time; a plain string equals the secret that holds it."""
        if not isinstance(other, str):
            return NotImplemented
        theirs = other._value if isinstance(other, Secret) else other
        return hmac.compare_digest(self._value.encode(), theirs.encode("utf-8", "surrogatepass"))

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a Secret is not pickled; give the other process its key through its own environment"
        raise TypeError(message)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self


def _problem(value: str) -> str:
    if not value:
        return "is empty"
    if value != value.strip():
        return "has white space around it"
    if not (value.isascii() and value.isprintable()):
        return "holds a character that no HTTP header may carry"
    return ""


def reveal(value: str) -> str:
    """Return the text of *value*, revealed if it is a :class:`Secret`."""
    return value.reveal() if isinstance(value, Secret) else value
