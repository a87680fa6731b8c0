"""What was encoded before: a conversation is sent again with every turn, and most calls have the same settings.

What a message was last encoded as is kept on the message; for what comes with every call there is :class:`Latest`.
"""

from __future__ import annotations

from collections.abc import Callable
from marshal import dumps
from operator import is_
from typing import Any, Generic, TypeVar

from dragoman.spec.message import Message, changeable

T = TypeVar("T")

_VERSION = 2
"""The version of marshal that does not depend on who else holds a text. What it writes tells values apart by type, sign
and order too, as ``==`` does not; it is compared, and never read.
"""
_UNCHANGING = (str, bytes, bool, int, float, type(None))


def cached_encoding(message: Message, by: object) -> Any:
    """Return what *message* was encoded as under *by*, ``None`` if that is not known.

    Args:
        message: the message. What it was encoded as stays true unless a value in it was changed in place.
        by: the rules it was encoded by, told apart by identity.

    """
    kept = getattr(message, "_kept", None)
    if kept is None or kept[0] is not by:
        return None
    try:
        for value, written in kept[2]:
            if dumps(value, _VERSION) != written:
                return None
    except ValueError:  # it holds an object of another kind by now
        return None
    return kept[1]


def cache_encoding(message: Message, by: object, encoded: Any) -> None:
    """Keep what *message* is encoded as under *by*, in place of what was kept before.

    Nothing is kept of a message that holds an object of a kind that cannot be compared with what it was.
    """
    held = getattr(message, "_changeable", None) or changeable(message)
    try:
        values = [(value, dumps(value, _VERSION)) for value in held if not isinstance(value, _UNCHANGING)]
    except ValueError:
        return
    object.__setattr__(message, "_kept", (by, encoded, values))


class Latest(Generic[T]):
    """Keep what was made last, for as long as it is asked for with the same objects; threads may share it.

    Args:
        make: makes it of some objects. Whoever is given the result leaves it as it is.

    """

    __slots__ = ("_kept", "_make")

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._kept: tuple[tuple[object, ...], T] | None = None

    def of(self, *objects: object) -> T:
        """Return what is made of *objects*, told apart by identity."""
        kept = self._kept
        if kept is None or not all(map(is_, kept[0], objects)):
            kept = self._kept = objects, self._make(*objects)
        return kept[1]
