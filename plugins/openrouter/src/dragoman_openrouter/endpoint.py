"""The address of OpenRouter, the key, and the headers that name the caller.

https://openrouter.ai/docs/api-reference/authentication
"""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential
from dragoman_openrouter.request import attribution

BASE_URL = "https://openrouter.ai/api/v1"
BASE_ENV = ("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL")
KEY_ENV = ("OPENROUTER_API_KEY", "OR_API_KEY")


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers, which name the caller if the environment variables for it are set.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    headers |= attribution(config.env(("OR_SITE_URL",)), config.env(("OR_APP_NAME",)))
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
