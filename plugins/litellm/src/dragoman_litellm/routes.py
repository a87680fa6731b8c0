"""Which of LiteLLM's providers serves a model, by rules of our own, and where it is reached with which key.

LiteLLM looks a bare name up in its price list, so names that are new, old or merely missing there fail, and an address
is read after the name. Here the order is: the option ``custom_llm_provider``; the host of ``api_base``; a prefix; the
beginning of a bare name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

import attrs
from attrs import frozen

from dragoman import ConfigurationError, ProviderConfig, Secret, UnknownModelError
from dragoman.http import base_url, credential, host_matches


@frozen(kw_only=True)
class Vendor:
    """Describe a provider of LiteLLM whose address and key are known here.

    Args:
        hosts: its own hosts, to which a key from the environment may go.
        base: its base URL; ``None`` where every customer has one.
        base_env: the environment variables for its base URL.
        key_env: the environment variables for its key.
        version: the segment that belongs at the end of a base URL without a path.
        ending: the segment that LiteLLM adds itself.

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

ALIASES: Mapping[str, str] = {"google": "gemini", "vertex": "vertex_ai"}
"""Names of providers that LiteLLM calls otherwise."""

PROMPTS = "text-completion-openai"
"""What LiteLLM calls the older endpoint of OpenAI, which takes a prompt."""

NAMES: tuple[tuple[str, str], ...] = (
    (r"(gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(-|$)", PROMPTS),
    (r"(gpt|chatgpt)-|o\d", "openai"),
    (r"claude-", "anthropic"),
    (r"(gemini|gemma)-", "gemini"),
    (r"(llama2-70b-4096|llama3-\d+b-8192|mixtral-8x7b-32768|gemma2-9b-it)$", "groq"),
    (r"llama-3\.\d+-.*-(instant|versatile)$", "groq"),
    (r"(mistral|codestral|ministral|magistral)-", "mistral"),
    (r"deepseek-(chat|reasoner)$", "deepseek"),
    (r"grok-", "xai"),
)
"""Beginnings of bare names, and who serves them; the first that fits counts."""


@frozen(kw_only=True)
class Route:
    """Say where LiteLLM is to go.

    Args:
        provider: LiteLLM's name of the provider.
        model: the model as that provider names it.
        reason: the rule that decided.

    """

    provider: str
    model: str
    reason: str


@frozen(kw_only=True)
class Place:
    """Hold the address and the key that a route is used with; ``None`` leaves the address to LiteLLM."""

    api_base: str | None = None
    api_key: Secret | None = None


def route(model: str, *, api_base: str | None, named: str | None, known: Collection[str]) -> Route:
    """Return who serves *model*.

    Args:
        model: the name as the caller wrote it, without ``litellm/``.
        api_base: the base URL that the caller gave.
        named: the option ``custom_llm_provider``.
        known: the names of all providers that LiteLLM has.

    Raises:
        UnknownModelError: if no rule tells.

    """
    prefix, found, rest = model.partition("/")
    own = ALIASES.get(prefix.lower(), prefix.lower()) if found and rest else ""
    if named:
        return Route(provider=named, model=rest if own == named else model, reason="custom_llm_provider was given")
    host = (urlsplit(api_base).hostname or "") if api_base else ""
    for name, vendor in VENDORS.items():
        if any(host_matches(host, claim) for claim in vendor.hosts):
            return Route(provider=name, model=rest if own == name else model, reason=f"{host} belongs to {name}")
    if own in VENDORS or own in known:
        return Route(provider=own, model=rest, reason=f"{prefix!r} is a provider of LiteLLM")
    for pattern, name in NAMES:
        if re.match(pattern, model.lower()):
            return Route(provider=name, model=model, reason=f"the name begins like those of {name}")
    message = (
        f"no rule says which of LiteLLM's providers serves {model!r}; write it as 'litellm/<provider>/{model}', "
        "or give custom_llm_provider='openai' for a server that speaks OpenAI's dialect"
    )
    raise UnknownModelError(message, provider="litellm", model=model)


def place(config: ProviderConfig, provider: str) -> Place:
    """Return address and key: the key from the environment only for the provider's own hosts, never another's key.

    Raises:
        ConfigurationError: for a base URL that is none, or one that is missing.
        MissingCredentialError: if no key may be used.

    """
    vendor = VENDORS.get("openai" if provider == PROMPTS else provider)
    if vendor is None:
        return _elsewhere(config, provider)
    theirs = attrs.evolve(config, hosts=vendor.hosts)
    base = base_url(theirs, default=vendor.base, env=vendor.base_env, version=vendor.version)
    key = credential(theirs, base, env=vendor.key_env)
    return Place(api_base=base.url.removesuffix(vendor.ending), api_key=key)


def _elsewhere(config: ProviderConfig, provider: str) -> Place:
    """Return what the caller gave, for a provider whose hosts only LiteLLM knows."""
    key_env = f"{provider.upper()}_API_KEY"
    if config.api_base is None:
        ambient = config.secrets(config.name, "api_key") or config.env((key_env,))
        return Place(api_key=config.api_key or (Secret(ambient, name=key_env) if ambient else None))
    base = base_url(config, default=None, version="")
    return Place(api_base=base.url, api_key=credential(config, base, required=False))


def refuse_detour(config: ProviderConfig) -> None:
    """Refuse to work where the environment tells LiteLLM to send everything to a proxy, whatever the model.

    Raises:
        ConfigurationError: if ``USE_LITELLM_PROXY`` is on.

    """
    if (config.env(("USE_LITELLM_PROXY",)) or "").strip().lower() == "true":
        message = "USE_LITELLM_PROXY sends every call elsewhere; unset it, or use provider='litellm_proxy'"
        raise ConfigurationError(message, provider=config.name)
