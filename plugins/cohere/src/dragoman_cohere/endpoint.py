"""The address of Cohere and the key: https://docs.cohere.com/reference/about.

The client of Cohere reads ``CO_API_KEY`` and ``CO_API_URL``.
"""

from __future__ import annotations

import attrs

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential

BASE_URL = "https://api.cohere.com"
BASE_ENV = ("CO_API_URL", "COHERE_API_BASE", "COHERE_BASE_URL")
KEY_ENV = ("CO_API_KEY", "COHERE_API_KEY")

_VERSIONS = ("/v1", "/v2")
"""Versions of the API, of which callers may name one; the paths of requests hold their own."""


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL, which names no version, and the headers of every request.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV, version="")
    url = next((base.url.removesuffix(path) for path in _VERSIONS if base.url.endswith(path)), base.url)
    base = attrs.evolve(base, url=url)
    key = credential(config, base, env=KEY_ENV)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
