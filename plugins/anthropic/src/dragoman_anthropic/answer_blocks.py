"""Answers as the data of a ``Message`` of the library ``anthropic``.

https://docs.anthropic.com/en/api/messages#response-id
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from dragoman import (
    Adjustment,
    Finish,
    FinishReason,
    Part,
    Policy,
    Reasoning,
    Refusal,
    Response,
    Usage,
    enforce,
    keep_message,
)
from dragoman.http import Block
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.request_parts import PartEncoder, own_reasoning
from dragoman_anthropic.response import FINISH

_STOP_REASONS: Mapping[str, str] = {
    FinishReason.STOP: "end_turn",
    FinishReason.LENGTH: "max_tokens",
    FinishReason.TOOL_CALLS: "tool_use",
    FinishReason.CONTENT_FILTER: "refusal",
    FinishReason.REFUSAL: "refusal",
    FinishReason.PAUSED: "pause_turn",
}
"""The stop reason for each finish reason; what the format has no word for is written in ours.

https://docs.anthropic.com/en/api/handling-stop-reasons
"""


class AnswerEncoder(PartEncoder):
    """Encode the parts of an answer to be read: also the reasoning that Anthropic did not sign."""

    def assistant_part(self, part: Part) -> Block | None:
        """Return the block of a part of an answer, ``None`` if it is left out."""
        if is_stated_refusal(part):
            return None
        if isinstance(part, Reasoning) and (part.seal is None or part.seal.issuer != ISSUER):
            return {"type": "thinking", "thinking": part.text, "signature": ""}
        return super().assistant_part(part)

    def blocks(self, part: Part) -> list[Block]:
        """Return the blocks of a part: those that Anthropic signed one by one, none if it is left out."""
        found = [self.assistant_part(each) for each in own_reasoning(part)]
        return [block for block in found if block is not None]


def is_stated_refusal(part: Part) -> bool:
    """Tell whether a part stands for the stop reason ``refusal``, as Anthropic reports it."""
    return isinstance(part, Refusal) and part.metadata.get("type") == "refusal"


def write_response(response: Response, *, keep: bool = False, on_unsupported: Policy = "warn") -> dict[str, Any]:
    """Return an answer as the data of a ``Message``.

    Reasoning that Anthropic did not sign has an empty signature. Counts that are not known are ``None``.

    Args:
        response: the answer.
        keep: whether the message of ours goes along under the name ``dragoman``, as for :func:`write_message`.
        on_unsupported: what to do about parts that the form has no place for, as for :func:`write_message`, and about
            the alternatives of the answer.

    Raises:
        UnsupportedError: for a part that the form cannot express; under ``raise``, for whatever is left out.

    """
    encoder = AnswerEncoder()
    content = [block for part in response.message.parts for block in encoder.blocks(part)]
    enforce(encoder.adjustments, "adjust" if keep else on_unsupported)
    if response.alternatives:
        reason = "the form has a place for one answer alone"
        enforce((Adjustment(kind="dropped", feature="alternatives", reason=reason, by=ISSUER),), on_unsupported)
    origin = response.origin
    written = {
        **envelope(origin.response_id, origin.served_model or origin.model),
        "content": content,
        **ending(response),
        "usage": write_usage(response.usage),
    }
    return keep_message(written, response.message) if keep else written


def envelope(response_id: str | None, model: str) -> dict[str, Any]:
    """Return the members that name an answer; an id of its own, if its provider told none."""
    return {"id": response_id or f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "model": model}


def ending(response: Response) -> dict[str, Any]:
    """Return the members that say why an answer ended."""
    told = response.metadata
    details = told.get("stop_details")
    return {
        "stop_reason": stop_reason(response.finish),
        "stop_sequence": told.get("stop_sequence"),
        **({} if details is None else {"stop_details": details}),
    }


def stop_reason(finish: Finish) -> str:
    """Return why an answer ended, in the word of the format if it has one."""
    if finish.raw is not None and FINISH.get(finish.raw) == finish.reason:
        return finish.raw
    return _STOP_REASONS.get(finish.reason, str(finish.reason))


def write_usage(usage: Usage) -> dict[str, Any]:
    """Return the counts of tokens; those that a cache read or wrote are no part of ``input_tokens`` here.

    Where a provider reports more of these than there are input tokens, they are left out.

    https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#tracking-cache-performance
    """
    read, written, whole = usage.cache_read_tokens, usage.cache_write_tokens, usage.input_tokens
    cached = (read or 0) + (written or 0)
    if whole is not None and cached > whole:
        read, written, cached = None, None, 0
    return {
        "input_tokens": None if whole is None else whole - cached,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }
