"""Google Gemini for Dragoman, through AI Studio and Vertex AI.

https://ai.google.dev/api and https://cloud.google.com/vertex-ai/docs/reference/rest
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman_google.dialect import Gemini
from dragoman_google.endpoint import endpoint, speaks_vertex
from dragoman_google.options import GoogleOptions
from dragoman_google.provider import GoogleProvider

INFO = ProviderInfo(name="google", issuer="google", options=GoogleOptions, docs="https://ai.google.dev/api")


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    gemini = Gemini()
    options = gemini.options_reader.configure(config.options)
    gemini.vertex = speaks_vertex(config, options)
    return GoogleProvider(INFO, gemini, endpoint(config, options))
