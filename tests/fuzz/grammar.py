"""An independent implementation of the grammar of streams, to check the assembler against."""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import (
    ArgumentsDelta,
    Bytes,
    Event,
    Finish,
    Media,
    MediaDelta,
    Part,
    PartEnd,
    PartStart,
    PartUpdate,
    Ping,
    Raw,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Response,
    ResponseSnapshot,
    SealUpdate,
    StreamEnd,
    StreamStart,
    Text,
    TextDelta,
    ToolCall,
    UsageSnapshot,
)

IGNORED = (Ping, Raw)
DELTAS: dict[type[Any], tuple[type[Any], ...]] = {
    TextDelta: (Text, Refusal),
    ReasoningDelta: (Reasoning,),
    ArgumentsDelta: (ToolCall,),
    MediaDelta: (Media,),
}


class Reader:
    """Check the events of a stream as a consumer receives them."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.started = False
        self.response: Response | None = None
        self.parts: list[Part] = []
        self.closed: list[bool] = []
        self.usage: Any = None
        self.finish: Finish | None = None
        self.metadata: dict[str, Any] = {}
        self.origin: dict[str, Any] = {}

    def read(self, event: Event) -> None:
        """Process one event."""
        self.seen.append(event)
        assert self.response is None, f"{event} after the end"
        if isinstance(event, StreamStart):
            assert not self.started, "a second start"
            self.started = True
            return
        assert self.started, f"{event} before the start"
        if isinstance(event, PartStart):
            assert event.index == len(self.parts), f"part {event.index} where {len(self.parts)} is next"
            self.parts.append(event.part)
            self.closed.append(False)
        elif isinstance(event, UsageSnapshot):
            self.usage = event.usage
        elif isinstance(event, ResponseSnapshot):
            self._update(event)
        elif isinstance(event, StreamEnd):
            self._end(event.response)
        elif not isinstance(event, IGNORED):
            self._extend(event)

    def _extend(self, event: Any) -> None:
        assert type(event) in {*DELTAS, SealUpdate, PartUpdate, PartEnd}, f"{event} is not an event for consumers"
        assert 0 <= event.index < len(self.parts), f"{event} for a part that has not started"
        assert not self.closed[event.index], f"{event} for a part that has ended"
        part = self.parts[event.index]
        if isinstance(event, PartEnd):
            assert event.part == part, f"{event.part} does not match the streamed part {part}"
            self.closed[event.index] = True
        elif isinstance(event, PartUpdate):
            assert type(event.part) is type(part), f"{type(part)} becomes {type(event.part)}"
            self.parts[event.index] = updated(part, event.part)
        elif isinstance(event, SealUpdate):
            self.parts[event.index] = attrs.evolve(part, seal=event.seal)
        else:
            assert isinstance(part, DELTAS[type(event)]), f"{event} for {part}"
            self.parts[event.index] = extended(part, event)

    def _update(self, event: ResponseSnapshot) -> None:
        self.finish = event.finish or self.finish
        self.metadata |= event.metadata
        origin = {"response_id": event.response_id, "served_model": event.served_model, "created": event.created}
        self.origin |= {name: value for name, value in origin.items() if value is not None}

    def _end(self, response: Response) -> None:
        assert self.finish is not None, "an end without a finish reason"
        assert all(self.closed), "an end before all parts have ended"
        assert list(response.message.parts) == self.parts
        assert response.message.role == "assistant"
        assert response.metadata == self.metadata
        assert self.usage is None or response.usage == self.usage
        assert response.finish.raw == self.finish.raw
        assert {name: getattr(response.origin, name) for name in self.origin} == self.origin
        self.response = response


def extended(part: Any, event: Any) -> Part:
    """Return *part* extended by a delta."""
    if isinstance(event, ArgumentsDelta):
        return attrs.evolve(part, arguments=part.arguments + event.fragment)
    if isinstance(event, MediaDelta):
        before = part.source.data if isinstance(part.source, Bytes) else b""
        return attrs.evolve(part, source=Bytes(data=before + event.data))
    return attrs.evolve(part, text=part.text + event.text)


def updated(before: Any, now: Any) -> Part:
    """Return the new version of a part; if it has no content, keep the content from deltas."""
    if isinstance(now, Text | Refusal | Reasoning):
        return now if now.text else attrs.evolve(now, text=before.text)
    if isinstance(now, ToolCall):
        return now if now.arguments else attrs.evolve(now, arguments=before.arguments)
    if isinstance(now, Media):
        return attrs.evolve(now, source=before.source) if now.source == Bytes(data=b"") else now
    return now
