"""The LiteLLM Proxy for Dragoman: chat completions, models and embeddings of a gateway that you run yourself.

https://docs.litellm.ai/docs/simple_proxy
"""

from __future__ import annotations

from dragoman import NO, Capabilities, Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, base_url, checked_headers, credential
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_litellm_proxy.provider import LiteLLMProxyProvider

BASE_ENV = ("LITELLM_PROXY_API_BASE",)
KEY_ENV = ("LITELLM_PROXY_API_KEY",)

INFO = ProviderInfo(
    name="litellm_proxy",
    issuer="litellm_proxy",
    options=LiteLLMProxyOptions,
    docs="https://docs.litellm.ai/docs/simple_proxy",
)

_ANY = Capabilities(completion=NO)


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return where requests go, and whose they are; a proxy may run without keys."""
    base = base_url(config, default=None, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV, required=False)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider; it does not try again by itself, for the proxy does."""
    dialect = LiteLLMProxyChat()
    dialect.options_reader.structure(config.options)
    return LiteLLMProxyProvider(
        INFO,
        dialect,
        endpoint(config),
        capabilities=lambda _: _ANY,
        kept_headers=("x-litellm-", "llm_provider-"),
        default_retries=0,
    )
