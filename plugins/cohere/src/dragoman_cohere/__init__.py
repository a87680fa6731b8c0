"""Cohere for Dragoman: conversations, citations, embeddings and models through its own API.

https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_cohere.provider import make_provider


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
