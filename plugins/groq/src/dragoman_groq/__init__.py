"""Groq for Dragoman: chat completions and models.

https://console.groq.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_groq.options import GroqOptions
from dragoman_groq.provider import make_provider

__all__ = ["GroqOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
