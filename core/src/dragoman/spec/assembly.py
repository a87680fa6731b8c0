"""Assemble the answer of a stream from its events.

An :class:`Assembler` checks the events against the grammar of :mod:`dragoman.spec.events` and makes the answer with
:func:`build_response`. Replies that are not streamed use that function too, so every
:class:`~dragoman.spec.response.Response` is made in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import attrs

from dragoman.spec._value import changed
from dragoman.spec.call_ids import CallIds, settled_call
from dragoman.spec.errors import DragomanError, ProtocolError, ResponseTooLargeError, StreamInterruptedError
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    MediaDelta,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    ReasoningDelta,
    ResponseSnapshot,
    SealUpdate,
    StreamEnd,
    StreamStart,
    TextDelta,
    UsageSnapshot,
    says_less,
)
from dragoman.spec.open_parts import DeltaClass, OpenPart, has_content, text_after, with_content_of
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import Part, Reasoning, Refusal, Text, ToolCall
from dragoman.spec.response import Adjustment, Finish, FinishReason, Response, Usage, build_response

_INTERRUPTED = Finish(reason=FinishReason.INTERRUPTED)


MAX_PARTS = 10_000
"""The greatest number of parts of an answer: more than any model sends, and few enough to be kept in memory."""


class Assembler:
    """Check the events of a provider against the grammar, and build the response from them.

    Args:
        start: the start of the stream, which holds what is known before the first part.

    Attributes:
        following: receives the event that follows on one that is returned, where a text that begins or is replaced as
            a whole is returned as a delta. Without a list, such events are returned as they are.

    """

    __slots__ = ("_finish", "_ids", "_metadata", "_origin", "_parts", "_start", "_usage", "following")

    def __init__(self, start: StreamStart) -> None:
        self._start = start
        self._origin = start.origin
        self._parts: list[OpenPart] = []
        self._usage = Usage()
        self._finish: Finish | None = None
        self._metadata: dict[str, JSON] = {}
        self._ids = CallIds()
        self.following: list[Event] | None = None

    def feed(self, event: Event) -> Event:
        """Process one event of a provider, and return the event that the reader of the stream sees.

        Raises:
            ProtocolError: if the event breaks the grammar.

        """
        kind = type(event)
        if kind is TextDelta or kind is ReasoningDelta:
            self._open(event.index, kind).pieces.append(event.text)  # type: ignore[union-attr]  # narrowed by `kind`, for speed
            return event
        handler = self._HANDLERS.get(kind)
        return event if handler is None else handler(self, event)

    def end(self) -> list[Event]:
        """Return the closing events, the last of which holds the response.

        Raises:
            StreamInterruptedError: if no finish was reported, so the stream was cut.

        """
        if self._finish is None:
            message = "the stream ended before it was complete; error.partial holds what arrived"
            error = StreamInterruptedError(message, phase="mid_stream")
            self.annotate(error)
            raise error
        closing: list[Event] = [self._close(index) for index, part in enumerate(self._parts) if not part.closed]
        return [*closing, StreamEnd(self._response(self._finish))]

    def note(self, adjustments: tuple[Adjustment, ...]) -> None:
        """Add to what the answer records as changed."""
        if adjustments:
            self._start = attrs.evolve(self._start, adjustments=self._start.adjustments + adjustments)

    def partial(self) -> Response:
        """Return what arrived so far, marked as interrupted."""
        return self._response(_INTERRUPTED)

    @property
    def finished(self) -> bool:
        """Tell whether the dialect's terminal signal was seen."""
        return self._finish is not None

    def annotate(self, error: DragomanError) -> None:
        """Add to *error* what arrived before it, and its origin."""
        if error.partial is None:
            partial = self.partial()
            error.partial = partial if error.veil is None else error.veil.over(partial)
        error.provider = error.provider or self._origin.provider
        error.model = error.model or self._origin.model
        error.request_id = error.request_id or self._origin.request_id

    def _response(self, finish: Finish) -> Response:
        return build_response(
            (part.whole() for part in self._parts),
            finish,
            usage=self._usage,
            origin=self._origin,
            adjustments=self._start.adjustments,
            headers=self._start.headers,
            attempts=self._start.attempts,
            metadata=self._metadata,
        )

    def _open(self, index: int, kind: DeltaClass) -> OpenPart:
        part = self._at(index, kind.__name__)
        if part.accepts is not kind:
            message = f"the stream has a {kind.__name__} for part {index}, which is {type(part.part).__name__}"
            raise ProtocolError(message)
        return part

    def _at(self, index: int, event: str) -> OpenPart:
        if not 0 <= index < len(self._parts):
            message = f"the stream has a {event} for part {index}, which was never started"
            raise ProtocolError(message)
        part = self._parts[index]
        if part.closed:
            message = f"the stream has a {event} for part {index}, which is closed"
            raise ProtocolError(message)
        return part

    def _add_arguments(self, event: ArgumentsDelta) -> Event:
        self._open(event.index, ArgumentsDelta).pieces.append(event.fragment)
        return event

    def _add_data(self, event: MediaDelta) -> Event:
        self._open(event.index, MediaDelta).pieces.append(event.data)
        return event

    def _start_part(self, event: PartStart) -> Event:
        if event.index != len(self._parts):
            message = f"the stream has a PartStart with index {event.index}; the next index is {len(self._parts)}"
            raise ProtocolError(message)
        if event.index >= MAX_PARTS:
            message = f"the answer has more than {MAX_PARTS} parts"
            raise ResponseTooLargeError(message, phase="decode")
        part, given_id = event.part, ""
        if isinstance(part, ToolCall):
            given_id, part = part.call_id, self._ids.of(part)
            if not part.arguments.isspace():  # it begins what follows
                part = settled_call(part)
        self._parts.append(OpenPart(part, given_id))
        if self.following is not None and isinstance(part, Text | Refusal | Reasoning) and part.text:
            begun, delta = part_events(event.index, part)
            self.following.append(delta)
            return begun
        return event if part is event.part else attrs.evolve(event, part=part)

    def _stop_part(self, event: PartStop) -> Event:
        return self._close(event.index)

    def _close(self, index: int) -> PartEnd:
        part = self._at(index, "PartStop")
        part.closed = True
        return PartEnd(index, part.whole())

    def _set_seal(self, event: SealUpdate) -> Event:
        part = self._at(event.index, "SealUpdate")
        part.part = attrs.evolve(part.part, seal=event.seal)
        return event

    def _update_part(self, event: PartUpdate) -> Event:
        part = self._at(event.index, "PartUpdate")
        if type(event.part) is not type(part.part):
            was, now = type(part.part).__name__, type(event.part).__name__
            message = f"the stream has a PartUpdate that changes part {event.index} from {was} to {now}"
            raise ProtocolError(message)
        if isinstance(event.part, ToolCall):
            event = self._settled(event, event.part, part)
        if has_content(event.part):
            known, told = getattr(part.part, "text", ""), getattr(event.part, "text", "")
            is_longer = len(told) > sum(map(len, part.pieces), len(known))
            rest = text_after(part, told) if is_longer else ""
            part.part, part.pieces = event.part, []
            if rest and self.following is not None:
                self.following.append(event)
                return part_events(event.index, changed(event.part, text=rest))[1]
        else:  # the pieces are not joined here, so that many updates do not take quadratic time
            part.part = with_content_of(part.part, event.part)
        return event

    def _settled(self, event: PartUpdate, call: ToolCall, part: OpenPart) -> PartUpdate:
        """Return an update of a call with the id that the call has, unless the update brings another."""
        before = part.part
        assert isinstance(before, ToolCall)  # noqa: S101  # an update has the class of its part
        settled, own = settled_call(call), before.call_id
        if not call.server_side and call.call_id not in {own, part.given_id}:
            own, part.given_id = self._ids.own(call.call_id), call.call_id
        if not call.server_side and call.call_id != own:
            settled = attrs.evolve(settled, call_id=own)
        return event if settled is call else attrs.evolve(event, part=settled)

    def _set_usage(self, event: UsageSnapshot) -> Event:
        self._usage = event.usage
        return event

    def _update_response(self, event: ResponseSnapshot) -> Event:
        if event.finish is not None:
            if self._finish is not None and self._keeps_ends and says_less(event.finish, self._finish):
                event = attrs.evolve(event, finish=None)
            self._finish = event.finish or self._finish
        if event.metadata:
            self._metadata.update(event.metadata)
        known = {
            name: value
            for name in ("response_id", "served_model", "created")
            if (value := getattr(event, name)) is not None
        }
        if known:
            self._origin = attrs.evolve(self._origin, **known)
        return event

    def _refuse(self, event: Event) -> Event:
        message = f"a provider's stream must not yield {type(event).__name__}; the core adds it"
        raise ProtocolError(message)

    _keeps_ends: ClassVar[bool] = True
    _HANDLERS: ClassVar[Mapping[type[Any], Callable[[Any, Any], Event]]] = {
        ArgumentsDelta: _add_arguments,
        MediaDelta: _add_data,
        PartStart: _start_part,
        PartStop: _stop_part,
        PartUpdate: _update_part,
        ResponseSnapshot: _update_response,
        SealUpdate: _set_seal,
        UsageSnapshot: _set_usage,
        **dict.fromkeys((StreamStart, PartEnd, StreamEnd), _refuse),
    }


