"""Which configurations ask for Claude in Microsoft Foundry, and at which address.

https://learn.microsoft.com/azure/foundry/foundry-models/how-to/use-foundry-models-claude
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import ConfigurationError, ProviderConfig
from dragoman.http import Base, base_url, host_matches
from dragoman_azure.endpoint_address import BASE_ENV

FOUNDRY_BASE_ENV = ("ANTHROPIC_FOUNDRY_BASE_URL", *BASE_ENV)
RESOURCE_ENV = ("ANTHROPIC_FOUNDRY_RESOURCE",)
API = "messages"

_CLAUDE = re.compile(r"^claude-")
_PATH = re.compile(r"^(https?://[^/?#]+(?:/[^?#]*?)?/anthropic)(?:/v1(?:/messages(?:/count_tokens)?)?)?/*$")
_RESOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_WITHOUT_CLAUDE = ("openai.azure.com", "openai.azure.us", "openai.azure.cn")


def asks_claude(config: ProviderConfig) -> bool:
    """Return whether a configuration asks for Claude: by ``api``, by the address, or by the name of the model."""
    options: Mapping[str, Any] = config.options
    if options.get("api") is not None:
        return bool(options["api"] == API)
    if _PATH.match((config.api_base or config.env(BASE_ENV) or "").strip()):
        return True
    return _CLAUDE.match(str(options.get("base_model") or config.model)) is not None


def claude_base(config: ProviderConfig, resource: str | None) -> Base:
    """Return the base URL, which ends in ``/anthropic/v1``.

    Args:
        config: the configuration, whose address may be that of the resource, of the API or of the operation.
        resource: the name of the resource, in place of the address.

    Raises:
        ConfigurationError: if there is no address, if it is not valid, or if Claude is not served there.

    """
    if resource is not None and config.api_base is not None:
        message = "give either api_base or resource, not both"
        raise ConfigurationError(message, provider=config.name, parameter="resource")
    named = resource or (None if config.api_base or config.env(FOUNDRY_BASE_ENV) else config.env(RESOURCE_ENV))
    if named is not None and not _RESOURCE.fullmatch(named):
        message = f"resource is the name of a resource in Azure, such as 'my-resource', not {named!r}"
        raise ConfigurationError(message, provider=config.name, parameter="resource")
    default = f"https://{named}.services.ai.azure.com/anthropic" if named else None
    env = () if resource else FOUNDRY_BASE_ENV
    base = base_url(config, default=default, env=env, version="")
    if any(host_matches(base.host, each) for each in _WITHOUT_CLAUDE):
        message = (
            f"{base.host} does not serve Claude; give api_base='https://NAME.services.ai.azure.com/anthropic', or "
            "api='chat' if the deployment is of another model"
        )
        raise ConfigurationError(message, provider=config.name, parameter="api_base")
    found = _PATH.match(base.url)
    if found is None and any(host_matches(base.host, claim) for claim in config.hosts):
        return attrs.evolve(base, url=f"{base.origin}/anthropic/v1")
    return attrs.evolve(base, url=f"{found[1] if found else base.url + '/anthropic'}/v1")
