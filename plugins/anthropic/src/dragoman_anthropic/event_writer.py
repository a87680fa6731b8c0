"""Streams as the data of the events of the library ``anthropic``.

https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

from typing import Any

from dragoman import (
    Event,
    Part,
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
    Usage,
    UsageSnapshot,
    enforce,
)
from dragoman.http import Block, fields, objects
from dragoman_anthropic.answer_blocks import AnswerEncoder, ending, envelope, is_stated_refusal, write_usage
from dragoman_anthropic.options import ISSUER


class EventWriter:
    """Write the events of one stream as those of the Messages API.

    A block has the number of its turn to begin. What arrives in one piece, such as a result of a tool that
    Anthropic runs, is a block that begins whole.

    Args:
        on_unsupported: what to do about parts that the form has no place for, as for :func:`write_response`; it is
            decided at the end, where the answer is whole.

    """

    def __init__(self, *, on_unsupported: Policy = "warn") -> None:
        self._policy: Policy = on_unsupported
        self._model = ""
        self._response_id: str | None = None
        self._usage = Usage()
        self._is_begun = False
        self._pieces = PartPieces()
        self._numbers: dict[int, int] = {}
        self._count = 0
        self._encoder = AnswerEncoder()

    def write(self, event: Event) -> list[dict[str, Any]]:
        """Return the events of the Messages API for one event, each with its ``type``.

        Raises:
            UnsupportedError: if the event replaces what was said; at the end, as for :func:`write_response`.

        """
        if isinstance(event, StreamEnd):
            return self._end(event.response)
        if isinstance(event, StreamStart):
            self._model = event.origin.served_model or event.origin.model
        elif isinstance(event, ResponseSnapshot):
            self._model = event.served_model or self._model
            self._response_id = event.response_id or self._response_id
        elif isinstance(event, UsageSnapshot):
            self._usage = event.usage
        written = [each for piece in self._pieces.of(event) for each in self._piece(piece)]
        return self._begun(written) if written else []

    def _piece(self, piece: PartPiece) -> list[dict[str, Any]]:
        index, part = piece.index, piece.part
        empty = _empty_block(part)
        if empty is None:
            return self._whole(part) if piece.ends else []
        written: list[dict[str, Any]] = []
        if index not in self._numbers:
            if not (piece.text or piece.ends or isinstance(part, ToolCall)):
                return []  # a text without any letter yet
            self._numbers[index] = self._next()
            written.append(_start(self._numbers[index], empty))
        number = self._numbers[index]
        if piece.text:
            written.append(_delta(number, _text_delta(part, piece.text)))
        if piece.ends:
            written += [_delta(number, sealed) for sealed in _sealed(part)]
            written.append({"type": "content_block_stop", "index": number})
        return written

    def _whole(self, part: Part) -> list[dict[str, Any]]:
        """Return the events of a part that arrives in one piece."""
        written: list[dict[str, Any]] = []
        for block in self._encoder.blocks(part):
            number = self._next()
            written += [_start(number, block), {"type": "content_block_stop", "index": number}]
        return written

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _begun(self, written: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self._is_begun:
            return written
        self._is_begun = True
        message: dict[str, Any] = {
            **envelope(self._response_id, self._model),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**write_usage(self._usage), "output_tokens": 0},
        }
        return [{"type": "message_start", "message": message}, *written]

    def _end(self, response: Response) -> list[dict[str, Any]]:
        for part in response.message.parts:
            if _empty_block(part) is not None:  # the others were encoded when they arrived
                self._encoder.blocks(part)
        enforce(self._encoder.adjustments, self._policy)
        delta = {"type": "message_delta", "delta": ending(response), "usage": write_usage(response.usage)}
        return self._begun([delta, {"type": "message_stop"}])


def _empty_block(part: Part) -> Block | None:
    """Return the block with which a part begins that arrives in pieces, ``None`` for all others."""
    if isinstance(part, Text) or (isinstance(part, Refusal) and not is_stated_refusal(part)):
        return {"type": "text", "text": ""}
    if isinstance(part, Reasoning) and not part.redacted:
        return {"type": "thinking", "thinking": "", "signature": ""}
    if isinstance(part, ToolCall) and not part.server_side:
        sealed = part.seal.payload if part.seal is not None and part.seal.issuer == ISSUER else None
        return {"type": "tool_use", "id": part.call_id, "name": part.name, "input": {}, **fields(sealed)}
    return None


def _start(number: int, block: Block) -> dict[str, Any]:
    return {"type": "content_block_start", "index": number, "content_block": block}


def _delta(number: int, delta: Block) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": number, "delta": delta}


def _text_delta(part: Part, text: str) -> Block:
    if isinstance(part, Reasoning):
        return {"type": "thinking_delta", "thinking": text}
    if isinstance(part, ToolCall):
        return {"type": "input_json_delta", "partial_json": text}
    return {"type": "text_delta", "text": text}


def _sealed(part: Part) -> list[Block]:
    """Return the deltas for what Anthropic signed: citations of a text, or the signature of reasoning."""
    if part.seal is None or part.seal.issuer != ISSUER:
        return []
    payload = part.seal.payload
    if isinstance(part, Reasoning):
        return [{"type": "signature_delta", "signature": payload}]
    if isinstance(part, Text):
        return [{"type": "citations_delta", "citation": cited} for cited in objects(payload)]
    return []
