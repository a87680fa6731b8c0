"""Streams of the Messages API: content blocks that open, grow and close, and that may interleave.

A stream is complete after ``message_stop``. See https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dragoman import (
    Event,
    PartStart,
    PartStop,
    Ping,
    ProtocolError,
    ProviderError,
    Raw,
    ResponseSnapshot,
    UsageSnapshot,
)
from dragoman.http import (
    HttpReply,
    Pace,
    PlacedCalls,
    ServerSentEvent,
    as_object,
    end_word,
    fields,
    given,
    members_of,
    number,
    object_in_frame,
    objects,
    reported_in,
    word,
)
from dragoman_anthropic.response import CALLS, METADATA, arguments, finish, is_blank, part, refusal, tool_call, usage
from dragoman_anthropic.stream_blocks import (
    WAITS,
    Block,
    apply_delta,
    close,
    report,
)

_OWN = ("content_block", "delta", "index")
"""The members by which an event is known, besides its type."""


class MessagesDecoder:
    """Decode one stream.

    Args:
        error: returns the exception for an error that an event reports.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._count = 0
        self._blocks: dict[int, Block] = {}
        self._calls = PlacedCalls(self._next_index)
        self._waiting: Block | None = None
        self._usage: dict[str, Any] = {}
        self._usage_pace = Pace()
        self._ending: dict[str, Any] = {}
        self._message: dict[str, Any] = {}

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events of one server-sent event.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not have the form of an event of this API.

        """
        if event.data == b"[DONE]":
            self.done = True
            return ()
        payload = self._payload(event)
        kind = word(payload.get("type")) or event.event
        if kind == "content_block_delta":
            return self._block_delta(payload)
        handler = _HANDLERS.get(kind)
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return what was not reported yet, for a stream that ended without ``message_stop``."""
        events = [event for block in self._blocks.values() for event in report(block)]
        return events + self._usage_snapshot() if self._usage_pace.is_behind else events

    def _payload(self, event: ServerSentEvent) -> dict[str, Any]:
        payload = object_in_frame(event, self._error)
        if payload.get("type") in _TYPES and "error" not in payload:
            return payload
        if (failed := reported_in(payload, _OWN, event.event)) is not None:
            raise self._error(failed)
        return payload

    def message_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the id, the model and the metadata of the response."""
        message = self._message = fields(payload.get("message"))
        known = ResponseSnapshot(
            response_id=word(message.get("id")),
            served_model=word(message.get("model")),
            metadata=members_of(message, METADATA),
        )
        return [known, *self._update_usage(message.get("usage"))]

    def block_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Start a part."""
        start = as_object(payload.get("content_block"), "the block")
        index = _index(payload)
        replaced = self._blocks.pop(index, None)
        events = close(replaced) if replaced is not None and replaced.open else []
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting.open:
            events.append(self._begin(waiting))  # in the order of the blocks
        if start.get("type") in CALLS:
            return [*events, *self._calls.start(index, tool_call(start, arguments(start)))]
        if self._calls.has_any:
            events += self._calls.stop(index)
        block = self._blocks[index] = Block(start)
        if is_blank(start):
            self._waiting = block
        else:
            events.append(self._begin(block))
        return events

    def _next_index(self) -> int:
        self._count += 1
        return self._count - 1

    def _begin(self, block: Block) -> PartStart:
        """Start the part of a block; one that was opened empty has a part from its first content on."""
        start = block.start
        block.index = self._count
        self._count += 1
        if citations := start.get("citations"):
            block.cite(objects(citations))
            block.size = len(block.citations)
        return PartStart(block.index, part(start))

    def _block_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        delta = as_object(payload.get("delta"), "the delta")
        index = _index(payload)
        block = self._blocks.get(index)
        if block is None and index in self._calls:
            return self._calls.add(index, delta.get("partial_json"))
        if block is None:
            message = f"received a delta for the block {payload.get('index')!r}, which was not started"
            raise ProtocolError(message, phase="decode")
        if block.index != WAITS:
            return apply_delta(block, delta)
        if not block.open or not any(value for name, value in delta.items() if name != "type"):
            return ()
        self._waiting = None
        return [self._begin(block), *apply_delta(block, delta)]

    def block_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop a part; a stop for a block that is not open is ignored."""
        index = _index(payload)
        block = self._blocks.get(index)
        if block is None:
            return self._calls.stop(index)
        return close(block) if block.open else []

    def message_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Store the stop reason and its details, and report the usage."""
        delta = fields(payload.get("delta"))
        ending = {**payload, **delta}
        if end_word(ending.get("stop_reason")) is None:
            ending.pop("stop_reason", None)
        self._ending |= {name: value for name, value in ending.items() if value is not None}
        return self._update_usage(payload.get("usage"))

    def message_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop all open parts, and report the finish reason if a stop reason was received."""
        self.done = True
        events = self._update_usage(payload.get("usage"))
        if not self._blocks and not self._calls.has_any:  # some gateways say all of it with its beginning
            for index, block in enumerate(objects(self._message.get("content"))):
                events += self.block_start({"index": index, "content_block": block})
            self._ending = {**given(self._message), **self._ending}
        events += [*(event for block in self._blocks.values() if block.open for event in close(block))]
        if self._calls.has_any:
            events += self._calls.stop_all()
        if self._usage_pace.is_behind:
            events += self._usage_snapshot()
        reason = end_word(self._ending.get("stop_reason"))
        if reason is None:
            return events
        stated = refusal(reason, self._ending.get("stop_details"))
        if stated is not None:
            events += [PartStart(self._count, stated), PartStop(self._count)]
        return [*events, ResponseSnapshot(finish=finish(reason), metadata=members_of(self._ending, METADATA))]

    def ping(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Report a keep-alive event."""
        return (Ping(),)

    def _update_usage(self, update: Any) -> list[Event]:
        """Merge a usage report, which holds totals and may omit unchanged members, and report it if it is due."""
        if update is None:
            return []
        report = {name: given(each) if isinstance(each, dict) else each for name, each in given(update).items()}
        has_input = bool(report.get("input_tokens"))
        # Gateways end with zeros for what they do not count; zeros for cached tokens count beside input tokens.
        known = {
            name: value
            for name, value in report.items()
            if value or name not in self._usage or (has_input and name.startswith("cache_"))
        }
        self._usage |= known
        self._usage_pace.add(1 + len(known))
        return self._usage_snapshot() if self._usage_pace.is_due(len(self._usage)) else []

    def _usage_snapshot(self) -> list[Event]:
        self._usage_pace.reset()
        known = usage(dict(self._usage))
        return [] if known is None else [UsageSnapshot(known)]


def _index(payload: Mapping[str, Any]) -> int:
    index = payload.get("index")
    return index if type(index) is int else number(index) or 0


_HANDLERS: Mapping[str, Callable[[MessagesDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "message_start": MessagesDecoder.message_start,
    "content_block_start": MessagesDecoder.block_start,
    "content_block_stop": MessagesDecoder.block_stop,
    "message_delta": MessagesDecoder.message_delta,
    "message_stop": MessagesDecoder.message_stop,
    "ping": MessagesDecoder.ping,
}
_TYPES = (*_HANDLERS, "content_block_delta")
"""The types of the events that report no error, unless they have a member for one."""

__all__ = ["MessagesDecoder"]
