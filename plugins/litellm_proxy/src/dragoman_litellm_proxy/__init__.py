"""The LiteLLM Proxy for Dragoman: chat completions, models and embeddings of a self-hosted gateway.

https://docs.litellm.ai/docs/simple_proxy
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_litellm_proxy.provider import make_provider

__all__ = ["LiteLLMProxyOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