class Reassembler(Assembler):
    """Check the events of a stream that was assembled before, in case middleware has changed or added some."""

    __slots__ = ()

    def _pass_part(self, event: PartEnd) -> Event:
        self._close(event.index)
        return event

    def _pass_end(self, event: StreamEnd) -> Event:
        return event

    _keeps_ends: ClassVar[bool] = False  # middleware may replace one
    _HANDLERS: ClassVar[Mapping[type[Any], Callable[[Any, Any], Event]]] = {
        **Assembler._HANDLERS,  # noqa: SLF001  # its base class
        PartEnd: _pass_part,
        StreamEnd: _pass_end,
    }


def assemble(events: Iterable[Event]) -> Response:
    """Return the answer that results from events, either those of a provider or those of an assembled stream.

    Args:
        events: the events in order, with or without a :class:`~dragoman.StreamStart` at the beginning and a
            :class:`~dragoman.StreamEnd` at the end; the answer in the latter is ignored.

    Raises:
        ProtocolError: if an event breaks the grammar.
        StreamInterruptedError: if no finish is reported; ``error.partial`` holds the incomplete answer.

    """
    assembler: Assembler = Assembler(StreamStart())
    for position, event in enumerate(events):
        if isinstance(event, StreamEnd):
            break
        if isinstance(event, StreamStart) and position == 0:
            assembler = Assembler(event)
        else:
            assembler.feed(PartStop(event.index) if isinstance(event, PartEnd) else event)
    return response_of(assembler.end())


