"""Answers as our parts, usage and reasons; shared by whole replies and streams.

What a server sends may be anything: a member of the wrong type is as good as missing, and one that nobody knows is
kept, never an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman import (
    Extension,
    Finish,
    FinishReason,
    Part,
    ProtocolError,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    Usage,
)
from dragoman.http import dumps

ISSUER = "acme"
"""Whose extensions and seals these are."""

FINISH: Mapping[str, FinishReason] = {
    "done": FinishReason.STOP,
    "limit": FinishReason.LENGTH,
    "calls": FinishReason.TOOL_CALLS,
    "filtered": FinishReason.CONTENT_FILTER,
    "declined": FinishReason.REFUSAL,
}
"""What the reasons for an end stand for; every other one is `other`, never `stop`."""


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is an object.

    Raises:
        ProtocolError: if it is not.

    """
    if not isinstance(value, dict):
        message = f"{what} is no object: {str(value)[:100]!r}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def fields(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing if it is none."""
    items = cast("Iterable[Any]", value) if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict)]


def word(value: Any) -> str | None:
    """Return a name or id as text; `None` if it is missing or empty."""
    return None if value is None or value == "" else str(value)


def text(value: Any) -> str:
    """Return *value* if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def part(piece: Mapping[str, Any], index: int) -> Part:
    """Return one piece of an answer as a part; a kind that has no class here is kept as it is.

    Args:
        piece: the piece.
        index: its place in the answer, of which a call without an id is given one.

    """
    kind = piece.get("kind")
    if kind == "text":
        return Text(text=text(piece.get("text")))
    if kind == "thought":
        return Reasoning(text=text(piece.get("text")), seal=seal(piece.get("seal")))
    if kind == "refusal":
        return Refusal(text=text(piece.get("text")))
    if kind == "call":
        given = piece.get("input")
        arguments = "" if given is None else dumps(given).decode()
        call_id = word(piece.get("id")) or f"call_{index}"
        return ToolCall(name=text(piece.get("tool")), call_id=call_id, arguments=arguments)
    return Extension(kind=f"{ISSUER}.{kind or 'unknown'}", value=dict(piece))


def seal(payload: Any) -> Seal | None:
    """Return what only Acme can read, and wants back unchanged."""
    return Seal(issuer=ISSUER, payload=payload) if payload else None


def finish(raw: Any) -> Finish:
    """Return why an answer ended."""
    reason = word(raw)
    return Finish(reason=FINISH.get(reason or "", FinishReason.OTHER), raw=reason)


def usage(report: Any) -> Usage:
    """Return the tokens that a report counts; what it leaves out is `None`, never 0."""
    known = fields(report)
    return Usage(
        input_tokens=count(known, "read"),
        output_tokens=count(known, "written"),
        cache_read_tokens=count(known, "cached"),
        raw=known or None,
    )


def count(report: Mapping[str, Any], name: str) -> int | None:
    """Return a number of tokens; `None` if it is not there or makes no sense."""
    value = report.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
