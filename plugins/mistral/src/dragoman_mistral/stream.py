"""Streams of Mistral, whose content is a text or a list of chunks, from one event to the next.

https://docs.mistral.ai/capabilities/reasoning
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman import Event, PartStart, SealUpdate
from dragoman.http import fields, objects, words
from dragoman_mistral.response import Passages, Thought, unknown, with_id
from dragoman_openai_compatible import OpenAIChatDecoder

if TYPE_CHECKING:
    from dragoman_mistral.chat import MistralChat


class MistralDecoder(OpenAIChatDecoder):
    """Decode one stream, whose thoughts are sealed when they are complete."""

    def __init__(self, dialect: MistralChat) -> None:
        super().__init__(dialect)
        self._thought = Thought()
        self._thought_index: int | None = None
        self._passages = Passages()

    def add_choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        """Add what a chunk says about the first choice, chunk by chunk where its content is a list."""
        delta = fields(choice.get("delta"))
        content = delta.get("content")
        if isinstance(content, str):
            self._passages.add(content)
        elif content and isinstance(content, list):
            for chunk in objects(content):
                self._add_chunk(chunk, events)
            choice = {**choice, "delta": {**delta, "content": None}}
        super().add_choice(choice, events)

    def add_tool_call(self, call: Mapping[str, Any], events: list[Event]) -> int:
        """Add one fragment of a tool call, and return the index of its part."""
        return super().add_tool_call(with_id(call), events)

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream."""
        events = [*super().close()]
        if self._thought_index is not None:
            events.append(SealUpdate(self._thought_index, self._thought.seal()))
        return events

    def _add_chunk(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        kind = chunk.get("type")
        if kind == "thinking":
            if text := self._thought.add(chunk):
                self._thought_index = self.open_reasoning(events)
                self.add_reasoning_text(text, events)
        elif kind == "text":
            self.add_choice({"delta": {"content": words(chunk.get("text"))}}, events)
        elif kind == "reference":
            self.add_citations(self._passages.cite(chunk), events)
        else:
            events.append(PartStart(self.begin_part(), unknown(chunk)))
