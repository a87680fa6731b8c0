"""Google Gemini for Dragoman, through AI Studio and Vertex AI.

https://ai.google.dev/api and https://cloud.google.com/vertex-ai/docs/reference/rest
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_google.options import GoogleEmbeddingOptions, GoogleOptions
from dragoman_google.provider import make_provider

__all__ = ["GoogleEmbeddingOptions", "GoogleOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
