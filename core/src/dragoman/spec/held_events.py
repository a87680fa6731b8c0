"""Events of a stream that wait until it is known what they belong to: a call whose name has not arrived in full."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection

import attrs

from dragoman.spec.events import ArgumentsDelta, Event, PartStart, PartStop, PartUpdate
from dragoman.spec.parts import Part, Text, ToolCall


def is_call(part: Part) -> bool:
    """Return whether a part is a call of a tool of the caller, or of the tool that stands for the answer."""
    return isinstance(part, ToolCall) and not part.server_side


class HeldEvents:
    """Hold back each part with all that follows it until what it is cannot change any more.

    That is a call whose name has not arrived, or may be the beginning of one of *names*: the name precedes the
    arguments, but it may come late or in pieces. It is also a text that may stand beside the call which gives the
    answer: whether it does is known from the call that follows it.

    Args:
        names: the names under which tools were sent.
        holds_text: tells whether a text waits for the call that follows it.

    """

    __slots__ = ("_calls", "_held", "_holds_text", "_names", "_parts", "_settled")

    def __init__(self, names: Collection[str], holds_text: Callable[[], bool]) -> None:
        self._names = names
        self._holds_text = holds_text
        self._held: deque[Event] = deque()
        self._parts: dict[int, Part] = {}
        self._calls: list[int] = []
        self._settled: set[int] = set()

    def add(self, event: Event) -> None:
        """Add the next event."""
        self._held.append(event)
        if isinstance(event, PartStart | PartUpdate):
            self._parts[event.index] = part = event.part
            if isinstance(event, PartStart) and is_call(part):
                self._calls.append(event.index)
            if isinstance(part, ToolCall) and part.arguments:
                self._settled.add(event.index)
        elif isinstance(event, ArgumentsDelta | PartStop):
            self._settled.add(event.index)

    def next(self, *, is_over: bool = False) -> Event | None:
        """Return the next event that is known in full, the start of a call with its name, ``None`` if there is none.

        Args:
            is_over: whether nothing more follows that could tell what the events belong to.

        """
        if not self._held:
            return None
        first = self._held[0]
        if not isinstance(first, PartStart):
            return self._held.popleft()
        if not (is_over or self._is_known(first.index)):
            return None
        self._held.popleft()
        known = self._parts[first.index]
        if isinstance(first.part, ToolCall) and isinstance(known, ToolCall):
            return attrs.evolve(first, part=attrs.evolve(first.part, name=known.name))
        return first

    def call_after(self, index: int) -> ToolCall | None:
        """Return the first call after a part, so far as it is known."""
        at = bisect_right(self._calls, index)
        part = self._parts[self._calls[at]] if at < len(self._calls) else None
        return part if isinstance(part, ToolCall) else None

    def _is_known(self, index: int) -> bool:
        part = self._parts[index]
        if isinstance(part, Text) and self._holds_text():
            at = bisect_right(self._calls, index)
            return at < len(self._calls) and self._has_name(self._calls[at])
        return not is_call(part) or self._has_name(index)

    def _has_name(self, index: int) -> bool:
        part = self._parts[index]
        name = part.name if isinstance(part, ToolCall) else ""
        may_grow = any(each != name and each.startswith(name) for each in self._names)
        return bool(name) and (not may_grow or index in self._settled)
