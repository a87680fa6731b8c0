"""What models at OpenRouter accept, as data.

https://openrouter.ai/docs/api-reference/parameters
"""

from __future__ import annotations

import attrs

from dragoman import NO, Capabilities
from dragoman_openai_compatible import OpenAIProvider, reasoning_of_model

_HISTORY = attrs.evolve(OpenAIProvider.history, cache_marks="openrouter")
"""https://openrouter.ai/docs/features/prompt-caching"""


def capabilities(model: str) -> Capabilities:
    """Return whether *model* reasons; OpenRouter itself drops settings that the vendor does not support."""
    return Capabilities(completion=NO, history=_HISTORY, reasoning=reasoning_of_model(model))
