"""What models at OpenRouter accept, as data.

https://openrouter.ai/docs/api-reference/parameters and, for the stop sequences,
https://openrouter.ai/docs/client-sdks/go/models/components/chatrequeststop, read on 2026-11-30.
"""

from __future__ import annotations

import attrs

from dragoman import NO, Cap, Capabilities, Support
from dragoman_openai_compatible import OpenAIProvider, facts_of_model

_HISTORY = attrs.evolve(OpenAIProvider.history, cache_marks="openrouter", call_forms=("custom",))
"""https://openrouter.ai/docs/features/prompt-caching"""

_STOPS = Cap(most=4, note="OpenRouter takes 4 stop sequences")
_CACHES_BY_ITSELF = Cap(support=Support.NO, note="only models of Anthropic need marks; others cache by themselves")


def capabilities(model: str) -> Capabilities:
    """Return whether *model* reasons and by which efforts; OpenRouter itself drops what the vendor does not support."""
    facts = facts_of_model(model, api="responses")
    effort: Cap | None = facts["settings"].get("effort")
    settings = {"stop": _STOPS} | ({} if model.startswith("anthropic/") else {"cache": _CACHES_BY_ITSELF})
    settings |= {"effort": effort} if model.startswith("openai/") and effort is not None and effort.values else {}
    return Capabilities(
        completion=NO,
        history=_HISTORY,
        settings=settings,
        reasoning=facts["reasoning"],
        prefill=facts["prefill"],
    )
