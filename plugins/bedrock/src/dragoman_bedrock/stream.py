"""Streams of Converse: content blocks that open with their first content, grow and close.

The usage comes after the end of the message. See
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    ArgumentsDelta,
    Event,
    Extension,
    Part,
    PartStart,
    PartStop,
    PartUpdate,
    Raw,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    Seal,
    SealUpdate,
    Text,
    TextDelta,
    ToolCall,
    UsageSnapshot,
)
from dragoman.http import CallArguments, Frame, fields, finish_of, members_of, objects, words
from dragoman_aws import event_in
from dragoman_bedrock.errors import ERRORS
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.response import METADATA, cited_text, extension, tool_call, usage

_UNOPENED = -1


@define
class _Block:
    """Hold the state of one block.

    Args:
        index: the index of its part, ``_UNOPENED`` before its first content.
        part: what it began as.
        sealed: the pieces of its signature or of its redacted content.
        citations: its citations as Bedrock sent them.
        rest: what it holds that no event reports, by the name of the member.
        input: what was received of its input.

    """

    index: int = _UNOPENED
    part: Part | None = None
    sealed: list[str] = field(factory=list[str])
    citations: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    rest: dict[str, Any] = field(factory=dict[str, Any])
    input: CallArguments = field(factory=CallArguments)


class ConverseDecoder:
    """Decode one stream."""

    def __init__(self) -> None:
        self.done = False
        self._count = 0
        self._blocks: dict[int, _Block] = {}

    def feed(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one message.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not have the form of an event of this API.

        """
        kind, payload = event_in(frame, ERRORS)
        handler = _HANDLERS.get(kind)
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return what was not reported yet."""
        return [event for block in self._blocks.values() for event in _report(block)]

    def message_start(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Begin an answer, of which nothing is said yet."""
        return ()

    def block_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Start a call of a tool, or a block of a kind that is kept as it is."""
        start = fields(payload.get("start"))
        if not start:
            return ()
        events = self._stop(_index(payload))
        block = self._blocks[_index(payload)] = _Block()
        if "toolUse" in start:
            call = fields(start["toolUse"])
            return [*events, self._begin(block, tool_call({**call, "input": ""}))]
        block.rest = {name: dict(fields(value)) for name, value in start.items()}
        return [*events, self._begin(block, extension(start))]

    def block_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Add to a block, which begins with its first content."""
        block = self._blocks.setdefault(_index(payload), _Block())
        delta = fields(payload.get("delta"))
        return [event for name, value in delta.items() for event in self._grow(block, name, value)]

    def block_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop a part."""
        return self._stop(_index(payload))

    def message_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop all open parts, and report why the answer ended."""
        events = [event for index in tuple(self._blocks) for event in self._stop(index)]
        finish, more = finish_of(payload.get("stopReason")), members_of(payload, METADATA)
        return [*events, ResponseSnapshot(finish=None if finish.raw is None else finish, metadata=more)]

    def metadata(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the usage, with which a stream ends."""
        self.done = True
        known = usage(payload.get("usage"))
        more = members_of(payload, METADATA)
        counted: list[Event] = [] if known is None else [UsageSnapshot(known)]
        return [*counted, ResponseSnapshot(metadata=more)] if more else counted

    def _begin(self, block: _Block, part: Part) -> PartStart:
        block.part, block.index = part, self._count
        self._count += 1
        return PartStart(block.index, part)

    def _grow(self, block: _Block, name: str, value: Any) -> list[Event]:
        if name == "text":
            return self._text(block, words(value))
        if name == "reasoningContent":
            return self._reasoning(block, fields(value))
        if name == "toolUse":
            piece = block.input.add(words(fields(value).get("input"))) if isinstance(block.part, ToolCall) else ""
            return [ArgumentsDelta(block.index, piece)] if piece else []
        if name == "citation":
            block.citations.append(fields(value))
            return self._text(block, "", cited=True)
        if block.part is not None and not isinstance(block.part, Extension):
            return [Raw({name: value})]
        block.rest.setdefault(name, {}).setdefault("content", []).extend(objects(value) or [fields(value)])
        return [] if block.part is not None else [self._begin(block, extension({name: {}}))]

    def _text(self, block: _Block, text: str, *, cited: bool = False) -> list[Event]:
        begun: list[Event] = []
        if block.part is None and (text or cited):
            begun.append(self._begin(block, Text(text="")))
        return [*begun, TextDelta(block.index, text)] if text and isinstance(block.part, Text) else begun

    def _reasoning(self, block: _Block, content: Mapping[str, Any]) -> list[Event]:
        text, redacted = words(content.get("text")), words(content.get("redactedContent"))
        sealed = redacted or words(content.get("signature"))
        events: list[Event] = []
        if block.part is None and (text or sealed):
            first = Reasoning(redacted=True) if redacted else Reasoning(text="")
            events.append(self._begin(block, first))
        if not isinstance(block.part, Reasoning):
            return events
        if sealed:
            block.sealed.append(sealed)
        return [*events, ReasoningDelta(block.index, text)] if text else events

    def _stop(self, index: int) -> list[Event]:
        block = self._blocks.pop(index, None)
        if block is None or block.part is None:
            return []
        events = _report(block)
        if isinstance(block.part, ToolCall) and (rest := block.input.close() if block.input.has_any else "{}"):
            events.append(ArgumentsDelta(block.index, rest))
        return [*events, PartStop(block.index)]


def _report(block: _Block) -> list[Event]:
    """Return what a block holds that was not reported while it grew."""
    if isinstance(block.part, Reasoning):
        return [SealUpdate(block.index, Seal(issuer=ISSUER, payload="".join(block.sealed)))]
    if block.citations:
        return [PartUpdate(block.index, cited_text(block.citations))]
    return [PartUpdate(block.index, extension(block.rest))] if block.rest and block.part is not None else []


def _index(payload: Mapping[str, Any]) -> int:
    index = payload.get("contentBlockIndex")
    return index if isinstance(index, int) else 0


_HANDLERS: Mapping[str, Callable[[ConverseDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "messageStart": ConverseDecoder.message_start,
    "contentBlockStart": ConverseDecoder.block_start,
    "contentBlockDelta": ConverseDecoder.block_delta,
    "contentBlockStop": ConverseDecoder.block_stop,
    "messageStop": ConverseDecoder.message_stop,
    "metadata": ConverseDecoder.metadata,
}

__all__ = ["ConverseDecoder"]
