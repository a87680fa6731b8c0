"""What models behind the proxy accept, as data.

https://docs.litellm.ai/docs/completion/input
"""

from __future__ import annotations

import attrs

from dragoman import NO, Capabilities
from dragoman_openai_compatible import OpenAIProvider, facts_of_model

_HISTORY = attrs.evolve(OpenAIProvider.history, cache_marks="litellm_proxy", older_schemas=True)
"""https://docs.litellm.ai/docs/completion/prompt_caching"""


def capabilities(model: str) -> Capabilities:
    """Return what is known of *model*, if it has the vendor's name; the proxy knows what other names stand for."""
    return Capabilities(completion=NO, history=_HISTORY, **facts_of_model(model))
