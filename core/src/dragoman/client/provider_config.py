"""From a configuration to what the plugin of its provider is given, and to the provider."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dragoman.plugins.metadata import ALIASES
from dragoman.plugins.registry import PROVIDERS, Plugins
from dragoman.plugins.resolution import Explanation
from dragoman.spec.capabilities import Policy
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.provider import Connects, Provider, ProviderConfig, SharesConnections, Timeouts
from dragoman.spec.secret import Secret, credentials_in

if TYPE_CHECKING:
    from dragoman.spec.shared_connections import SharedConnections


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
        options=config.provider_options(*option_names(config, explanation.provider, plugins), explanation.provider),
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


def option_names(config: LLMConfig, provider: str, plugins: Plugins) -> tuple[str, ...]:
    """Return all names of a provider, its aliases first, by any of which *config* may give it options.

    Args:
        config: the configuration; without options, there is no need for names.
        provider: the name by which the provider is chosen.
        plugins: the plugins.

    Raises:
        InvalidRequestError: if *config* has options of a provider whose name is misspelled.

    """
    if not config.kwargs.get("options"):
        return ()
    from dragoman.client.shared_options import shared_options  # noqa: PLC0415  # few configurations have them

    shared_options(config.kwargs["options"], plugins)
    claim = plugins.provider_claim(provider)
    own = (claim.module, claim.distribution)
    names = [each.name for each in plugins.select(PROVIDERS) if (each.module, each.distribution) == own]
    aliases = [
        each.name
        for each in plugins.select(ALIASES)
        if each.module in names and each.distribution == claim.distribution
    ]
    return (*aliases, *names)


ADJUSTS = ("adjust", "warn")
"""The policies under which options of other providers are left out."""


def made_provider(config: ProviderConfig, policy: Policy | None, plugins: Plugins) -> Provider:
    """Return the provider of *config*, connected as it says."""
    if policy in ADJUSTS and config.options:
        from dragoman.client.foreign_options import made_without_foreign  # noqa: PLC0415  # few programs need it

        provider = made_without_foreign(lambda config: plugins.provider(config, policy), config, plugins)
    else:
        provider = plugins.provider(config, policy)
    if config.connects_otherwise:
        _connect(provider, config)
    return provider


def share(provider: Provider, config: ProviderConfig, shared: SharedConnections) -> None:
    """Let *provider* use connections in common with others, if it can."""
    if isinstance(provider, SharesConnections):
        provider.share_connections(shared, config)


def _connect(provider: Provider, config: ProviderConfig) -> None:
    """Let *provider* make its connections as the configuration says; none may leave that out."""
    if not isinstance(provider, Connects):
        name = config.connects_otherwise[0]
        message = f"the provider {config.name!r} makes no HTTP connections of its own, so it takes no {name}="
        raise ConfigurationError(message, provider=config.name, parameter=name)
    provider.connect_by(config)


def credentials_of(config: ProviderConfig, provider: Provider) -> tuple[str, ...]:
    """Return what was given to a provider, and what it found for itself and shows as the headers of its requests."""
    found: Any = getattr(getattr(provider, "endpoint", None), "headers", {})
    given = {"api_key": config.api_key, "options": config.options, "headers": config.headers, "sent": found}
    return (*credentials_in(given), *getattr(provider, "authorized", ()))


__all__ = ["ADJUSTS", "credentials_of", "made_provider", "option_names", "provider_config", "share"]
