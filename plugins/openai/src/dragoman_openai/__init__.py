"""OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_openai.options import OpenAIEmbeddingOptions, OpenAIOptions
from dragoman_openai.provider import make_provider

__all__ = ["OpenAIEmbeddingOptions", "OpenAIOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
