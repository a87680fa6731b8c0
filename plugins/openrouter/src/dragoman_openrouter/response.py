"""The parts of answers in which OpenRouter differs from OpenAI: the cost.

https://openrouter.ai/docs/use-cases/usage-accounting
"""

from __future__ import annotations

from typing import Any

from dragoman import JSON
from dragoman.http import fields, real

ISSUER = "openrouter"


def cost_of(usage: Any) -> dict[str, JSON]:
    """Return the cost in credits from the member ``usage`` of a body, as metadata."""
    known = real(fields(usage).get("cost"))
    return {} if known is None else {"cost": known}
