"""OpenRouter for Dragoman: chat completions and responses over many vendors, models and embeddings.

https://openrouter.ai/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_openrouter.options import OpenRouterOptions
from dragoman_openrouter.provider import make_provider

__all__ = ["OpenRouterOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
