"""Streams of Converse: content blocks that open with their first content, grow and close.

The usage comes after the end of the message. See
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import define, field

from dragoman import (
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
)
from dragoman.http import Frame, PlacedCalls, StreamedUsage, count, fields, finish_of, given, members_of, objects, words
from dragoman_aws import event_in
from dragoman_bedrock.errors import ERRORS
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.response import METADATA, cited_text, extension, tool_call, usage

_UNOPENED = -1
_OTHERS = {"text": Reasoning, "reasoningContent": Text}
"""The parts that end where a delta of this name has their place, as gateways send it that leave the place out."""
_OWN = ("contentBlockIndex", "delta", "start", "role", "stopReason", "usage", "metrics")
"""The members by which an event is known."""


@define
class _Block:
    """Hold the state of one block.

    Args:
        index: the index of its part, ``_UNOPENED`` before its first content.
        part: what it began as.
        sealed: the pieces of its signature or of its redacted content.
        citations: its citations as Bedrock sent them.
        rest: what it holds that no event reports, by the name of the member.

    """

    index: int = _UNOPENED
    part: Part | None = None
    sealed: list[str] = field(factory=list[str])
    citations: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    rest: dict[str, Any] = field(factory=dict[str, Any])


class ConverseDecoder:
    """Decode one stream."""

    def __init__(self) -> None:
        self.done = False
        self._has_stopped = False
        self._usage = StreamedUsage()
        self._count = 0
        self._blocks: dict[int, _Block] = {}
        self._calls = PlacedCalls(self._next_index)

    def feed(self, frame: Frame) -> Iterable[Event]:
        """Return the events of one message.

        Raises:
            ProviderError: if it reports an error.
            ProtocolError: if it does not have the form of an event of this API.

        """
        kind, payload = event_in(frame, ERRORS, _OWN)
        handler = _HANDLERS.get(kind) if kind == "metadata" or not self._has_stopped else None
        return (Raw(payload),) if handler is None else handler(self, payload)

    def close(self) -> Iterable[Event]:
        """Return what was not reported yet."""
        return [event for block in self._blocks.values() for event in _report(block)]

    def message_start(self, _: Mapping[str, Any]) -> Iterable[Event]:
        """Begin an answer, of which nothing is said yet."""
        return ()

    def block_start(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Start a call of a tool, or a block of a kind that is kept as it is."""
        start, place = given(payload.get("start")), _index(payload)
        if not start:
            return ()
        events = self._stop(place)
        if "toolUse" in start:
            return [*events, *self._calls.start(place, tool_call(fields(start["toolUse"])))]
        events += self._calls.stop(place)
        block = self._blocks[place] = _Block()
        block.rest = {name: dict(fields(value)) for name, value in start.items()}
        return [*events, self._begin(block, extension(start))]

    def block_delta(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Add to a block, which begins with its first content."""
        place, delta = _index(payload), given(payload.get("delta"))
        if "toolUse" in delta:
            return self._calls.add(place, fields(delta["toolUse"]).get("input"))
        block = self._blocks.get(place, _Block())
        events = self._stop(place) if isinstance(block.part, _OTHERS.get(next(iter(delta), ""), ())) else []
        block = self._blocks.setdefault(place, _Block())
        return events + [event for name, value in delta.items() for event in self._grow(block, name, value)]

    def block_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop a part."""
        return [*self._stop(_index(payload)), *self._calls.stop(_index(payload))]

    def message_stop(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Stop all open parts, and report why the answer ended."""
        events = [event for index in tuple(self._blocks) for event in self._stop(index)] + self._calls.stop_all()
        finish, more = finish_of(payload.get("stopReason")), members_of(payload, METADATA)
        self._has_stopped = True
        self.done = self._usage.is_known
        return [*events, ResponseSnapshot(finish=None if finish.raw is None else finish, metadata=more)]

    def metadata(self, payload: Mapping[str, Any]) -> Iterable[Event]:
        """Report the usage, with which a stream ends once the message has stopped."""
        events: list[Event] = []
        self._usage.add(usage(payload.get("usage")), events)
        self.done = self._has_stopped and self._usage.is_known
        more = members_of(payload, METADATA)
        return [*events, ResponseSnapshot(metadata=more)] if more else events

    def _begin(self, block: _Block, part: Part) -> PartStart:
        block.part, block.index = part, self._next_index()
        return PartStart(block.index, part)

    def _next_index(self) -> int:
        self._count += 1
        return self._count - 1

    def _grow(self, block: _Block, name: str, value: Any) -> list[Event]:
        if name == "text":
            return self._text(block, words(value))
        if name == "reasoningContent":
            return self._reasoning(block, fields(value))
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
        return [*_report(block), PartStop(block.index)]


def _report(block: _Block) -> list[Event]:
    """Return what a block holds that was not reported while it grew."""
    if isinstance(block.part, Reasoning):
        return [SealUpdate(block.index, Seal(issuer=ISSUER, payload="".join(block.sealed)))]
    if block.citations:
        return [PartUpdate(block.index, cited_text(block.citations))]
    return [PartUpdate(block.index, extension(block.rest))] if block.rest and block.part is not None else []


def _index(payload: Mapping[str, Any]) -> int:
    return count(payload, "contentBlockIndex") or 0


_HANDLERS: Mapping[str, Callable[[ConverseDecoder, Mapping[str, Any]], Iterable[Event]]] = {
    "messageStart": ConverseDecoder.message_start,
    "contentBlockStart": ConverseDecoder.block_start,
    "contentBlockDelta": ConverseDecoder.block_delta,
    "contentBlockStop": ConverseDecoder.block_stop,
    "messageStop": ConverseDecoder.message_stop,
    "metadata": ConverseDecoder.metadata,
}

__all__ = ["ConverseDecoder"]
