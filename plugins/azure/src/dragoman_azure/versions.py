"""The features that the dated versions of the API introduced, as data.

https://learn.microsoft.com/azure/ai-services/openai/api-version-lifecycle
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DEFAULT_VERSION = "2024-10-21"
"""The newest dated version that is not a preview."""

INFERENCE_VERSION = "2024-05-01-preview"
"""The version of the inference API, with which services.ai.azure.com serves models of other vendors."""

V1_VERSIONS = frozenset({"v1", "latest", "preview"})
"""Versions of the newer surface, in which the body names the deployment."""

RESPONSES = "the Responses API"
"""The name of the feature that is the API itself."""

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
SETTINGS_SINCE: Mapping[str, str] = {
    "seed": "2023-12-01",
    "logprobs": "2024-02-01",
    "top_logprobs": "2024-02-01",
    "parallel_tool_calls": "2024-08-01",
}


def has_feature(version: str | None, feature: str) -> bool:
    """Return whether a version has a feature; a version that is not a date has all features."""
    dated = _DATED.match(version or "")
    return dated is None or dated.group() >= {**_SINCE, **SETTINGS_SINCE}[feature]


def since(feature: str) -> str:
    """Return the date of the first version with a feature."""
    return _SINCE[feature]
