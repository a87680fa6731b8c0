"""LiteLLM as a provider of Dragoman, in this process.

https://docs.litellm.ai
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_litellm.options import LiteLLMOptions
from dragoman_litellm.provider import INFO, LiteLLMProvider

__all__ = ["INFO", "LiteLLMOptions", "LiteLLMProvider", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider; LiteLLM itself is imported at the first call."""
    return LiteLLMProvider(config)
