"""Streams as the data of the ``ChatCompletionChunk`` of the library ``openai``.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import (
    Event,
    Finish,
    FinishReason,
    Message,
    Origin,
    PartPiece,
    PartPieces,
    Policy,
    Reasoning,
    Refusal,
    Response,
    ResponseSnapshot,
    StreamEnd,
    StreamStart,
    Text,
    ToolCall,
)
from dragoman_openai_compatible.completion import answer, envelope, finish_word, write_usage


class ChunkWriter:
    """Write the events of one stream as chunks.

    The last chunks say why the answer ended and what it used; the one with the usage has no choices, as with
    ``stream_options={"include_usage": True}``.

    Args:
        usage: whether to write the chunk with the usage.
        on_unsupported: what to do about parts that the form has no place for, as for :func:`write_completion`; it is
            decided at the end, where the answer is whole.

    """

    def __init__(self, *, usage: bool = True, on_unsupported: Policy = "warn") -> None:
        self._usage = usage
        self._policy: Policy = on_unsupported
        self._origin = Origin()
        self._envelope: dict[str, Any] | None = None
        self._pieces = PartPieces()
        self._calls: dict[int, int] = {}

    def write(self, event: Event) -> list[dict[str, Any]]:
        """Return the chunks for one event; most events are one chunk, and some are none.

        Raises:
            UnsupportedError: if the event replaces what was said; at the end, as for :func:`write_completion`.

        """
        if isinstance(event, StreamEnd):
            return self._end(event.response)
        if isinstance(event, StreamStart):
            self._origin = event.origin
        elif isinstance(event, ResponseSnapshot):
            self._note(event)
        return [
            self._chunk(delta)
            for piece in self._pieces.of(event)
            for delta in [self._delta(piece)]
            if delta is not None
        ]

    def _note(self, event: ResponseSnapshot) -> None:
        names = ("response_id", "served_model", "created")
        known = {name: told for name in names if (told := getattr(event, name)) is not None}
        self._origin = attrs.evolve(self._origin, **known)

    def _delta(self, piece: PartPiece) -> dict[str, Any] | None:
        if isinstance(piece.part, ToolCall):
            return self._call(piece, piece.part)
        if not piece.text:
            return None
        if isinstance(piece.part, Text):
            return {"content": piece.text}
        if isinstance(piece.part, Refusal):
            return {"refusal": piece.text}
        return {"reasoning_content": piece.text} if isinstance(piece.part, Reasoning) else None

    def _call(self, piece: PartPiece, call: ToolCall) -> dict[str, Any] | None:
        if call.server_side or not (piece.begins or piece.text):
            return None
        number = self._calls.setdefault(piece.index, len(self._calls))
        if call.metadata.get("type") == "custom":
            head: dict[str, Any] = {"id": call.call_id, "type": "custom"} if piece.begins else {}
            custom = {**({"name": call.name} if piece.begins else {}), "input": piece.text}
            return {"tool_calls": [{"index": number, **head, "custom": custom}]}
        head = {"id": call.call_id, "type": "function"} if piece.begins else {}
        function = {**({"name": call.name} if piece.begins else {}), "arguments": piece.text}
        return {"tool_calls": [{"index": number, **head, "function": function}]}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        if self._envelope is None:
            told = Response(message=Message("assistant", ""), finish=_UNFINISHED, origin=self._origin)
            self._envelope = {**envelope(told), "object": "chat.completion.chunk"}
            delta = {"role": "assistant", **delta}
        return {**self._envelope, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    def _end(self, response: Response) -> list[dict[str, Any]]:
        self._origin = response.origin
        message = answer(response, self._policy)
        cited = {"annotations": message["annotations"]} if "annotations" in message else {}
        chunks = [self._chunk(cited, finish_word(response, message))]
        usage = write_usage(response.usage) if self._usage else None
        if usage is not None:
            chunks.append({**chunks[0], "choices": [], "usage": usage})
        return chunks


_UNFINISHED = Finish(reason=FinishReason.OTHER)
