"""State that grows while a stream is decoded, with costs that do not grow with the length of the stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from dragoman.spec._value import changed
from dragoman.spec.events import ArgumentsDelta, Event, PartStart, ReasoningDelta, TextDelta, UsageSnapshot
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import Citation
from dragoman.spec.response import Usage

_FEW = 32


class CallIndex:
    """Find the tool call that a fragment continues, by its position and its id, either of which a server may omit.

    Attributes:
        latest: the index of the part that the last fragment belonged to, -1 before the first.

    """

    __slots__ = ("_by_id", "_by_position", "_last", "latest")

    def __init__(self) -> None:
        self.latest = -1
        self._by_position: dict[object, dict[str, int]] = {}
        self._last: dict[object, tuple[str, int]] = {}
        self._by_id: dict[str, int] = {}

    def find(self, position: object, call_id: str, *, has_name: bool) -> int | None:
        """Return the index of the part that a fragment continues, ``None`` if it begins a new call.

        Args:
            position: the server's index of the call; ignored if it is not an integer.
            call_id: the id of the fragment, empty if it has none.
            has_name: whether the fragment names a tool, as the first of a call does.

        """
        if not isinstance(position, int):
            if call_id:
                return self._by_id.get(call_id)
            return None if has_name or self.latest < 0 else self.latest  # another name begins another call
        if position not in self._last:
            return None
        latest_id, latest = self._last[position]
        if not call_id or call_id == latest_id:
            return latest
        found = self._by_position[position].get(call_id)
        return latest if found is None and not has_name else found

    def with_id(self, call_id: str) -> int | None:
        """Return the index of the part of the latest call with an id, ``None`` for an unknown or an empty id."""
        return self._by_id.get(call_id) if call_id else None

    def add(self, position: object, call_id: str, index: int) -> None:
        """Add a new call with its position, its id and the index of its part."""
        key = position if isinstance(position, int) else None
        self._by_position.setdefault(key, {})[call_id] = index
        self._last[key] = (call_id, index)
        self._by_id[call_id] = index


_CACHED = ("cache_read_tokens", "cache_write_tokens")
_COUNTS = ("input_tokens", "output_tokens", "reasoning_tokens", *_CACHED)


def later_usage(before: Usage, after: Usage) -> Usage:
    """Return the later of two reports of one stream, with the counts that it leaves out or gives as 0.

    Some servers and gateways end a stream with an empty report, or with zeros for what they do not count. A zero for
    cached tokens counts if it comes with input tokens.
    """
    kept: dict[str, Any] = {
        name: known for name in _COUNTS if (known := getattr(before, name)) is not None and not _replaces(after, name)
    }
    if not kept:
        return after
    return attrs.evolve(after, **kept) if any(getattr(after, name) for name in _COUNTS) else before


def _replaces(report: Usage, name: str) -> bool:
    count = getattr(report, name)
    return bool(count or (count == 0 and name in _CACHED and report.input_tokens))


class StreamedUsage:
    """Merge the reports of one stream, which may come early, late, several times, or empty after a full one."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: Usage | None = None

    @property
    def is_known(self) -> bool:
        """Return whether there was any report."""
        return self._known is not None

    def add(self, reported: Usage | None, events: list[Event]) -> None:
        """Add a report, ``None`` for none, and append what is known now to *events*."""
        if reported is not None:
            self._known = reported if self._known is None else later_usage(self._known, reported)
            events.append(UsageSnapshot(self._known))


class Pace:
    """Decide when to emit an update that contains a whole growing value: often while it is small, then rarely.

    An update for each addition would take time proportional to the square of the size.
    """

    __slots__ = ("_new",)

    def __init__(self) -> None:
        self._new = 0

    @property
    def is_behind(self) -> bool:
        """Return whether there are additions that no update contains yet."""
        return self._new > 0

    def add(self, size: int) -> None:
        """Record that *size* items were added."""
        self._new += size

    def is_due(self, size: int) -> bool:
        """Return whether to emit an update now, given the total *size* of the value."""
        return self._new > 0 and (size <= _FEW or 2 * self._new >= size)

    def reset(self) -> None:
        """Record that an update was emitted."""
        self._new = 0


class GrowingCitations:
    """Collect citations and decide when to emit an update, which contains all citations so far."""

    __slots__ = ("_all", "_pace")

    def __init__(self) -> None:
        self._all: list[Citation] = []
        self._pace = Pace()

    def extend(self, citations: Iterable[Citation]) -> None:
        """Add citations; of a list that begins with all that are known, as some servers send it, only what follows."""
        told, before = list(citations), len(self._all)
        self._all.extend(told[before:] if told[:before] == self._all else told)
        self._pace.add(len(self._all) - before)

    @property
    def is_pending(self) -> bool:
        """Return whether there are citations that no update contains yet."""
        return self._pace.is_behind

    @property
    def is_due(self) -> bool:
        """Return whether to emit an update now."""
        return self._pace.is_due(len(self._all))

    def take(self) -> tuple[Citation, ...]:
        """Return all citations, and record that an update was emitted."""
        self._pace.reset()
        return tuple(self._all)


class StreamedLogprobs:
    """Put log probabilities on the text whose tokens they are of.

    Those that arrive without any text, as for a token that is a piece of a character, wait for the next text. Those of
    a call belong to no text.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[JSON] = []

    def add(self, logprobs: Iterable[JSON], events: list[Event]) -> None:
        """Add what arrived together with *events*, of which the latest text or else reasoning is of these tokens.

        Args:
            logprobs: the log probabilities, in the form of the provider.
            events: the events of one frame, in which that text is replaced.

        """
        self._waiting.extend(logprobs)
        for kind in (TextDelta, ReasoningDelta):
            for position in reversed(range(len(events))):
                event = events[position]
                if type(event) is kind:
                    events[position] = changed(event, logprobs=(*event.logprobs, *self._waiting))
                    self._waiting.clear()
                    return
        if any(isinstance(event, PartStart | ArgumentsDelta) for event in events):
            self._waiting.clear()


__all__ = ["CallIndex", "GrowingCitations", "Pace", "StreamedLogprobs", "StreamedUsage"]
