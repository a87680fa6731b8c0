"""What the dated versions of the API took in, as data.

https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import Adjustment, ChatRequest, Media, Settings, UnsupportedError

DEFAULT_VERSION = "2024-10-21"
"""The newest dated version that is generally available."""

INFERENCE_VERSION = "2024-05-01-preview"
"""The version of the inference API, under which services.ai.azure.com serves models of other makers."""

V1_VERSIONS = frozenset({"v1", "latest", "preview"})
"""Versions that stand for the newer surface, on which deployments are named in the body."""

RESPONSES = "the Responses API"
"""The feature of having that API at all."""

_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}")
_SINCE: Mapping[str, str] = {
    "tools": "2023-12-01",
    "tool_choice='required'": "2024-06-01",
    "output='json'": "2023-12-01",
    "an output schema": "2024-08-01",
    "media": "2023-12-01",
    "stream_options": "2024-09-01",
    RESPONSES: "2025-03-01",
}
_SETTINGS_SINCE: Mapping[str, str] = {
    "seed": "2023-12-01",
    "logprobs": "2024-02-01",
    "top_logprobs": "2024-02-01",
    "parallel_tool_calls": "2024-08-01",
}


def knows(version: str | None, feature: str) -> bool:
    """Tell whether a version has a feature; one that is no date is newer than all that are."""
    dated = _DATED.match(version or "")
    return dated is None or dated.group() >= {**_SINCE, **_SETTINGS_SINCE}[feature]


def since(feature: str) -> str:
    """Return the date of the first version that has a feature."""
    return _SINCE[feature]


def fitted(request: ChatRequest, version: str | None) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    """Return *request* without settings that came after *version*.

    Raises:
        UnsupportedError: for a wish that came after it.

    """
    overrides = {
        "tools": bool(request.tools),
        "tool_choice='required'": request.tool_choice.kind == "required",
        "output='json'": request.output.kind == "json",
        "an output schema": request.output.kind == "json_schema",
        "media": any(message.of_type(Media) for message in request.messages),
    }
    for wish, wanted in overrides.items():
        if wanted and not knows(version, wish):
            message = f"azure took in {wish} with {_SINCE[wish]}; api_version={version!r} is older"
            raise UnsupportedError(message, model=request.model, parameter=wish)
    return _without_newer(request, version)


def _without_newer(request: ChatRequest, version: str | None) -> tuple[ChatRequest, tuple[Adjustment, ...]]:
    newer = {
        name: getattr(request.settings, name)
        for name in _SETTINGS_SINCE
        if getattr(request.settings, name) is not None and not knows(version, name)
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
