"""The echo: a provider in process, without network or key, that repeats the last user message.

It answers when no model is configured, and replaces a real provider in tests: it answers tools and schemas
deterministically, and its options make it fail, stall or interrupt its stream.
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_echo.options import EchoOptions
from dragoman_echo.provider import EchoProvider

__all__ = ["EchoOptions", "EchoProvider", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    return EchoProvider(config)
