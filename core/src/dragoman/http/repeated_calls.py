"""Calls that a server says again in one stream: they are one, with the arguments of whichever time had them.

A call is said again under its id and its name, with the same arguments, with none, or with those that it lacked. Two
calls that share no more than an id are two.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from typing import Any

from attrs import define, field

from dragoman.http.json import arguments_text
from dragoman.spec._value import changed
from dragoman.spec.assembly import part_events
from dragoman.spec.call_arguments import CallArguments, says_none
from dragoman.spec.call_ids import MOST_COMPARED, begins_again, fuller, is_announced, repeats_call
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    PartStart,
    PartStop,
    PartUpdate,
    ReasoningDelta,
    TextDelta,
)
from dragoman.spec.parts import ToolCall

__all__ = ["CallsSaidOnce", "PlacedCalls", "WholeCalls", "begins_again"]


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

    def add(self, place: int, said: Any) -> list[Event]:
        """Add a fragment of the arguments; some gateways send all of them as an object.

        Raises:
            ProtocolError: if it is an object that cannot be written as JSON.

        """
        known = self._calls.get(place)
        if known is None:
            return []
        fragment = arguments_text(said or "")
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


_DELTAS = frozenset({ArgumentsDelta, ReasoningDelta, TextDelta})


@define
class _SaidCall:
    """Hold what the events of one call have told.

    Args:
        index: the index of its part, as the decoder counts.
        call: what it began as.
        pieces: those of its arguments.
        alike: the calls before it with its id and its name.
        events: those that are held back.
        is_stopped: whether it stopped.
        is_filled: whether it has the arguments of a call that says it again.

    """

    index: int
    call: ToolCall
    pieces: list[str]
    alike: list[_SaidCall]
    events: list[Event] = field(factory=list[Event])
    is_stopped: bool = False
    is_filled: bool = False

    def take(self, event: Event) -> None:
        """Take an event of its part."""
        if isinstance(event, ArgumentsDelta):
            self.pieces.append(event.fragment)
        elif isinstance(event, PartUpdate) and isinstance(event.part, ToolCall):
            self.call = event.part
            if event.part.arguments:
                self.pieces = [event.part.arguments]
        elif isinstance(event, PartStop):
            self.is_stopped = True

    def whole(self) -> ToolCall:
        """Return the call with the arguments that have arrived."""
        self.pieces = ["".join(self.pieces)]
        return changed(self.call, arguments=self.pieces[0])


class CallsSaidOnce:
    """Leave out of the events of one stream the calls that say one before again, at another place of the dialect.

    What follows on the start of a call with the id and the name of one before is held back until it stops, another part
    begins, or the stream ends. Then it is the same call once more, or another one.
    """

    __slots__ = ("_dropped", "_held", "_known", "_said")

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[_SaidCall]] = {}
        self._said: dict[int, _SaidCall] = {}
        self._held: _SaidCall | None = None
        self._dropped: list[int] = []

    def of(self, events: list[Event], *, is_last: bool) -> list[Event]:
        """Return what to report of the next events, in which parts are counted without those that were left out.

        Args:
            events: the events.
            is_last: whether the stream ends with them.

        """
        told: list[Event] = []
        for event in events:
            index: int | None = getattr(event, "index", None)
            is_plain = self._held is None and not self._dropped and type(event) in _DELTAS
            if is_plain and isinstance(event, ArgumentsDelta) and event.index in self._said:
                self._said[event.index].pieces.append(event.fragment)
            if is_plain or index is None:  # most events, without another call for each
                told.append(event)
            else:
                self._take(event, index, told)
        if is_last:
            self._decide(told, is_complete=True)
        return told

    def _take(self, event: Event, index: int, told: list[Event]) -> None:
        held = self._held
        if held is not None and index == held.index:
            held.events.append(event)
            held.take(event)
            if held.is_stopped:
                self._decide(told, is_complete=True)
            return
        if isinstance(event, PartStart):
            self._decide(told, is_complete=False)
            if self._is_held(event):
                return
        elif (said := self._said.get(index)) is not None:
            if said.is_filled and isinstance(event, ArgumentsDelta):
                return  # the empty object of a call that has none
            said.take(event)
        self._tell(event, index, told)

    def _is_held(self, event: PartStart) -> bool:
        """Keep the start of a call, and return whether it is held back, since one before has its id and its name."""
        call = event.part
        if not isinstance(call, ToolCall) or not call.call_id or call.server_side:
            return False
        alike = self._known.setdefault((call.call_id, call.name), [])
        begun = _SaidCall(event.index, call, [call.arguments], alike)
        if not alike:
            self._add(begun)
            return False
        begun.events.append(event)
        self._held = begun
        return True

    def _add(self, begun: _SaidCall) -> None:
        self._said[begun.index] = begun
        begun.alike.append(begun)

    def _tell(self, event: Event, index: int, told: list[Event]) -> None:
        """Report an event with the index that its part has for the reader; none of a part that was left out."""
        before = bisect(self._dropped, index)
        if not before:
            told.append(event)
        elif self._dropped[before - 1] != index:
            told.append(changed(event, index=index - before))

    def _decide(self, told: list[Event], *, is_complete: bool) -> None:
        """Leave out the call that is held back if it says one before again, else report what was held back.

        One without arguments may still get them unless it is complete.
        """
        held, self._held = self._held, None
        if held is None:
            return
        call = held.whole()
        alike = held.alike[-MOST_COMPARED:] if is_complete or not says_none(call.arguments) else ()
        known = next((each for each in alike if _says_again(call, each)), None)
        if known is None:
            self._add(held)
            for event in held.events:
                self._tell(event, held.index, told)
            return
        self._dropped.append(held.index)
        if not known.is_stopped and (added := fuller(call, known.whole())) is not None:
            update = PartUpdate(known.index, added)
            known.take(update)
            known.is_filled = True
            self._tell(update, known.index, told)


def _says_again(call: ToolCall, known: _SaidCall) -> bool:
    before = known.whole()
    return repeats_call(call, before) or (not known.is_stopped and repeats_call(before, call))
