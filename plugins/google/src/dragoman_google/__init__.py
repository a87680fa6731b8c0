"""Google Gemini for Dragoman, through AI Studio and Vertex AI.

https://ai.google.dev/api and https://cloud.google.com/vertex-ai/docs/reference/rest
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_google.dialect import Gemini
from dragoman_google.endpoint import endpoint, uses_vertex
from dragoman_google.provider import GoogleProvider


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    dialect = Gemini()
    options = dialect.options_reader.configure(config.options)
    dialect.vertex = uses_vertex(config, options)
    return GoogleProvider(dialect, endpoint(config, options))
