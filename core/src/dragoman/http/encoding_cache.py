"""A cache of encoded messages and settings: each turn of a conversation sends all earlier messages again.

The last encoding of a message is kept for as long as the message lives. :class:`Latest` caches values that all calls
have in common.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from marshal import dumps
from operator import is_
from typing import Any, Generic, TypeVar, cast

from dragoman.spec.message import Message, changeable

T = TypeVar("T")

_VERSION = 2
"""The version of marshal whose output does not depend on reference counts.

The output also differs where values differ by type, sign or order, unlike ``==``. It is only compared, never loaded.
"""
_UNCHANGING = (str, bytes, bool, int, float, type(None))


class _Reference(weakref.ref[Message]):
    """Refer to a message, and forget its encoding when it is gone: its ``id`` may then become that of another one."""

    __slots__ = ("key",)

    key: int


def _forget(reference: weakref.ref[Message]) -> None:
    _encodings.pop(cast("_Reference", reference).key, None)


_encodings: dict[int, tuple[object, Any, list[tuple[Any, bytes]], _Reference]] = {}
"""By the ``id`` of a message: the rules of its encoding, the encoding, the values that can change, and a reference."""


def cached_encoding(message: Message, by: object) -> Any:
    """Return the cached encoding of *message* for the rules *by*, ``None`` if there is none.

    Args:
        message: the message. Its cached encoding is invalid if a value in the message was changed in place.
        by: the rules of the encoding, compared by identity.

    """
    cached = _encodings.get(id(message))
    if cached is None or cached[0] is not by:
        return None
    try:
        for value, written in cached[2]:
            if dumps(value, _VERSION) != written:
                return None
    except ValueError:  # the message now holds an object that marshal does not support
        return None
    return cached[1]


def cache_encoding(message: Message, by: object, encoded: Any) -> None:
    """Cache the encoding of *message* for the rules *by*, which replaces an earlier one.

    Nothing is cached for a message that holds an object whose changes cannot be detected.
    """
    held = getattr(message, "_changeable", None) or changeable(message)
    try:
        values = [(value, dumps(value, _VERSION)) for value in held if not isinstance(value, _UNCHANGING)]
    except ValueError:
        return
    key = id(message)
    known = _encodings.get(key)
    if known is None:
        reference = _Reference(message, _forget)
        reference.key = key
    else:
        reference = known[3]
    _encodings[key] = by, encoded, values, reference


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
