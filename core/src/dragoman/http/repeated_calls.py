"""Calls that a server says again in one stream: they are one, with the arguments of whichever time had them.

A call is said again under its id and its name, where the dialect's own place for it is the same. Two calls that share
no more than an id are two.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from dragoman.spec._value import changed
from dragoman.spec.assembly import part_events
from dragoman.spec.call_arguments import CallArguments, says_none
from dragoman.spec.call_ids import MOST_COMPARED, begins_again, fuller, is_announced, repeats_call
from dragoman.spec.events import ArgumentsDelta, Event, PartStart, PartStop, PartUpdate
from dragoman.spec.parts import ToolCall

__all__ = ["PlacedCalls", "WholeCalls", "begins_again"]


class WholeCalls:
    """Recognize the calls that a server says again in one stream, where calls arrive whole and have ids.

    Args:
        seals: whether a call that is said again may bring the seal that it lacked, so that its part stays open.

    """

    __slots__ = ("_known", "_seals")

    def __init__(self, *, seals: bool = False) -> None:
        self._known: dict[tuple[str, str], list[tuple[int, ToolCall]]] = {}
        self._seals = seals

    def again(self, call: ToolCall) -> list[Event] | None:
        """Return what a call adds to a known one that it says again, ``None`` if it is another.

        A call with arguments says again one that had none, as it is announced by some servers.
        """
        known = self._known.get((call.call_id, call.name), [])
        for place, (index, before) in enumerate(known[-MOST_COMPARED:], max(0, len(known) - MOST_COMPARED)):
            if not (repeats_call(call, before) or is_announced(before)):
                continue
            if not self._is_open(before) or (added := fuller(call, before)) is None:
                return []
            known[place] = (index, added)
            return [PartUpdate(index, added), *self._stopped(index, added)]
        return None

    def add(self, call: ToolCall, index: int) -> list[Event]:
        """Keep a new call, and return what stops its part, unless its arguments or its seal may still follow."""
        self._known.setdefault((call.call_id, call.name), []).append((index, call))
        return self._stopped(index, call)

    def _is_open(self, call: ToolCall) -> bool:
        return is_announced(call) or (self._seals and call.seal is None and bool(call.id))

    def _stopped(self, index: int, call: ToolCall) -> list[Event]:
        return [] if self._is_open(call) else [PartStop(index)]


@define
class _PlacedCall:
    """Hold the state of one call: what it began as, with the arguments that it has unless others arrive."""

    index: int
    call: ToolCall
    arguments: CallArguments = field(factory=CallArguments)
    again: CallArguments | None = None
    is_open: bool = True


class PlacedCalls:
    """Put the calls of one stream together, each of which starts, grows and stops at a place of its own.

    What follows a call that starts again after its stop is held back until it stops again: it is the same call once
    more, or another one.

    Args:
        next_index: returns the index of a new part.

    Attributes:
        has_any: whether any call has started.

    """

    __slots__ = ("_calls", "_next_index", "has_any")

    def __init__(self, next_index: Callable[[], int]) -> None:
        self.has_any = False
        self._calls: dict[int, _PlacedCall] = {}
        self._next_index = next_index

    def __contains__(self, place: int) -> bool:
        return place in self._calls

    def start(self, place: int, call: ToolCall) -> list[Event]:
        """Start a call.

        Args:
            place: where it is.
            call: the call, with the arguments that it has unless others arrive.

        """
        known = self._calls.get(place)
        if known is not None and begins_again(known.call, call):
            if known.is_open:
                known.arguments.begin_again()
                known.call = known.call if says_none(call.arguments) else call
            else:
                known.again = CallArguments()
                known.again.add(call.arguments)
            return []
        events = [] if known is None else self._close(known)
        self.has_any = True
        begun = self._calls[place] = _PlacedCall(self._next_index(), call)
        return [*events, PartStart(begun.index, changed(call, arguments=""))]

    def add(self, place: int, fragment: str) -> list[Event]:
        """Add a fragment of the arguments."""
        known = self._calls.get(place)
        if known is None:
            return []
        if known.again is not None:
            known.again.add(fragment)
            return []
        added = known.arguments.add(fragment) if known.is_open else ""
        return [ArgumentsDelta(known.index, added)] if added else []

    def stop(self, place: int) -> list[Event]:
        """Stop the call at a place, if there is one that has not stopped.

        One that stops without arguments stays open, since some servers begin it again with them.
        """
        known = self._calls.get(place)
        if known is None or (known.is_open and not known.arguments.has_any and is_announced(known.call)):
            return []
        return self._close(known)

    def _close(self, known: _PlacedCall) -> list[Event]:
        if known.again is not None:
            return self._stop_again(known, known.again)
        if not known.is_open:
            return []
        known.is_open = False
        rest = known.arguments.close() if known.arguments.has_any else known.call.arguments
        known.call = changed(known.call, arguments=known.arguments.text or rest)
        added: list[Event] = [ArgumentsDelta(known.index, rest)] if rest else []
        return [*added, PartStop(known.index)]

    def stop_all(self) -> list[Event]:
        """Stop all calls that have not stopped."""
        return [event for known in self._calls.values() for event in self._close(known)]

    def _stop_again(self, known: _PlacedCall, again: CallArguments) -> list[Event]:
        known.again = None
        again.close()
        call = changed(known.call, arguments=again.text)
        if call.server_side or repeats_call(call, known.call):
            return []
        known.index, known.call = self._next_index(), call
        return [*part_events(known.index, call), PartStop(known.index)]
