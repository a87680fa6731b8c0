"""Streams of LiteLLM: reading of its chunks, and decoding of reasoning with signatures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from dragoman import Event, PartStart, Reasoning, ReasoningDelta, SealUpdate
from dragoman.http import fields, objects
from dragoman_litellm.response import plain_data, reasoning_part
from dragoman_openai_compatible import OpenAIChatDecoder, reasoning_of

if TYPE_CHECKING:
    from dragoman_litellm.request import LiteLLMChat

END: Any = object()
"""The value that a stream yields after its last chunk."""


class LiteLLMDecoder(OpenAIChatDecoder):
    """Decode one stream; a signature seals the reasoning before it and ends its block."""

    def __init__(self, dialect: LiteLLMChat) -> None:
        super().__init__(dialect)
        self._thinking: int | None = None

    def add_reasoning(self, delta: Mapping[str, Any], events: list[Event]) -> None:
        """Add the reasoning of one delta, and the blocks that arrived with it."""
        text = reasoning_of(delta, self.dialect.reasoning_names)
        if text:
            if self._thinking is None:
                self._thinking = self.begin_part()
                events.append(PartStart(self._thinking, Reasoning()))
            events.append(ReasoningDelta(self._thinking, text))
        for block in objects(delta.get("thinking_blocks")):
            part = reasoning_part(block)
            if part.redacted:
                events.append(PartStart(self.begin_part(), part))
            elif block.get("signature") and self._thinking is not None and part.seal is not None:
                events.append(SealUpdate(self._thinking, part.seal))
                self._thinking = None


async def iterate_in_thread(source: Any) -> AsyncIterator[Any]:
    """Iterate over a stream that is not asynchronous."""
    chunks = iter(source)
    while (chunk := await asyncio.to_thread(next, chunks, END)) is not END:
        yield chunk


def chunk_data(chunk: Any, wrapper: Any) -> dict[str, Any]:
    """Return a chunk in the format of OpenAI's API.

    LiteLLM's own iteration is not used, since it adds an end and a usage to every stream and calls callbacks.

    Args:
        chunk: an item of the stream that LiteLLM wraps.
        wrapper: LiteLLM's wrapper of the stream.

    """
    if "is_finished" in (generic := fields(chunk)):
        return _generic_chunk_data(generic)
    if hasattr(chunk, "choices") and hasattr(chunk, "model_dump_json"):
        return plain_data(chunk)
    converted = wrapper.chunk_creator(chunk=chunk)
    body = {} if converted is None else plain_data(converted)
    if reason := getattr(wrapper, "received_finish_reason", None):
        body.setdefault("choices", [{"index": 0, "delta": {}}])[0]["finish_reason"] = reason
    return body


def _generic_chunk_data(chunk: dict[str, Any]) -> dict[str, Any]:
    call = chunk.get("tool_use")
    delta = {"content": chunk.get("text") or None, **({"tool_calls": [call]} if call else {})}
    reason = chunk.get("finish_reason") if chunk.get("is_finished") else None
    usage = chunk.get("usage")
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason or None}], "usage": usage}


async def close_stream(source: Any) -> None:
    """Close the connection of a stream; LiteLLM holds it in different attributes for different providers."""
    for each in (source, getattr(source, "streaming_response", None), getattr(source, "http_response", None)):
        close = getattr(each, "aclose", None) or getattr(each, "close", None)
        if close is not None:
            closing = close()
            if asyncio.iscoroutine(closing):
                await closing
