"""A cache of encoded messages and settings: each turn of a conversation sends all earlier messages again.

The last encoding of a message is kept on the message. :class:`Latest` caches values that all calls have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from marshal import dumps
from operator import is_
from typing import Any, Generic, TypeVar

from dragoman.spec.message import Message, changeable

T = TypeVar("T")

_VERSION = 2
"""The version of marshal whose output does not depend on reference counts.

The output also differs where values differ by type, sign or order, unlike ``==``. It is only compared, never loaded.
"""
_UNCHANGING = (str, bytes, bool, int, float, type(None))


def cached_encoding(message: Message, by: object) -> Any:
    """Return the cached encoding of *message* for the rules *by*, ``None`` if there is none.

    Args:
        message: the message. Its cached encoding is invalid if a value in the message was changed in place.
        by: the rules of the encoding, compared by identity.

    """
    kept = getattr(message, "_kept", None)
    if kept is None or kept[0] is not by:
        return None
    try:
        for value, written in kept[2]:
            if dumps(value, _VERSION) != written:
                return None
    except ValueError:  # the message now holds an object that marshal does not support
        return None
    return kept[1]


def cache_encoding(message: Message, by: object, encoded: Any) -> None:
    """Cache the encoding of *message* for the rules *by*, which replaces an earlier one.

    Nothing is cached for a message that holds an object whose changes cannot be detected.
    """
    held = getattr(message, "_changeable", None) or changeable(message)
    try:
        values = [(value, dumps(value, _VERSION)) for value in held if not isinstance(value, _UNCHANGING)]
    except ValueError:
        return
    object.__setattr__(message, "_kept", (by, encoded, values))


class Latest(Generic[T]):
    """Cache the last result of a function for as long as the arguments are the same objects. It is thread-safe.

    Args:
        make: the function. Callers must not change its result.

    """

    __slots__ = ("_kept", "_make")

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._kept: tuple[tuple[object, ...], T] | None = None

    def of(self, *objects: object) -> T:
        """Return the result of the function for *objects*, which are compared by identity."""
        kept = self._kept
        if kept is None or not all(map(is_, kept[0], objects)):
            kept = self._kept = objects, self._make(*objects)
        return kept[1]
