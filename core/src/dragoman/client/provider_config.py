"""From a configuration to what the plugin of its provider is given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dragoman.plugins.registry import PROVIDERS, Plugins
from dragoman.plugins.resolution import Explanation
from dragoman.spec.config import LLMConfig
from dragoman.spec.provider import Provider, ProviderConfig, Timeouts
from dragoman.spec.secret import Secret, credentials_in

if TYPE_CHECKING:
    from dragoman.plugins.metadata import Claim


def provider_config(
    config: LLMConfig, key: Secret | None, explanation: Explanation, plugins: Plugins
) -> ProviderConfig:
    """Return what the plugin of *explanation* is given to make its provider."""
    claim = plugins.provider_claim(explanation.provider)
    options = config.kwargs
    limits = {
        field: options[name]
        for name, field in (
            ("timeout", "total"),
            ("connect_timeout", "connect"),
            ("first_byte_timeout", "first_byte"),
            ("idle_timeout", "idle"),
            ("first_output_timeout", "first_output"),
        )
        if name in options
    }
    return ProviderConfig(
        name=explanation.provider,
        model=explanation.model,
        distribution=claim.distribution,
        version=plugins.version(claim),
        api_key=key,
        api_base=explanation.endpoint,
        options=config.provider_options(*_names(claim, plugins, config), explanation.provider),
        headers=dict(options.get("headers") or {}),
        hosts=plugins.hosts_of(claim),
        allow_insecure=bool(options.get("allow_insecure", False)),
        timeouts=Timeouts(**limits),
        proxy=options.get("proxy"),
        verify=options.get("verify"),
        client_cert=options.get("client_cert"),
        max_reply_bytes=options.get("max_reply_bytes"),
        environ=os.environ,
        secrets=plugins.secret,
    )


def _names(claim: Claim, plugins: Plugins, config: LLMConfig) -> list[str]:
    """Return all names of a provider, by any of which *config* may give it options."""
    if not config.kwargs.get("options"):
        return []
    own = (claim.module, claim.distribution)
    return [each.name for each in plugins.select(PROVIDERS) if (each.module, each.distribution) == own]


def credentials_of(config: ProviderConfig, provider: Provider) -> tuple[str, ...]:
    """Return what was given to a provider, and what it found for itself and shows as the headers of its requests."""
    found: Any = getattr(getattr(provider, "endpoint", None), "headers", {})
    given = {"api_key": config.api_key, "options": config.options, "headers": config.headers, "sent": found}
    return (*credentials_in(given), *getattr(provider, "authorized", ()))


__all__ = ["credentials_of", "provider_config"]
