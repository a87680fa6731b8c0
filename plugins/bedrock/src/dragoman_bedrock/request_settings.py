"""Settings as members of the body, and as the additional fields of each family of models.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest, Effort, Settings
from dragoman_bedrock.models import BUDGETS, Family
from dragoman_bedrock.options import BedrockOptions
from dragoman_bedrock.request_parts import PartEncoder

_MIN_BUDGET = 1024
_WIRE = (("max_tokens", "maxTokens"), ("temperature", "temperature"), ("top_p", "topP"))


def inference_config(settings: Settings, known: Family, encoder: PartEncoder) -> dict[str, Any]:
    """Return the settings that Converse has for all models."""
    config = {wire: value for name, wire in _WIRE if (value := getattr(settings, name)) is not None}
    if known.claude is not None and known.claude >= (4, 1) and {"temperature", "topP"} <= config.keys():
        name = "temperature" if settings.is_given("top_p") and not settings.is_given("temperature") else "topP"
        feature = {"topP": "top_p"}.get(name, name)
        encoder.adjust("dropped", feature, "the model accepts temperature or top_p, not both", asked=config.pop(name))
    if settings.stop:
        config["stopSequences"] = list(settings.stop)
    return config


def additional_fields(
    request: ChatRequest, options: BedrockOptions, known: Family, encoder: PartEncoder, *, no_tools: bool
) -> dict[str, Any]:
    """Return the fields that belong to the model itself; those of the caller win.

    Args:
        request: the request.
        options: the caller's options.
        known: what is known of the model.
        encoder: collects the adjustments.
        no_tools: whether to tell Claude that no tool may be called.

    """
    given = options.additional_fields or {}
    found: dict[str, Any] = {"tool_choice": {"type": "none"}} if no_tools else {}
    if request.settings.top_k is not None:
        top_k = request.settings.top_k
        found |= {"inferenceConfig": {"topK": top_k}} if known.is_nova else {"top_k": top_k}
    if request.settings.effort is not None:
        found |= _effort(request, request.settings.effort, known, encoder, thinks="thinking" in given)
    return {**found, **given}


def _effort(
    request: ChatRequest, effort: Effort, known: Family, encoder: PartEncoder, *, thinks: bool
) -> dict[str, Any]:
    if known.effort is not None:
        where, _, inner = known.effort[0].partition(".")
        return {where: {inner: str(effort)} if inner else str(effort)}
    if effort == Effort.NONE:
        return {} if thinks else {"thinking": {"type": "disabled"}}
    if request.tools and request.tool_choice.kind in {"required", "tool"} and not thinks:
        reason = "Claude does not force a tool call while it thinks"
        encoder.adjust("dropped", "effort", reason, asked=str(effort))
        return {}
    if known.adapts:
        return {**({} if thinks else {"thinking": {"type": "adaptive"}}), "output_config": _level(effort, encoder)}
    return {} if thinks else _budget(request.settings, effort, encoder)


def _level(effort: Effort, encoder: PartEncoder) -> dict[str, str]:
    if effort != Effort.MINIMAL:
        return {"effort": str(effort)}
    encoder.adjust("coerced", "effort", "Claude's least effort is low", asked=str(effort), sent="low")
    return {"effort": "low"}


def _budget(settings: Settings, effort: Effort, encoder: PartEncoder) -> dict[str, Any]:
    """Return a thinking budget, which leaves room for the answer within the limit."""
    limit = settings.max_tokens
    budget = BUDGETS.get(str(effort), BUDGETS["medium"])
    if limit is not None:
        budget = min(budget, max(_MIN_BUDGET, limit // 2))
        if budget >= limit:
            reason = f"thinking needs at least {_MIN_BUDGET} tokens, and max_tokens is too small for that"
            encoder.adjust("dropped", "effort", reason, asked=str(effort))
            return {}
    reason = "the model has a thinking budget in place of an effort"
    encoder.adjust("emulated", "effort", reason, asked=str(effort), sent=f"{budget} tokens")
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def service_tier(settings: Settings) -> dict[str, Any]:
    """Return the service tier, if one is asked for."""
    return {} if settings.service_tier is None else {"serviceTier": {"type": settings.service_tier}}
