"""What grows while a stream is decoded: found again and told of without going through all of it each time."""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.spec.parts import Citation

_FEW = 32


class CallIndex:
    """Find the tool call that a fragment goes on with, by its place and its id, either of which servers leave out.

    Attributes:
        latest: the index of the part that the last fragment belonged to, -1 before the first.

    """

    __slots__ = ("_at", "_by_id", "_last", "latest")

    def __init__(self) -> None:
        self.latest = -1
        self._at: dict[object, dict[str, int]] = {}
        self._last: dict[object, tuple[str, int]] = {}
        self._by_id: dict[str, int] = {}

    def find(self, place: object, call_id: str, *, has_name: bool) -> int | None:
        """Return the index of the part of a call that has begun, ``None`` if a fragment begins another.

        Args:
            place: where the server counts the call, if that is a number.
            call_id: the id of the fragment, empty if it has none.
            has_name: whether the fragment names a tool, as the first of a call does.

        """
        if not isinstance(place, int):
            return self._by_id.get(call_id) if call_id else self.latest if self.latest >= 0 else None
        if place not in self._last:
            return None
        latest_id, latest = self._last[place]
        if not call_id or call_id == latest_id:
            return latest
        found = self._at[place].get(call_id)
        return latest if found is None and not has_name else found

    def add(self, place: object, call_id: str, index: int) -> None:
        """Enter a call that begins: its place, its id and the index of its part."""
        where = place if isinstance(place, int) else None
        self._at.setdefault(where, {})[call_id] = index
        self._last[where] = (call_id, index)
        self._by_id[call_id] = index


class Pace:
    """Say when to tell again of something that is told as a whole: always while it is small, then ever more rarely.

    Telling of it each time that it grows would take a time that grows with the square of its size.
    """

    __slots__ = ("_new",)

    def __init__(self) -> None:
        self._new = 0

    @property
    def is_behind(self) -> bool:
        """Return whether something was added that was not told of."""
        return self._new > 0

    def add(self, size: int) -> None:
        """Take note of what was added."""
        self._new += size

    def is_due(self, size: int) -> bool:
        """Return whether it is time to tell of the whole, which has *size* with what was added."""
        return self._new > 0 and (size <= _FEW or 2 * self._new >= size)

    def told(self) -> None:
        """Take note that all was told of."""
        self._new = 0


class GrowingCitations:
    """Collect citations and say when to tell of them; each telling holds all citations so far."""

    __slots__ = ("_all", "_pace")

    def __init__(self) -> None:
        self._all: list[Citation] = []
        self._pace = Pace()

    def extend(self, citations: Iterable[Citation]) -> None:
        """Add citations."""
        before = len(self._all)
        self._all.extend(citations)
        self._pace.add(len(self._all) - before)

    @property
    def untold(self) -> bool:
        """Return whether there are some that were not told of."""
        return self._pace.is_behind

    @property
    def is_due(self) -> bool:
        """Return whether it is time to tell of them."""
        return self._pace.is_due(len(self._all))

    def told(self) -> tuple[Citation, ...]:
        """Return all citations, and note that they were told of."""
        self._pace.told()
        return tuple(self._all)


__all__ = ["CallIndex", "GrowingCitations", "Pace"]
