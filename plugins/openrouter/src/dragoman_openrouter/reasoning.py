"""Reasoning as OpenRouter reports it: as text, and as details that the vendor wants back unchanged.

https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from dragoman import Reasoning, Seal
from dragoman.http import word, words

ISSUER = "openrouter"
_GROWING = ("text", "summary", "data")


def replay(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the details of earlier turns as they came; what others sealed is not sent."""
    details: list[Any] = []
    for part in reasoning:
        if part.seal is not None and part.seal.issuer == ISSUER and isinstance(part.seal.payload, list):
            details.extend(part.seal.payload)
    return {"reasoning_details": details} if details else {}


def text_of(details: Iterable[Mapping[str, Any]]) -> str:
    """Return the words of details: their texts or summaries."""
    return "".join(word(detail.get("text")) or words(detail.get("summary")) for detail in details)


def sealed(text: str, details: list[dict[str, Any]], *, has_text: bool) -> Reasoning:
    """Return reasoning with its details, ``redacted`` where its words were kept back."""
    encrypted = any(detail.get("type") == "reasoning.encrypted" for detail in details)
    seal = Seal(issuer=ISSUER, payload=cast("Any", details))
    return Reasoning(text=text, redacted=encrypted and not has_text, seal=seal)


def merge(details: list[dict[str, Any]], pieces: Iterable[Mapping[str, Any]]) -> None:
    """Add streamed pieces to *details*: each goes on with the latest of its type and index, unless its id differs."""
    for piece in pieces:
        known = next((detail for detail in reversed(details) if _goes_on(detail, piece)), None)
        if known is None:
            details.append(dict(piece))
        elif piece != known:
            _extend(known, piece)


def _goes_on(detail: Mapping[str, Any], piece: Mapping[str, Any]) -> bool:
    same = detail.get("type") == piece.get("type") and detail.get("index") == piece.get("index")
    known, given = detail.get("id"), piece.get("id")
    return same and (known is None or given is None or known == given)


def _extend(detail: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        if name in _GROWING and isinstance(value, str):
            detail[name] = words(detail.get(name)) + value
        elif value is not None:
            detail[name] = value
