"""Facts of Google's answers: why they ended, what they cost, when they were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from dragoman import Finish, FinishReason, InvalidRequestError, ProtocolError, Usage
from dragoman.http import dumps, items_of

_FILTERED = (
    "SAFETY",
    "RECITATION",
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
_FAULTY = (
    "MALFORMED_FUNCTION_CALL",
    "MALFORMED_RESPONSE",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
)
FINISH: Mapping[str, FinishReason] = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "CONTINUATION": FinishReason.PAUSED,
    "FUNCTION_CALL": FinishReason.TOOL_CALLS,  # servers that stand in for Google; Google itself says STOP
    **dict.fromkeys(_FILTERED, FinishReason.CONTENT_FILTER),
    **dict.fromkeys(_FAULTY, FinishReason.ERROR),
    # As numbers, which both of Google's services number alike only as far as this.
    "1": FinishReason.STOP,
    "2": FinishReason.LENGTH,
    **dict.fromkeys(("3", "4", "7", "8", "11"), FinishReason.CONTENT_FILTER),
}
"""What the reasons for an end stand for; every other one is ``other``.

https://ai.google.dev/api/generate-content#FinishReason
"""
_UNSPECIFIED = ("", "0", "FINISH_REASON_UNSPECIFIED")
_LONGEST_NUMBER = 19


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is an object.

    Raises:
        ProtocolError: if it is not.

    """
    if not isinstance(value, dict):
        message = f"{what} is no object, but {type(value).__name__}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    if not isinstance(value, list):
        return []
    return [cast("dict[str, Any]", item) for item in cast("Iterable[Any]", value) if isinstance(item, dict)]


def listed(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list of an answer; nothing if it is none.

    Raises:
        ResponseTooLargeError: if it has more items than an answer may have.

    """
    return objects(items_of(value))


def word(value: Any) -> str | None:
    """Return a name or id as text, also where a server sends a number; ``None`` if it is empty or neither."""
    return (value or None) if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def number(value: Any) -> int:
    """Return a place or position, also where it is written as text; 0 if it is none.

    Numbers of 64 bits are texts in the JSON of Google: https://protobuf.dev/programming-guides/json/.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < _LONGEST_NUMBER:
        return int(value)
    return value if isinstance(value, int) and value >= 0 else 0


def rewritten(value: Any) -> str:
    """Return a value of an answer as JSON text.

    Raises:
        ProtocolError: if it nests too deep to be written again.

    """
    try:
        return dumps(value).decode()
    except InvalidRequestError as error:
        message = f"the answer holds what cannot be written as JSON again: {error}"
        raise ProtocolError(message, phase="decode") from None


def member(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the object that stands under *name*; an empty one if there is none."""
    found = value.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def finish(candidate: Mapping[str, Any]) -> Finish | None:
    """Return why a candidate ended, ``None`` if it did not end yet."""
    reason = word(candidate.get("finishReason")) or ""
    return None if reason in _UNSPECIFIED else Finish(reason=FINISH.get(reason, FinishReason.OTHER), raw=reason)


def blocked(feedback: Mapping[str, Any]) -> Finish | None:
    """Return the end of an answer that was never begun, because the prompt was blocked."""
    reason = word(feedback.get("blockReason"))
    return Finish(reason=FinishReason.CONTENT_FILTER, raw=reason) if reason else None


def count(report: Mapping[str, Any], name: str) -> int | None:
    """Return a number of tokens; ``None`` if it is not there or makes no sense."""
    value = report.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def usage(report: Any) -> Usage | None:
    """Return the usage of a report, ``None`` if there is none.

    What Google's own tools gave the model to read is counted beside the prompt, and reasoning beside the answer, except
    where the total shows that the answer includes it: https://ai.google.dev/api/generate-content#UsageMetadata.
    """
    if not isinstance(report, dict) or not report:
        return None
    known = cast("dict[str, Any]", report)
    thoughts = count(known, "thoughtsTokenCount")
    answer = count(known, "candidatesTokenCount")
    read = _sum(count(known, "promptTokenCount"), count(known, "toolUsePromptTokenCount"))
    included = bool(thoughts) and _sum(read, answer) == count(known, "totalTokenCount")
    return Usage(
        input_tokens=read,
        output_tokens=answer if included else _sum(answer, thoughts),
        cache_read_tokens=count(known, "cachedContentTokenCount"),
        reasoning_tokens=thoughts,
        raw=known,
    )


def _sum(*counts: int | None) -> int | None:
    known = [each for each in counts if each is not None]
    return sum(known) if known else None


def created(value: Any) -> float | None:
    """Return a time as seconds since 1970."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):  # a zone may lead out of the calendar
        return None
