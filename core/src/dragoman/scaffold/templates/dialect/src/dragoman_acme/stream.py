"""Streams: pieces that open and grow, and may interleave. Complete once `ended` was seen.

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
from dragoman.http import HttpReply, ServerSentEvent, loads

from dragoman_acme import reading as read


class AcmeDecoder:
    """Decode one stream.

    Args:
        error: makes an error of what an event reports.

    Attributes:
        done: whether nothing that follows matters any more.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._parts: list[Part] = []
        self._places: dict[int, int] = {}  # Acme's number of a piece -> our index of the part

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event means; a kind of event that nobody knows means nothing.

        Raises:
            ProviderError: if it reports a failure.
            ProtocolError: if it breaks the dialect.

        """
        if event.event in {"failed", "error"}:  # the latter from what stands between us and the host
            raise self._error(HttpReply(status=200, body=event.data))
        payload = read.as_object(loads(event.data), f"the event {event.event!r}")
        handler = _HANDLERS.get(event.event)
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return nothing: all is said by `ended`, and without it the answer is incomplete."""
        return ()

    def started(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report who answers."""
        response_id, model = read.word(payload.get("id")), read.word(payload.get("model"))
        return (ResponseSnapshot(response_id=response_id, served_model=model),)

    def piece(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Open a part."""
        index = len(self._parts)
        part = read.part(read.as_object(payload.get("piece"), "the piece"), index)
        self._places[_place(payload)] = index
        self._parts.append(part)
        return (PartStart(index, part),)

    def more(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Let a part grow; by what, its class says."""
        index = self._places.get(_place(payload))
        if index is None:
            message = f"more for piece {payload.get('at')!r}, which was never opened"
            raise ProtocolError(message, phase="decode")
        part = self._parts[index]
        if isinstance(part, ToolCall):
            fragment = read.text(payload.get("input"))
            return (ArgumentsDelta(index, fragment),) if fragment else ()
        words = read.text(payload.get("text"))
        if isinstance(part, Reasoning):
            return self._thought(index, words, payload.get("seal"))
        return (TextDelta(index, words),) if words else ()

    def tokens(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the tokens so far: totals, which replace what was reported before."""
        return (UsageSnapshot(read.usage(payload)),)

    def ended(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the end, if it says why: the terminal signal of the dialect."""
        self.done = True
        events: list[Event] = [UsageSnapshot(read.usage(payload["tokens"]))] if payload.get("tokens") else []
        if payload.get("end") is not None:
            events.append(ResponseSnapshot(finish=read.finish(payload["end"])))
        return events

    def ping(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Show that the other side is alive."""
        return (Ping(),)

    def _thought(self, index: int, words: str, payload: Any) -> Iterable[Event]:
        events: list[Event] = [ReasoningDelta(index, words)] if words else []
        sealed = read.seal(payload)
        return [*events, SealUpdate(index, sealed)] if sealed else events


def _place(payload: Mapping[str, Any]) -> int:
    place = payload.get("at")
    return place if isinstance(place, int) else 0


_HANDLERS: Mapping[str, Callable[[AcmeDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "started": AcmeDecoder.started,
    "piece": AcmeDecoder.piece,
    "more": AcmeDecoder.more,
    "tokens": AcmeDecoder.tokens,
    "ended": AcmeDecoder.ended,
    "ping": AcmeDecoder.ping,
}