def response_of(closing: Sequence[Event]) -> Response:
    """Return the answer in the last of the closing events of an :class:`Assembler`."""
    last = closing[-1]
    assert isinstance(last, StreamEnd)  # noqa: S101  # Assembler.end() ensures this
    return last.response


def events_of(response: Response) -> list[Event]:
    """Return the events, as a reader sees them, of a stream that ends with *response*."""
    parts = [(index, part) for index, part in enumerate(response.message.parts)]
    return [
        StreamStart(response.adjustments, response.origin, headers=response.headers, attempts=response.attempts),
        *(event for index, part in parts for event in (*part_events(index, part), PartEnd(index, part))),
        *provider_events(response)[-2:],
        StreamEnd(response),
    ]


def provider_events(response: Response) -> list[Event]:
    """Return the events with which a provider would stream *response*."""
    return [
        *(event for index, part in enumerate(response.message.parts) for event in part_events(index, part)),
        UsageSnapshot(response.usage),
        ResponseSnapshot(
            finish=response.finish,
            response_id=response.origin.response_id,
            served_model=response.origin.served_model,
            created=response.origin.created,
            metadata=response.metadata,
        ),
    ]


def part_events(index: int, part: Part) -> list[Event]:
    """Return the events of a part; its text is a delta, since the readers of a stream look for deltas."""
    if isinstance(part, Text | Refusal):
        return [PartStart(index, attrs.evolve(part, text="")), TextDelta(index, part.text)]
    if isinstance(part, Reasoning):
        return [PartStart(index, attrs.evolve(part, text="")), ReasoningDelta(index, part.text)]
    if isinstance(part, ToolCall):
        return [PartStart(index, attrs.evolve(part, arguments="")), ArgumentsDelta(index, part.arguments)]
    return [PartStart(index, part)]


__all__ = [
    "MAX_PARTS",
    "Assembler",
    "Reassembler",
    "assemble",
    "build_response",
    "events_of",
    "part_events",
    "provider_events",
    "response_of",
]
