"""The parts of answers in which OpenRouter differs from OpenAI: details of the reasoning, and the cost.

https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
"""

from __future__ import annotations

from typing import Any, cast

from dragoman import JSON, Reasoning, Seal
from dragoman.http import fields, real

ISSUER = "openrouter"


def sealed_reasoning(text: str, details: list[dict[str, Any]], *, has_text: bool) -> Reasoning:
    """Return reasoning with its details as the seal; it is ``redacted`` if it is encrypted and has no text."""
    encrypted = any(detail.get("type") == "reasoning.encrypted" for detail in details)
    seal = Seal(issuer=ISSUER, payload=cast("Any", details))
    return Reasoning(text=text, redacted=encrypted and not has_text, seal=seal)


def cost_of(usage: Any) -> dict[str, JSON]:
    """Return the cost in credits from the member ``usage`` of a body, as metadata."""
    known = real(fields(usage).get("cost"))
    return {} if known is None else {"cost": known}
