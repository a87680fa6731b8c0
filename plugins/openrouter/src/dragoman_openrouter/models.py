"""What models at OpenRouter accept, as data.

https://openrouter.ai/docs/api-reference/parameters
"""

from __future__ import annotations

import attrs

from dragoman import NO, Capabilities
from dragoman_openai_compatible import OpenAIProvider

_HISTORY = attrs.evolve(OpenAIProvider.history, cache_marks="openrouter")
"""https://openrouter.ai/docs/features/prompt-caching"""
_CAPABILITIES = Capabilities(completion=NO, history=_HISTORY)


def capabilities(model: str) -> Capabilities:  # noqa: ARG001
    """Return the same for every *model*: OpenRouter itself drops settings that the vendor does not support."""
    return _CAPABILITIES
