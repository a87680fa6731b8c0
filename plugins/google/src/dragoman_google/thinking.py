"""How much a model reasons: one wish of the caller, two settings of Google.

https://ai.google.dev/gemini-api/docs/thinking, and for the words https://ai.google.dev/gemini-api/docs/openai#thinking.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import Adjustment, Effort
from dragoman_google.models import is_pro, thinking
from dragoman_google.options import GoogleOptions

BUDGETS: Mapping[str, int] = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
"""Tokens to reason with, for models that count them."""
PRO_MINIMUM = 128
"""The least budget of a model that always reasons, in tokens."""
LEVELS = frozenset({"minimal", "low", "medium", "high"})
"""The words of models that are told by words."""


def thinking_config(
    model: str, effort: Effort | None, options: GoogleOptions, notes: list[Adjustment]
) -> dict[str, Any]:
    """Return the settings of reasoning; what the options say goes before the effort.

    Args:
        model: the model asked.
        effort: how much it should reason.
        options: the caller's own settings in Google's words.
        notes: what was changed, filled on the way.

    """
    config: dict[str, Any] = {}
    if options.thinking_budget is not None:
        config["thinkingBudget"] = options.thinking_budget
    elif options.thinking_level is not None:
        config["thinkingLevel"] = options.thinking_level
    elif effort is not None:
        config = _of_effort(model, str(effort), notes)
    if options.include_thoughts is not None:
        config["includeThoughts"] = options.include_thoughts
    return config


def _of_effort(model: str, effort: str, notes: list[Adjustment]) -> dict[str, Any]:
    kind = thinking(model)
    if kind == "level":
        return {"thinkingLevel": _level(model, effort, notes)}
    if kind == "budget":
        return {"thinkingBudget": _budget(model, effort, notes)}
    notes.append(_changed(effort, None, f"{model} does not reason before it answers"))
    return {}


def _level(model: str, effort: str, notes: list[Adjustment]) -> str:
    least = "low" if is_pro(model) else "minimal"
    if effort == "none" or (effort == "minimal" and least == "low"):
        notes.append(_changed(effort, least, f"{model} always reasons; this is its least"))
        return least
    if effort in LEVELS:
        return effort
    notes.append(_changed(effort, "high", f"{model} knows no higher level"))
    return "high"


def _budget(model: str, effort: str, notes: list[Adjustment]) -> int:
    if effort == "none" and is_pro(model):
        notes.append(_changed(effort, PRO_MINIMUM, f"{model} always reasons; this is its least"))
        return PRO_MINIMUM
    if effort in BUDGETS:
        return BUDGETS[effort]
    notes.append(_changed(effort, BUDGETS["high"], f"{model} knows no greater budget"))
    return BUDGETS["high"]


def _changed(asked: str, sent: str | int | None, reason: str) -> Adjustment:
    kind = "dropped" if sent is None else "coerced"
    return Adjustment(kind=kind, feature="effort", asked=asked, sent=sent, reason=reason, by="google")
