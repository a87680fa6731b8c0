"""Which provider of LiteLLM serves a model, and which arguments that provider takes.

LiteLLM looks a bare name up in its price list, so names that are new, old or missing there fail; and it reads the base
URL after the name. Here the order is: the option ``custom_llm_provider``; the host of ``api_base``; a prefix; the
beginning of a bare name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from dragoman import Cap, Capabilities, Support, UnknownModelError
from dragoman.http import host_matches
from dragoman_litellm.endpoint import TEXT_COMPLETION, VENDORS
from dragoman_litellm.options import NAME
from dragoman_openai_compatible import CHAT_SETTINGS, OpenAIProvider

ALIASES: Mapping[str, str] = {"google": "gemini", "vertex": "vertex_ai"}
"""Names of providers for which LiteLLM has another name."""

MODEL_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"(gpt-3\.5-turbo-instruct|davinci-002|babbage-002)(-|$)", TEXT_COMPLETION),
    (r"(gpt|chatgpt)-|o\d", "openai"),
    (r"claude-", "anthropic"),
    (r"(gemini|gemma)-", "gemini"),
    (r"(llama2-70b-4096|llama3-\d+b-8192|mixtral-8x7b-32768|gemma2-9b-it)$", "groq"),
    (r"llama-3\.\d+-.*-(instant|versatile)$", "groq"),
    (r"(mistral|codestral|ministral|magistral)-", "mistral"),
    (r"deepseek-(chat|reasoner)$", "deepseek"),
    (r"grok-", "xai"),
)
"""Patterns for the beginning of bare model names, and the provider of these models; the first match decides."""


@frozen(kw_only=True)
class Route:
    """Name the provider and the model that LiteLLM is asked for.

    Args:
        provider: LiteLLM's name of the provider.
        model: the model as that provider names it.
        reason: the rule that decided.

    """

    provider: str
    model: str
    reason: str


def find_route(model: str, *, api_base: str | None, provider: str | None, known: Collection[str]) -> Route:
    """Return the provider that serves *model*.

    Args:
        model: the name as the caller wrote it, without ``litellm/``.
        api_base: the base URL that the caller gave.
        provider: the option ``custom_llm_provider``.
        known: the names of all providers of LiteLLM.

    Raises:
        UnknownModelError: if no rule applies.

    """
    prefix, slash, rest = model.partition("/")
    prefixed = ALIASES.get(prefix.lower(), prefix.lower()) if slash and rest else ""
    if provider:
        stripped = rest if prefixed == provider else model
        return Route(provider=provider, model=stripped, reason="custom_llm_provider was given")
    host = (urlsplit(api_base).hostname or "") if api_base else ""
    for name, vendor in VENDORS.items():
        if any(host_matches(host, claim) for claim in vendor.hosts):
            return Route(provider=name, model=rest if prefixed == name else model, reason=f"{host} belongs to {name}")
    if prefixed in VENDORS or prefixed in known:
        return Route(provider=prefixed, model=rest, reason=f"{prefix!r} is a provider of LiteLLM")
    for pattern, name in MODEL_PATTERNS:
        if re.match(pattern, model.lower()):
            return Route(provider=name, model=model, reason=f"the name begins like those of {name}")
    message = (
        f"no rule determines which provider of LiteLLM serves {model!r}; write it as 'litellm/<provider>/{model}', "
        "or give custom_llm_provider='openai' for a server with OpenAI's API"
    )
    raise UnknownModelError(message, provider=NAME, model=model)


def supported_arguments(module: Any, route: Route) -> frozenset[str] | None:
    """Return the names of the arguments that a provider accepts, ``None`` if LiteLLM does not know them.

    Args:
        module: the module ``litellm``.
        route: the provider and the model.

    """
    try:
        names = module.get_supported_openai_params(model=route.model, custom_llm_provider=route.provider)
    except Exception:  # noqa: BLE001  # an error in this table must not prevent a call that may succeed
        return None
    return frozenset(names) if names else None


def capabilities(supported: frozenset[str] | None) -> Capabilities:
    """Return the capabilities of a provider that accepts the arguments *supported*."""
    if supported is None:
        return Capabilities(history=OpenAIProvider.history)
    names = {setting: wire for setting, wire in CHAT_SETTINGS.items() if setting not in {"max_tokens", "service_tier"}}
    missing = Cap(support=Support.NO, note="LiteLLM has no such argument for this provider")
    settings = {setting: missing for setting, wire in names.items() if wire not in supported}
    if not supported & {"max_tokens", "max_completion_tokens"}:
        settings["max_tokens"] = missing
    return Capabilities(settings=settings, history=OpenAIProvider.history)
