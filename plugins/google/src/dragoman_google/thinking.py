"""The effort as the thinking configuration of Google: a budget or a level.

https://ai.google.dev/gemini-api/docs/thinking, and for the mapping of the effort
https://ai.google.dev/gemini-api/docs/openai#thinking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import Adjustment, Effort, nearest_effort
from dragoman_google.models import is_lite, is_pro, thinking, thinking_levels
from dragoman_google.options import ISSUER, GoogleOptions

BUDGETS: Mapping[str, int] = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Thinking budgets by effort, in tokens."""
PRO_MINIMUM = 128
"""The smallest budget of a model whose thinking cannot be disabled, in tokens."""
LITE_MINIMUM = 512
"""The smallest budget of a Flash-Lite model that thinks, in tokens."""


def thinking_config(
    model: str,
    effort: Effort | None,
    options: GoogleOptions,
    adjustments: list[Adjustment],
    *,
    limit: int | None = None,
) -> dict[str, Any]:
    """Return the thinking configuration; the options take precedence over the effort.

    Args:
        model: the model.
        effort: how much the model should think.
        options: the caller's options.
        adjustments: what was changed; the function appends to it.
        limit: the most tokens of the answer, which those of the thinking count towards.

    """
    config: dict[str, Any] = {}
    if options.thinking_budget is not None:
        config["thinkingBudget"] = options.thinking_budget
    elif options.thinking_level is not None:
        config["thinkingLevel"] = options.thinking_level
    elif effort is not None:
        config = _from_effort(model, effort, adjustments, limit)
    if options.include_thoughts is not None:
        config["includeThoughts"] = options.include_thoughts
    return config


def _from_effort(model: str, effort: Effort, adjustments: list[Adjustment], limit: int | None) -> dict[str, Any]:
    kind = thinking(model)
    if kind == "level":
        return {"thinkingLevel": _level(model, effort, adjustments)}
    if kind == "budget":
        budget = _budget(model, str(effort), adjustments)
        return {"thinkingBudget": _with_room(model, str(effort), budget, limit, adjustments)}
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


def _with_room(model: str, effort: str, budget: int, limit: int | None, adjustments: list[Adjustment]) -> int:
    """Return a budget that leaves half of the limit to the answer, as far as the model accepts so little."""
    if limit is None or budget <= limit // 2:
        return budget
    least = LITE_MINIMUM if is_lite(model) else PRO_MINIMUM
    room = limit // 2 if limit // 2 >= least else PRO_MINIMUM if is_pro(model) else 0
    if room != budget:
        reason = f"the thinking counts towards max_tokens={limit}, which has to leave room for the answer"
        adjustments.append(_adjustment(effort, room, reason))
    return room


def _adjustment(asked: str, sent: str | int | None, reason: str) -> Adjustment:
    kind = "dropped" if sent is None else "coerced"
    return Adjustment(kind=kind, feature="effort", asked=asked, sent=sent, reason=reason, by=ISSUER)
