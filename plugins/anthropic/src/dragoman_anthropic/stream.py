"""The stream of the Messages API: blocks that open, grow and close, which may interleave.

Complete once ``message_stop`` was seen. See https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dragoman import (
    Event,
    Part,
    PartStart,
    PartStop,
    Ping,
    ProtocolError,
    ProviderError,
    Raw,
    ResponseSnapshot,
    Text,
    ToolCall,
    UsageSnapshot,
)
from dragoman.http import HttpReply, Pace, ServerSentEvent, loads
from dragoman_anthropic import response as read
from dragoman_anthropic.stream_blocks import Block, closed, grown, untold


class MessagesDecoder:
    """Decode one stream.

    Args:
        error: makes an error of what an event reports.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._count = 0
        self._blocks: dict[int, Block] = {}
        self._usage: dict[str, Any] = {}
        self._counting = Pace()
        self._ending: dict[str, Any] = {}
        self._answered = False
        self._called = False

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event means."""
        if event.data == b"[DONE]":
            self.done = True
            return ()
        payload = self._payload(event)
        kind = read.word(payload.get("type")) or event.event
        if kind == "content_block_delta":
            return self._delta(payload)
        handler = _HANDLERS.get(kind)
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return what was kept back, where no ``message_stop`` came to say it."""
        events = [event for block in self._blocks.values() for event in untold(block)]
        return events + self._counted() if self._counting.is_behind else events

    def _payload(self, event: ServerSentEvent) -> dict[str, Any]:
        try:
            payload = read.as_object(loads(event.data), f"the event {event.event!r}")
        except ProtocolError:
            if event.event != "error":
                raise
            payload = {}
        if event.event == "error" or payload.get("type") == "error" or payload.get("error"):
            raise self._error(HttpReply(status=200, body=event.data))
        return payload

    def message_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report who answers."""
        message = read.as_mapping(payload.get("message"))
        known = ResponseSnapshot(
            response_id=read.word(message.get("id")),
            served_model=read.word(message.get("model")),
            metadata=read.metadata(message),
        )
        return [known, *self._report(message.get("usage"))]

    def block_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Open a part."""
        start = read.as_object(payload.get("content_block"), "the block")
        block = Block(self._count, start, answer=read.is_answer(start))
        place = _place(payload)
        before = self._blocks.get(place)
        self._blocks[place] = block
        self._count += 1
        if block.answer:
            self._answered = True
            begun: Part = Text(text="")
        else:
            begun = read.part(start)
        if isinstance(begun, ToolCall):
            self._called = self._called or not begun.server_side
            begun = read.call(start, "")
        if cited := start.get("citations"):
            block.cite(read.listed(cited))
            block.size = len(block.cited)
        return [*(() if before is None else untold(before)), PartStart(block.index, begun)]

    def _delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        delta = read.as_object(payload.get("delta"), "the delta")
        block = self._blocks.get(_place(payload))
        if block is None:
            message = f"a delta for block {payload.get('index')!r}, which was never opened"
            raise ProtocolError(message, phase="decode")
        return grown(block, delta)

    def block_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Close a part; closing one twice or one that never was means nothing."""
        block = self._blocks.get(_place(payload))
        return [] if block is None or not block.open else closed(block)

    def message_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Take in how the answer ends."""
        delta = read.as_mapping(payload.get("delta"))
        self._ending |= {name: value for name, value in {**payload, **delta}.items() if value is not None}
        return self._report(payload.get("usage"))

    def message_stop(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Close what is open and report the end, if a reason for it was given."""
        self.done = True
        events: list[Event] = [event for block in self._blocks.values() if block.open for event in closed(block)]
        if self._counting.is_behind:
            events += self._counted()
        reason = self._ending.get("stop_reason")
        if reason is None:
            return events
        refusal = read.refusal(reason, self._ending.get("stop_details"))
        if refusal is not None:
            events += [PartStart(self._count, refusal), PartStop(self._count)]
        finish = read.finish(reason, answered=self._answered, called=self._called)
        return [*events, ResponseSnapshot(finish=finish, metadata=read.metadata(self._ending))]

    def ping(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Show that the other side is alive."""
        return (Ping(),)

    def _report(self, report: Any) -> list[Event]:
        """Return the usage so far: later reports are totals too, but leave out what has not changed."""
        if report is None:
            return []
        known = {name: value for name, value in read.as_mapping(report).items() if value is not None}
        self._usage |= known
        self._counting.add(1 + len(known))
        return self._counted() if self._counting.is_due(len(self._usage)) else []

    def _counted(self) -> list[Event]:
        self._counting.told()
        usage = read.usage(dict(self._usage))
        return [] if usage is None else [UsageSnapshot(usage)]


def _place(payload: Mapping[str, Any]) -> int:
    index = payload.get("index")
    return index if isinstance(index, int) else 0


_HANDLERS: Mapping[str, Callable[[MessagesDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "message_start": MessagesDecoder.message_start,
    "content_block_start": MessagesDecoder.block_start,
    "content_block_stop": MessagesDecoder.block_stop,
    "message_delta": MessagesDecoder.message_delta,
    "message_stop": MessagesDecoder.message_stop,
    "ping": MessagesDecoder.ping,
}

__all__ = ["MessagesDecoder"]
