"""Requests without what a dated version of the API does not have yet.

https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle
"""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import Adjustment, ChatRequest, Media, Settings, UnsupportedError
from dragoman_azure.versions import SETTINGS_SINCE, has_feature, since


def fit_to_version(request: ChatRequest, version: str | None) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    """Return *request* without the settings that *version* does not have yet, and an adjustment for each of them.

    Raises:
        UnsupportedError: for a feature that *version* does not have yet.

    """
    features = {
        "tools": bool(request.tools),
        "tool_choice='required'": request.tool_choice.kind == "required",
        "output='json'": request.output.kind == "json",
        "an output schema": request.output.kind == "json_schema",
        "media": any(message.of_type(Media) for message in request.messages),
    }
    for feature, is_used in features.items():
        if is_used and not has_feature(version, feature):
            message = f"azure supports {feature} since {since(feature)}; choose a newer api_version than {version!r}"
            raise UnsupportedError(message, model=request.model, parameter=feature)
    return _without_newer_settings(request, version)


def _without_newer_settings(request: ChatRequest, version: str | None) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    newer = {
        name: getattr(request.settings, name)
        for name in SETTINGS_SINCE
        if getattr(request.settings, name) is not None and not has_feature(version, name)
    }
    if not newer:
        return request, ()
    reason = f"api_version={version!r} does not have it"
    notes = (
        Adjustment(kind="dropped", feature=name, asked=value, reason=reason, by="azure")
        for name, value in newer.items()
    )
    cleared: dict[str, Any] = dict.fromkeys(newer)
    settings: Settings = attrs.evolve(request.settings, **cleared)
    return attrs.evolve(request, settings=settings), tuple(notes)
