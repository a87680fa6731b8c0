"""Mistral for Dragoman: conversations, code that is filled in, embeddings and models.

https://docs.mistral.ai/api
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_mistral.options import MistralOptions
from dragoman_mistral.provider import make_provider

__all__ = ["MistralOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
