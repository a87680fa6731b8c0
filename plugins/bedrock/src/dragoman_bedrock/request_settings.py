"""Settings as members of the body, and as the additional fields of each family of models.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import ChatRequest
from dragoman_anthropic import (
    FEATURE_BETAS,
    MessagesOptions,
    SettingsEncoder,
    family as claude_family,
    what_excludes_thinking,
)
from dragoman_bedrock.models import Family
from dragoman_bedrock.options import ISSUER, BedrockOptions
from dragoman_bedrock.request_parts import PartEncoder

WIRE: Mapping[str, str] = {
    "max_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "stop_sequences": "stopSequences",
}
"""The members that Converse has for all models, by their names in the Messages API."""


def encode_settings(
    request: ChatRequest, options: BedrockOptions, known: Family, encoder: PartEncoder
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings that Converse has for all models, and the fields that belong to the model itself.

    Args:
        request: the request.
        options: the caller's options, whose fields win.
        known: what is known of the model.
        encoder: collects the adjustments.

    """
    given = options.additional_fields or {}
    members = _claude(request, given, known, encoder) if known.claude else _other(request, known)
    config = {WIRE[name]: members.pop(name) for name in WIRE if name in members}
    return config, {**members, **given}


def _other(request: ChatRequest, known: Family) -> dict[str, Any]:
    settings = request.settings
    members = {
        name: value for name in ("max_tokens", "temperature", "top_p") if (value := getattr(settings, name)) is not None
    }
    if settings.stop:
        members["stop_sequences"] = list(settings.stop)
    if settings.top_k is not None:
        members |= {"inferenceConfig": {"topK": settings.top_k}} if known.is_nova else {"top_k": settings.top_k}
    if settings.effort is not None and known.effort is not None:
        where, _, inner = known.effort[0].partition(".")
        members[where] = {inner: str(settings.effort)} if inner else str(settings.effort)
    return members


def _claude(request: ChatRequest, given: Mapping[str, Any], known: Family, encoder: PartEncoder) -> dict[str, Any]:
    """Return the settings of Claude as its own API takes them, but for what the members of Converse say."""
    settings = SettingsEncoder(
        settings=attrs.evolve(request.settings, service_tier=None),
        model=known.id,
        options=MessagesOptions(thinking=given.get("thinking"), output_config=given.get("output_config")),
        excludes=what_excludes_thinking(request),
        needs_limit=False,
    )
    members = settings.encode()
    adapts = claude_family(known.id)
    if adapts is not None and not adapts.has("adaptive thinking") and "effort" in members.get("output_config", {}):
        members["anthropic_beta"] = [FEATURE_BETAS["effort"]]
    encoder.adjustments += [attrs.evolve(each, by=ISSUER) for each in settings.adjustments]
    return members


def service_tier(request: ChatRequest) -> dict[str, Any]:
    """Return the service tier, if one is asked for."""
    tier = request.settings.service_tier
    return {} if tier is None else {"serviceTier": {"type": tier}}
