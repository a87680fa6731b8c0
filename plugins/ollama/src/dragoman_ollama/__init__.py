"""Ollama for Dragoman: conversations, prompts, embeddings and models through its own API.

https://docs.ollama.com/api
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_ollama.options import OllamaEmbeddingOptions, OllamaOptions
from dragoman_ollama.provider import make_provider

__all__ = ["OllamaEmbeddingOptions", "OllamaOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
