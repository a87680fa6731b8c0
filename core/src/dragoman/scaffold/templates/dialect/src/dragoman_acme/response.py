"""The conversion of answers to parts, usage and finish reasons; shared by whole replies and streams.

A member of the wrong type is treated as missing, and unknown pieces are kept as extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import (
    Extension,
    Finish,
    FinishReason,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    Usage,
)
from dragoman.http import count, dumps, fields, word, words

ISSUER = "acme"
"""The issuer of extensions and seals."""

FINISH: Mapping[str, FinishReason] = {
    "done": FinishReason.STOP,
    "limit": FinishReason.LENGTH,
    "calls": FinishReason.TOOL_CALLS,
    "filtered": FinishReason.CONTENT_FILTER,
    "declined": FinishReason.REFUSAL,
}
"""The finish reasons; unknown ones become `other`."""


def part_of(piece: Mapping[str, Any], index: int) -> Part:
    """Return the part of one piece of an answer; an unknown kind becomes an extension.

    Args:
        piece: the piece.
        index: its index in the answer, used as the id of a call without one.

    """
    kind = piece.get("kind")
    if kind == "text":
        return Text(text=words(piece.get("text")))
    if kind == "thought":
        return Reasoning(text=words(piece.get("text")), seal=seal_of(piece.get("seal")))
    if kind == "refusal":
        return Refusal(text=words(piece.get("text")))
    if kind == "call":
        value = piece.get("input")
        arguments = "" if value is None else dumps(value).decode()
        call_id = word(piece.get("id")) or f"call_{index}"
        return ToolCall(name=words(piece.get("tool")), call_id=call_id, arguments=arguments)
    return Extension(kind=f"{ISSUER}.{kind or 'unknown'}", value=dict(piece))


def seal_of(payload: Any) -> Seal | None:
    """Return the seal with this payload, which must be sent back to Acme unchanged."""
    return Seal(issuer=ISSUER, payload=payload) if payload else None


def finish_of(raw: Any) -> Finish:
    """Return the finish reason."""
    reason = word(raw)
    return Finish(reason=FINISH.get(reason or "", FinishReason.OTHER), raw=reason)


def usage_of(report: Any) -> Usage:
    """Return the usage of a report; missing counts are `None`, not 0."""
    known = fields(report)
    return Usage(
        input_tokens=count(known, "read"),
        output_tokens=count(known, "written"),
        cache_read_tokens=count(known, "cached"),
        raw=known or None,
    )
