"""What makes connections, held by several providers in common and closed with the last of them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar
from weakref import WeakSet

from dragoman.spec.fork_safety import ForkSafeLock

T = TypeVar("T")


class SharedConnections:
    """Hold what makes connections, for the providers of one client and of the clients that are derived from it."""

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[object, WeakSet[object]]] = {}
        self._lock = ForkSafeLock()

    def take(self, key: Hashable, holder: object, own: T) -> T:
        """Return what was taken by the same *key* before, or *own*; *holder* uses it until it is given back.

        Args:
            key: the options that decide how connections are made, after something that tells their kind.
            holder: the provider, which may be deleted without giving it back.
            own: what makes connections so.

        """
        with self._lock:
            held, holders = self._held.setdefault(key, (own, WeakSet()))
            holders.add(holder)
        return held  # type: ignore[return-value]  # pyright: ignore[reportReturnType]  # the key tells its kind

    def give_back(self, holder: object) -> bool:
        """Return whether nobody else uses what *holder* has used, which is then to be closed."""
        with self._lock:
            mine = [holders for _, holders in self._held.values() if holder in holders]
            for holders in mine:
                holders.discard(holder)
            return not any(mine)


__all__ = ["SharedConnections"]
