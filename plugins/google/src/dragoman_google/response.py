"""Facts of Google's responses: finish reasons, usage and times, and the integers of its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dragoman import Finish, FinishReason, Usage
from dragoman.http import end_word, fields, finish_of, number

_FILTERED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "ESCALATION",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "IMAGE_OTHER",
)
_FAILED = (
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "NO_IMAGE",
)
FINISH: Mapping[str, FinishReason] = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.PAUSED,
    "FUNCTION_CALL": FinishReason.TOOL_CALLS,  # sent by compatible servers; Google sends STOP
    **dict.fromkeys(_FILTERED, FinishReason.CONTENT_FILTER),
    **dict.fromkeys(_FAILED, FinishReason.ERROR),
    # Enum numbers that mean the same on AI Studio and on Vertex AI; higher numbers differ.
    "1": FinishReason.STOP,
    "2": FinishReason.LENGTH,
    **dict.fromkeys(("3", "4", "7", "8", "11"), FinishReason.CONTENT_FILTER),
}
"""Finish reasons by Google's finish reason.

https://ai.google.dev/api/generate-content#FinishReason
"""
_UNSPECIFIED = ("0", "FINISH_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED", "BLOCKED_REASON_UNSPECIFIED")
_MAX_DIGITS = 18


def integer(value: Any) -> int:
    """Return an integer that is not negative, also if it is written as text; 0 if it is not one.

    Google's JSON writes integers of 64 bits as text: https://protobuf.dev/programming-guides/json/.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MAX_DIGITS:
        return int(value)
    return value if isinstance(value, int) and value >= 0 else 0


def finish(candidate: Mapping[str, Any]) -> Finish | None:
    """Return why a candidate ended, ``None`` if it has not ended."""
    reason = end_word(candidate.get("finishReason"))
    return None if reason is None or reason in _UNSPECIFIED else finish_of(reason, FINISH)


def block_finish(feedback: Mapping[str, Any]) -> Finish | None:
    """Return the finish for a prompt that was blocked, ``None`` if it was not."""
    reason = end_word(feedback.get("blockReason"))
    blocks = reason is not None and reason not in _UNSPECIFIED
    return Finish(reason=FinishReason.CONTENT_FILTER, raw=reason) if blocks else None


def usage(report: Any) -> Usage | None:
    """Return the usage, ``None`` if none is reported.

    Google reports the tokens of tool results apart from those of the prompt, and those of the reasoning apart from
    those of the answer; our totals include both. Where the reported total shows that the answer already includes the
    reasoning, it is not added. See https://ai.google.dev/api/generate-content#UsageMetadata.
    """
    known = fields(report)
    if not known:
        return None
    thoughts = number(known.get("thoughtsTokenCount"))
    answer = number(known.get("candidatesTokenCount"))
    prompt = _sum(number(known.get("promptTokenCount")), number(known.get("toolUsePromptTokenCount")))
    included = bool(thoughts) and _sum(prompt, answer) == number(known.get("totalTokenCount"))
    return Usage(
        input_tokens=prompt,
        output_tokens=answer if included else _sum(answer, thoughts),
        cache_read_tokens=number(known.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
        raw=known,
    )


def _sum(*counts: int | None) -> int | None:
    known = [each for each in counts if each is not None]
    return sum(known) if known else None


def timestamp(value: Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, ``None`` if it is not one."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):  # the UTC offset may lead to a year outside 1 to 9999
        return None
