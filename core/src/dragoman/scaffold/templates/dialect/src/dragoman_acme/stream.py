"""Streams: pieces that start and grow, and may interleave. A stream is complete after the event `ended`.

https://docs.acme.example/api/talk#live
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dragoman import (
    ArgumentsDelta,
    Event,
    Part,
    PartStart,
    Ping,
    ProtocolError,
    ProviderError,
    Raw,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    SealUpdate,
    TextDelta,
    ToolCall,
    UsageSnapshot,
)
from dragoman.http import HttpReply, ServerSentEvent, as_object, loads, word, words

from dragoman_acme.response import finish_of, part_of, seal_of, usage_of


class AcmeDecoder:
    """Decode one stream.

    Args:
        error: converts a reply to the error that it reports.

    Attributes:
        done: whether the rest of the stream can be ignored.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._parts: list[Part] = []
        self._indexes: dict[int, int] = {}  # number of the piece in the stream -> index of the part

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events of one server-sent event; an unknown one becomes `Raw`.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it is malformed.

        """
        if event.event in {"failed", "error"}:  # gateways report errors as "error"
            raise self._error(HttpReply(status=200, body=event.data))
        payload = as_object(loads(event.data), f"the event {event.event!r}")
        handler = _HANDLERS.get(event.event)
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return no events: without `ended`, the answer is incomplete."""
        return ()

    def started(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the id and the model of the answer."""
        response_id, model = word(payload.get("id")), word(payload.get("model"))
        return (ResponseSnapshot(response_id=response_id, served_model=model),)

    def piece(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Start a part."""
        index = len(self._parts)
        part = part_of(as_object(payload.get("piece"), "the piece"), index)
        self._indexes[_number(payload)] = index
        self._parts.append(part)
        return (PartStart(index, part),)

    def more(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Extend a part."""
        index = self._indexes.get(_number(payload))
        if index is None:
            message = f"data for piece {payload.get('at')!r}, which has not started"
            raise ProtocolError(message, phase="decode")
        part = self._parts[index]
        if isinstance(part, ToolCall):
            fragment = words(payload.get("input"))
            return (ArgumentsDelta(index, fragment),) if fragment else ()
        text = words(payload.get("text"))
        if isinstance(part, Reasoning):
            return self._thought(index, text, payload.get("seal"))
        return (TextDelta(index, text),) if text else ()

    def tokens(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the usage so far; the totals replace earlier ones."""
        return (UsageSnapshot(usage_of(payload)),)

    def ended(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the usage and the finish reason; this is the terminal event."""
        self.done = True
        events: list[Event] = [UsageSnapshot(usage_of(payload["tokens"]))] if payload.get("tokens") else []
        if payload.get("end") is not None:
            events.append(ResponseSnapshot(finish=finish_of(payload["end"])))
        return events

    def ping(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Report a keep-alive event."""
        return (Ping(),)

    def _thought(self, index: int, text: str, payload: Any) -> Iterable[Event]:
        events: list[Event] = [ReasoningDelta(index, text)] if text else []
        seal = seal_of(payload)
        return [*events, SealUpdate(index, seal)] if seal else events


def _number(payload: Mapping[str, Any]) -> int:
    number = payload.get("at")
    return number if isinstance(number, int) else 0


_HANDLERS: Mapping[str, Callable[[AcmeDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "started": AcmeDecoder.started,
    "piece": AcmeDecoder.piece,
    "more": AcmeDecoder.more,
    "tokens": AcmeDecoder.tokens,
    "ended": AcmeDecoder.ended,
    "ping": AcmeDecoder.ping,
}
