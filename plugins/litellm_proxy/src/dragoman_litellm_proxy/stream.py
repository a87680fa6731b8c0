"""Streams of the proxy, with the signatures of reasoning and of tool calls.

https://docs.litellm.ai/docs/reasoning_content
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman import Event, PartUpdate, Reasoning, SealUpdate
from dragoman.http import objects, words
from dragoman_litellm_proxy.response import SIGNED_CALL, seal, thought
from dragoman_openai_compatible import OpenAIChatDecoder

if TYPE_CHECKING:
    from dragoman_litellm_proxy.chat import LiteLLMProxyChat


class LiteLLMProxyDecoder(OpenAIChatDecoder):
    """Decode one stream, and collect the signatures of reasoning and tool calls."""

    def __init__(self, dialect: LiteLLMProxyChat) -> None:
        super().__init__(dialect)
        self._blocks: list[dict[str, Any]] = []
        self._has_text = False

    def add_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Add the reasoning of one delta, and collect its thinking blocks for the end."""
        before = len(events)
        super().add_reasoning(delta, events)
        self._has_text = self._has_text or len(events) > before
        pieces = objects(delta.get("thinking_blocks"))
        merge_blocks(self._blocks, pieces)
        if pieces:
            self.open_reasoning(events)

    def add_tool_call(self, call: Mapping[str, Any], events: list[Event]) -> int:
        """Add one fragment of a tool call with its signature, and return the index of its part."""
        index = super().add_tool_call(call, events)
        if call.get(SIGNED_CALL):
            events.append(SealUpdate(index, seal(call[SIGNED_CALL])))
        return index

    def close(self) -> Iterable[Event]:
        """Return the events for what is complete only at the end of the stream, which includes the seal."""
        events = list(super().close())
        if self._blocks:
            said = thought(self._blocks)
            text = "" if self._has_text else said.text
            redacted = said.redacted and not self._has_text
            reasoning = Reasoning(text=text, redacted=redacted, seal=seal(self._blocks))
            events.append(PartUpdate(self.open_reasoning(events), reasoning))
        return events


def merge_blocks(blocks: list[dict[str, Any]], pieces: Iterable[Mapping[str, Any]]) -> None:
    """Merge streamed pieces into *blocks*: a block continues until its signature arrives."""
    for piece in pieces:
        last = blocks[-1] if blocks else None
        if last is None or last.get("type") != piece.get("type") or last.get("signature") or "data" in piece:
            blocks.append(dict(piece))
            continue
        last["thinking"] = words(last.get("thinking")) + words(piece.get("thinking"))
        if piece.get("signature"):
            last["signature"] = piece["signature"]
