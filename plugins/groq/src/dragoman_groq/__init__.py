"""Groq for Dragoman: chat completions and models.

https://console.groq.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman_groq.chat import GroqChat
from dragoman_groq.endpoint import endpoint
from dragoman_groq.models import capabilities
from dragoman_groq.options import GroqOptions
from dragoman_groq.provider import GroqProvider

INFO = ProviderInfo(name="groq", issuer="groq", options=GroqOptions, docs="https://console.groq.com/docs/api-reference")


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = GroqChat()
    dialect.options_reader.structure(config.options)
    return GroqProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-groq-",))
