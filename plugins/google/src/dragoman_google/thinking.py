"""The effort as the thinking configuration of Google: a budget or a level.

https://ai.google.dev/gemini-api/docs/thinking, and for the mapping of the effort
https://ai.google.dev/gemini-api/docs/openai#thinking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import Adjustment, Effort, nearest_effort
from dragoman_google.models import is_pro, thinking, thinking_levels
from dragoman_google.options import ISSUER, GoogleOptions

BUDGETS: Mapping[str, int] = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Thinking budgets by effort, in tokens."""
PRO_MINIMUM = 128
"""The smallest budget of a model whose thinking cannot be disabled, in tokens."""


def thinking_config(
    model: str, effort: Effort | None, options: GoogleOptions, adjustments: list[Adjustment]
) -> dict[str, Any]:
    """Return the thinking configuration; the options take precedence over the effort.

    Args:
        model: the model.
        effort: how much the model should think.
        options: the caller's options.
        adjustments: what was changed; the function appends to it.

    """
    config: dict[str, Any] = {}
    if options.thinking_budget is not None:
        config["thinkingBudget"] = options.thinking_budget
    elif options.thinking_level is not None:
        config["thinkingLevel"] = options.thinking_level
    elif effort is not None:
        config = _from_effort(model, effort, adjustments)
    if options.include_thoughts is not None:
        config["includeThoughts"] = options.include_thoughts
    return config


def _from_effort(model: str, effort: Effort, adjustments: list[Adjustment]) -> dict[str, Any]:
    kind = thinking(model)
    if kind == "level":
        return {"thinkingLevel": _level(model, effort, adjustments)}
    if kind == "budget":
        return {"thinkingBudget": _budget(model, str(effort), adjustments)}
    adjustments.append(_adjustment(str(effort), None, f"{model} has no thinking"))
    return {}


def _level(model: str, effort: Effort, adjustments: list[Adjustment]) -> str:
    levels = thinking_levels(model)
    sent = str(nearest_effort(effort, levels))
    if sent != effort:
        why = (
            "cannot disable thinking; this is its minimum"
            if effort == Effort.NONE
            else f"has the levels {', '.join(levels)}"
        )
        adjustments.append(_adjustment(str(effort), sent, f"{model} {why}"))
    return sent


def _budget(model: str, effort: str, adjustments: list[Adjustment]) -> int:
    if effort == "none" and is_pro(model):
        adjustments.append(_adjustment(effort, PRO_MINIMUM, f"{model} cannot disable thinking; this is its minimum"))
        return PRO_MINIMUM
    if effort in BUDGETS:
        return BUDGETS[effort]
    adjustments.append(_adjustment(effort, BUDGETS["high"], f"{model} has no larger budget"))
    return BUDGETS["high"]


def _adjustment(asked: str, sent: str | int | None, reason: str) -> Adjustment:
    kind = "dropped" if sent is None else "coerced"
    return Adjustment(kind=kind, feature="effort", asked=asked, sent=sent, reason=reason, by=ISSUER)
