"""Answers as the data of a ``ChatCompletion`` of the library ``openai``.

https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import time
from typing import Any
from uuid import uuid4

from dragoman import (
    Adjustment,
    Citation,
    FinishReason,
    Policy,
    Reasoning,
    Response,
    Text,
    Usage,
    enforce,
    keep_message,
)
from dragoman_openai_compatible.chat_messages import MessageEncoder, MessageRules

ISSUER = "openai"

FINISH_REASONS: Mapping[str, str] = {
    FinishReason.STOP: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.TOOL_CALLS: "tool_calls",
    FinishReason.CONTENT_FILTER: "content_filter",
    FinishReason.REFUSAL: "stop",
}
"""The word for each finish reason; what the format has no word for is written in ours, and never as ``stop``.

An answer in which the model declines has the word ``stop`` and a text in ``refusal``:
https://platform.openai.com/docs/guides/structured-outputs#refusals
"""


def write_completion(response: Response, *, keep: bool = False, on_unsupported: Policy = "warn") -> dict[str, Any]:
    """Return an answer as the data of a ``ChatCompletion``, with its alternatives as further choices.

    Reasoning is the member ``reasoning_content`` of the message, as many servers name it. A usage that is not known is
    left out.

    Args:
        response: the answer.
        keep: as for :func:`write_message`.
        on_unsupported: as for :func:`write_message`.

    Raises:
        UnsupportedError: for a part that the form cannot express; under ``raise``, for whatever is left out.

    https://platform.openai.com/docs/api-reference/chat/object

    """
    answers = (response, *response.alternatives)
    choices = [_choice(each, index, keep=keep, on_unsupported=on_unsupported) for index, each in enumerate(answers)]
    written = {**envelope(response), "object": "chat.completion", "choices": choices}
    usage = write_usage(response.usage)
    return written if usage is None else {**written, "usage": usage}


def _choice(response: Response, index: int, *, keep: bool, on_unsupported: Policy) -> dict[str, Any]:
    message = answer(response, "adjust" if keep else on_unsupported)
    if keep:
        message = keep_message(message, response.message)
    return {
        "index": index,
        "message": message,
        "finish_reason": finish_word(response, message),
        "logprobs": response.metadata.get("logprobs"),
    }


def envelope(response: Response) -> dict[str, Any]:
    """Return the id, the time and the model of an answer; an id and a time of their own, if its provider told none."""
    origin = response.origin
    return {
        "id": origin.response_id or f"chatcmpl-{uuid4().hex}",
        "created": int(time() if origin.created is None else origin.created),
        "model": origin.served_model or origin.model,
    }


def answer(response: Response, on_unsupported: Policy) -> dict[str, Any]:
    """Return the message of an answer as it is read, with its reasoning and citations.

    Raises:
        UnsupportedError: as for :func:`write_completion`.

    """
    adjustments: list[Adjustment] = []
    (message,) = MessageEncoder(rules=_ANSWERS, adjustments=adjustments).encode([response.message])
    cited = [each for text in response.message.of_type(Text) for each in text.citations]
    written = [_annotation(each) for each in cited if None not in (each.source_url, each.start, each.end)]
    if len(written) < len(cited):
        reason = "the form has a place for citations of addresses only"
        adjustments.append(Adjustment(kind="dropped", feature="citations", reason=reason, by=ISSUER))
    enforce(adjustments, on_unsupported)
    return {"refusal": None, **message, **({"annotations": written} if written else {})}


def finish_word(response: Response, message: Mapping[str, Any]) -> str:
    """Return why an answer ended, in the word of the format if it has one."""
    reason = response.finish.reason
    if reason == FinishReason.TOOL_CALLS and "function_call" in message:
        return "function_call"
    return FINISH_REASONS.get(reason, str(reason))


def write_usage(usage: Usage) -> dict[str, Any] | None:
    """Return the counts of tokens, ``None`` if not both totals are known."""
    if usage.total_tokens is None:
        return None
    read, reasoning = usage.cache_read_tokens, usage.reasoning_tokens
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        **({} if read is None else {"prompt_tokens_details": {"cached_tokens": read}}),
        **({} if reasoning is None else {"completion_tokens_details": {"reasoning_tokens": reasoning}}),
    }


def _told(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    text = "\n\n".join(part.text for part in reasoning if part.text)
    return {"reasoning_content": text} if text else {}


def _annotation(cited: Citation) -> dict[str, Any]:
    url = {"url": cited.source_url, "title": cited.title or "", "start_index": cited.start, "end_index": cited.end}
    return {"type": "url_citation", "url_citation": url}


_ANSWERS = MessageRules(issuer=ISSUER, tool_media=True, replay_reasoning=_told, refusals=True)
