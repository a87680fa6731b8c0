"""What models behind the proxy accept, as data.

https://docs.litellm.ai/docs/completion/input
"""

from __future__ import annotations

import attrs

from dragoman import NO, Capabilities
from dragoman_openai_compatible import OpenAIProvider

_HISTORY = attrs.evolve(OpenAIProvider.history, cache_marks="litellm_proxy")
"""https://docs.litellm.ai/docs/completion/prompt_caching"""
_CAPABILITIES = Capabilities(completion=NO, history=_HISTORY)


def capabilities(model: str) -> Capabilities:  # noqa: ARG001
    """Return the same for every *model*: the proxy knows the models behind it."""
    return _CAPABILITIES
