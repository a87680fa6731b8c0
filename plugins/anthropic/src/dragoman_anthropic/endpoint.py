"""The address and the credentials of the Anthropic API.

https://docs.anthropic.com/en/api/overview
"""

from __future__ import annotations

import re

import attrs

from dragoman import ProviderConfig, Secret
from dragoman.http import Base, Endpoint, base_url, checked_headers, credential
from dragoman_anthropic.options import AnthropicOptions
from dragoman_anthropic.versions import FIRST_VERSION

BASE_URL = "https://api.anthropic.com/v1"
BASE_ENV = ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE")
KEY_ENV = ("ANTHROPIC_API_KEY",)
TOKEN_ENV = ("ANTHROPIC_AUTH_TOKEN",)
_VERSION = re.compile(r"/v\d+[a-z0-9]*$")
_OAUTH_TOKEN = "sk-ant-oat"  # noqa: S105  # the prefix of OAuth tokens, not a token
_OAUTH_BETA = "oauth-2025-04-20"


def endpoint(config: ProviderConfig, options: AnthropicOptions) -> Endpoint:
    """Return the base URL and the headers of every request.

    Raises:
        MissingCredentialError: if no key or token may be sent to that host.

    """
    base = _with_version(base_url(config, default=BASE_URL, env=BASE_ENV))
    headers = {**FIRST_VERSION, **_credentials(config, base, options)}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def _with_version(base: Base) -> Base:
    """Return *base* with ``/v1`` at the end, unless it ends in a version already."""
    return base if _VERSION.search(base.url) else attrs.evolve(base, url=base.url + "/v1")


def _credentials(config: ProviderConfig, base: Base, options: AnthropicOptions) -> dict[str, str]:
    """Return the header ``x-api-key`` for a key, ``Authorization`` for a token."""
    key = credential(config, base, env=KEY_ENV, required=False)
    if key is not None and not options.bearer and not key.reveal().startswith(_OAUTH_TOKEN):
        return {"x-api-key": key}
    token = key or credential(config, base, env=KEY_ENV + TOKEN_ENV)
    return {} if token is None else _bearer(token)


def _bearer(token: Secret) -> dict[str, str]:
    oauth = {"anthropic-beta": _OAUTH_BETA} if token.reveal().startswith(_OAUTH_TOKEN) else {}
    return {"authorization": token.with_prefix("Bearer "), **oauth}
