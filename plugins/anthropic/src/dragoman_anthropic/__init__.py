"""Anthropic for Dragoman: the Messages API, the legacy completions, token counts and models.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import re

import attrs

from dragoman import Provider, ProviderConfig, ProviderInfo, Secret, hookimpl
from dragoman.http import Base, Endpoint, base_url, checked_headers, credential
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.models import capabilities
from dragoman_anthropic.options import AnthropicOptions
from dragoman_anthropic.provider import AnthropicProvider

BASE_URL = "https://api.anthropic.com/v1"
BASE_ENV = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE")
KEY_ENV = ("ANTHROPIC_API_KEY",)
TOKEN_ENV = ("ANTHROPIC_AUTH_TOKEN",)
API_VERSION = "2023-06-01"
"""The version of the API, https://docs.anthropic.com/en/api/versioning."""

INFO = ProviderInfo(
    name="anthropic",
    issuer="anthropic",
    options=AnthropicOptions,
    docs="https://docs.anthropic.com/en/api/messages",
)

_VERSION = re.compile(r"/v\d+[a-z0-9]*$")
_OAUTH_TOKEN = "sk-ant-oat"  # noqa: S105  # how such a token begins
_OAUTH_BETA = "oauth-2025-04-20"


def endpoint(config: ProviderConfig, options: AnthropicOptions) -> Endpoint:
    """Return where requests go, and whose they are."""
    base = _versioned(base_url(config, default=BASE_URL, env=BASE_ENV))
    headers = {"anthropic-version": API_VERSION, **_credentials(config, base, options)}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def _versioned(base: Base) -> Base:
    """Return *base* with its version segment, which a base URL of this vendor never needs to hold."""
    return base if _VERSION.search(base.url) else attrs.evolve(base, url=base.url + "/v1")


def _credentials(config: ProviderConfig, base: Base, options: AnthropicOptions) -> dict[str, str]:
    """Return the key as ``x-api-key``, a token as ``Authorization``; https://docs.anthropic.com/en/api/overview."""
    key = credential(config, base, env=KEY_ENV, required=False)
    if key is not None and not options.bearer and not key.reveal().startswith(_OAUTH_TOKEN):
        return {"x-api-key": key}
    token = key or credential(config, base, env=KEY_ENV + TOKEN_ENV)
    return {} if token is None else _bearer(token)


def _bearer(token: Secret) -> dict[str, str]:
    oauth = {"anthropic-beta": _OAUTH_BETA} if token.reveal().startswith(_OAUTH_TOKEN) else {}
    return {"authorization": token.with_prefix("Bearer "), **oauth}


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = AnthropicMessages()
    options = dialect.options_reader.configure(config.options)
    place = endpoint(config, options)
    betas = place.headers.get("anthropic-beta", "")
    dialect.betas = tuple(word for beta in betas.split(",") if (word := beta.strip()))
    return AnthropicProvider(INFO, dialect, place, capabilities=capabilities, kept_headers=("anthropic-",))
