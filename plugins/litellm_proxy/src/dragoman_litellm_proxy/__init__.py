"""The LiteLLM Proxy for Dragoman: chat completions, models and embeddings of a self-hosted gateway.

https://docs.litellm.ai/docs/simple_proxy
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_litellm_proxy.endpoint import endpoint
from dragoman_litellm_proxy.models import capabilities
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_litellm_proxy.provider import LiteLLMProxyProvider

INFO = ProviderInfo(
    name="litellm_proxy",
    issuer="litellm_proxy",
    options=LiteLLMProxyOptions,
    docs="https://docs.litellm.ai/docs/simple_proxy",
)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider; it does not retry by default, because the proxy does."""
    dialect = LiteLLMProxyChat()
    dialect.options_reader.structure(config.options)
    return LiteLLMProxyProvider(
        INFO,
        dialect,
        endpoint(config),
        capabilities=capabilities,
        kept_headers=("x-litellm-", "llm_provider-"),
        default_retries=0,
    )
