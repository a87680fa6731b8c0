"""The stream of the Messages API: blocks that open, grow and close, which may interleave.

Complete once ``message_stop`` was seen. See https://docs.anthropic.com/en/api/messages-streaming.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from attrs import define, field

from dragoman import (
    ArgumentsDelta,
    Event,
    Extension,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    ProtocolError,
    ProviderError,
    Raw,
    ReasoningDelta,
    ResponseSnapshot,
    SealUpdate,
    Text,
    TextDelta,
    ToolCall,
    UsageSnapshot,
)
from dragoman.http import HttpReply, ServerSentEvent, loads
from dragoman_anthropic import reading as read


@define
class _Block:
    """Follow one block.

    Args:
        index: our index of it.
        start: the block as it was opened.
        answer: whether its input is the text of the answer.
        written: whether a piece of its input has come.
        cited: its citations so far.
        signature: the signature so far.
        open: whether it has not been closed.

    """

    index: int
    start: dict[str, Any]
    answer: bool = False
    written: bool = False
    cited: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    signature: str = ""
    open: bool = True


class MessagesDecoder:
    """Decode one stream.

    Args:
        error: makes an error of what an event reports.

    """

    def __init__(self, error: Callable[[HttpReply], ProviderError]) -> None:
        self.done = False
        self._error = error
        self._count = 0
        self._blocks: dict[int, _Block] = {}
        self._usage: dict[str, Any] = {}
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
        """Return nothing: all is said by ``message_stop``."""
        return ()

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
        block = _Block(self._count, start, answer=read.is_answer(start))
        self._blocks[_place(payload)] = block
        self._count += 1
        if block.answer:
            self._answered = True
            return (PartStart(block.index, Text(text="")),)
        begun = read.part(start)
        if isinstance(begun, ToolCall):
            self._called = self._called or not begun.server_side
            begun = read.call(start, "")
        block.cited.extend(read.objects(start.get("citations")))
        return (PartStart(block.index, begun),)

    def _delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        delta = read.as_object(payload.get("delta"), "the delta")
        block = self._blocks.get(_place(payload))
        if block is None:
            message = f"a delta for block {payload.get('index')!r}, which was never opened"
            raise ProtocolError(message, phase="decode")
        handler = _DELTAS.get(read.word(delta.get("type")) or "")
        kind = read.word(block.start.get("type"))
        if handler is None or kind not in handler[0]:
            return _extended(block, delta) if kind not in _KNOWN_BLOCKS else ()
        return handler[1](block, delta)

    def block_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Close a part; closing one twice or one that never was means nothing."""
        block = self._blocks.get(_place(payload))
        return [] if block is None or not block.open else _closed(block)

    def message_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Take in how the answer ends."""
        delta = read.as_mapping(payload.get("delta"))
        self._ending |= {name: value for name, value in {**payload, **delta}.items() if value is not None}
        return self._report(payload.get("usage"))

    def message_stop(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Close what is open and report the end, if a reason for it was given."""
        self.done = True
        events: list[Event] = [event for block in self._blocks.values() if block.open for event in _closed(block)]
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
        self._usage |= {name: value for name, value in read.as_mapping(report).items() if value is not None}
        usage = read.usage(dict(self._usage))
        return [] if usage is None or report is None else [UsageSnapshot(usage)]


def _place(payload: Mapping[str, Any]) -> int:
    index = payload.get("index")
    return index if isinstance(index, int) else 0


def _text(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    words = delta.get("text")
    return [TextDelta(block.index, words)] if isinstance(words, str) and words else []


def _thinking(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    words = delta.get("thinking")
    return [ReasoningDelta(block.index, words)] if isinstance(words, str) and words else []


def _signature(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    block.signature += read.word(delta.get("signature")) or ""
    sealed = read.seal(block.signature)
    return [] if sealed is None else [SealUpdate(block.index, sealed)]


def _citation(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    block.cited.append(read.as_mapping(delta.get("citation")))
    return [PartUpdate(block.index, read.text("", list(block.cited)))]


def _input(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    piece = delta.get("partial_json")
    if not isinstance(piece, str) or not piece:
        return []
    block.written = True
    return [TextDelta(block.index, piece) if block.answer else ArgumentsDelta(block.index, piece)]


def _extended(block: _Block, delta: Mapping[str, Any]) -> list[Event]:
    """Grow a block of a type without a class here: its texts go on, its other members are replaced."""
    for name, value in delta.items():
        before = block.start.get(name)
        if name != "type":
            joined = isinstance(before, str) and isinstance(value, str)
            block.start[name] = cast("str", before) + value if joined else value
    kept = read.part(block.start)
    return [PartUpdate(block.index, kept)] if isinstance(kept, Extension) else []


def _closed(block: _Block) -> list[Event]:
    """Close a part; a call of which no input came has what it was opened with."""
    block.open = False
    events: list[Event] = []
    if read.word(block.start.get("type")) in _CALLS and not block.written:
        written = read.arguments(block.start)
        events.append(TextDelta(block.index, written) if block.answer else ArgumentsDelta(block.index, written))
    return [*events, PartStop(block.index)]


_CALLS = frozenset({"tool_use", *read.SERVER_CALLS})
_KNOWN_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", *_CALLS})
_DELTAS: Mapping[str, tuple[frozenset[str], Callable[[_Block, Mapping[str, Any]], list[Event]]]] = {
    "text_delta": (frozenset({"text"}), _text),
    "thinking_delta": (frozenset({"thinking"}), _thinking),
    "signature_delta": (frozenset({"thinking"}), _signature),
    "citations_delta": (frozenset({"text"}), _citation),
    "input_json_delta": (_CALLS, _input),
}
_HANDLERS: Mapping[str, Callable[[MessagesDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "message_start": MessagesDecoder.message_start,
    "content_block_start": MessagesDecoder.block_start,
    "content_block_stop": MessagesDecoder.block_stop,
    "message_delta": MessagesDecoder.message_delta,
    "message_stop": MessagesDecoder.message_stop,
    "ping": MessagesDecoder.ping,
}

__all__ = ["MessagesDecoder"]
