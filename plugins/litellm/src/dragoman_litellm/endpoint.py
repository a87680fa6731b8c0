"""The base URLs and keys of LiteLLM's providers, by Dragoman's rules."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import frozen

from dragoman import ConfigurationError, ProviderConfig, Secret
from dragoman.http import base_url, credential


@frozen(kw_only=True)
class Vendor:
    """Describe a provider of LiteLLM whose base URL and key are known here.

    Args:
        hosts: its own hosts, to which a key from the environment may be sent.
        base: its base URL; ``None`` if each customer has a different one.
        base_env: the environment variables for its base URL.
        key_env: the environment variables for its key.
        version: the path that is added to a base URL without one.
        ending: the end of the path that LiteLLM adds itself.

    """

    hosts: tuple[str, ...]
    base: str | None
    base_env: tuple[str, ...] = ()
    key_env: tuple[str, ...] = ()
    version: str = "/v1"
    ending: str = ""


_AZURE_HOSTS = ("openai.azure.com", "openai.azure.us", "openai.azure.cn", "cognitiveservices.azure.com")

VENDORS: Mapping[str, Vendor] = {
    "openai": Vendor(
        hosts=("api.openai.com",),
        base="https://api.openai.com/v1",
        base_env=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        key_env=("OPENAI_API_KEY",),
    ),
    "anthropic": Vendor(
        hosts=("api.anthropic.com",),
        base="https://api.anthropic.com",
        base_env=("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
        key_env=("ANTHROPIC_API_KEY",),
        version="",
        ending="/v1",
    ),
    "gemini": Vendor(
        hosts=("generativelanguage.googleapis.com",),
        base="https://generativelanguage.googleapis.com/v1beta",
        base_env=("GEMINI_API_BASE", "GOOGLE_GEMINI_BASE_URL"),
        key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        version="/v1beta",
    ),
    "azure": Vendor(
        hosts=_AZURE_HOSTS,
        base=None,
        base_env=("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
        key_env=("AZURE_OPENAI_API_KEY", "AZURE_API_KEY"),
        version="",
        ending="/openai",
    ),
    "groq": Vendor(
        hosts=("api.groq.com",),
        base="https://api.groq.com/openai/v1",
        base_env=("GROQ_API_BASE", "GROQ_BASE_URL"),
        key_env=("GROQ_API_KEY",),
        version="/openai/v1",
    ),
    "openrouter": Vendor(
        hosts=("openrouter.ai",),
        base="https://openrouter.ai/api/v1",
        base_env=("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL"),
        key_env=("OPENROUTER_API_KEY", "OR_API_KEY"),
        version="/api/v1",
    ),
    "mistral": Vendor(hosts=("api.mistral.ai",), base="https://api.mistral.ai/v1", key_env=("MISTRAL_API_KEY",)),
    "deepseek": Vendor(
        hosts=("api.deepseek.com",), base="https://api.deepseek.com/beta", key_env=("DEEPSEEK_API_KEY",), version=""
    ),
    "xai": Vendor(hosts=("api.x.ai",), base="https://api.x.ai/v1", key_env=("XAI_API_KEY",)),
}
"""The providers whose hosts and environment variables are known here; LiteLLM knows all others itself."""

TEXT_COMPLETION = "text-completion-openai"
"""LiteLLM's name for OpenAI's legacy completions endpoint."""


@frozen(kw_only=True)
class ResolvedEndpoint:
    """Hold the base URL and the key for a call; without a base URL, LiteLLM uses its own."""

    api_base: str | None = None
    api_key: Secret | None = None


def resolve_endpoint(config: ProviderConfig, provider: str) -> ResolvedEndpoint:
    """Return the base URL and the key of a provider.

    A key from the environment is used only for its own provider's hosts.

    Args:
        config: what the caller gave.
        provider: LiteLLM's name of the provider.

    Raises:
        ConfigurationError: if the base URL is invalid or missing.
        MissingCredentialError: if there is no key that may be used.

    """
    vendor = VENDORS.get("openai" if provider == TEXT_COMPLETION else provider)
    if vendor is None:
        return _endpoint_of_other(config, provider)
    vendor_config = attrs.evolve(config, hosts=vendor.hosts)
    base = base_url(vendor_config, default=vendor.base, env=vendor.base_env, version=vendor.version)
    key = credential(vendor_config, base, env=vendor.key_env)
    return ResolvedEndpoint(api_base=base.url.removesuffix(vendor.ending), api_key=key)


def _endpoint_of_other(config: ProviderConfig, provider: str) -> ResolvedEndpoint:
    """Return what the caller gave, for a provider whose hosts only LiteLLM knows."""
    key_env = f"{provider.upper()}_API_KEY"
    if config.api_base is None:
        found = config.secrets(config.name, "api_key") or config.env((key_env,))
        return ResolvedEndpoint(api_key=config.api_key or (Secret(found, name=key_env) if found else None))
    base = base_url(config, default=None, version="")
    return ResolvedEndpoint(api_base=base.url, api_key=credential(config, base, required=False))


def refuse_proxy_variable(config: ProviderConfig) -> None:
    """Refuse to work if the environment makes LiteLLM send every call to a proxy, whatever the model.

    Raises:
        ConfigurationError: if ``USE_LITELLM_PROXY`` is true.

    """
    if (config.env(("USE_LITELLM_PROXY",)) or "").strip().lower() == "true":
        message = "USE_LITELLM_PROXY sends every call to a proxy; unset it, or use provider='litellm_proxy'"
        raise ConfigurationError(message, provider=config.name)
