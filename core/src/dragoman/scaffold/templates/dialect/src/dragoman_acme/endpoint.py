"""Where Acme is found, and how the key is sent.

https://docs.acme.example/api
"""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential

BASE_URL = "https://api.acme.example/v1"
BASE_ENV = ("ACME_BASE_URL",)
KEY_ENV = ("ACME_API_KEY",)


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers with the key.

    Raises:
        ConfigurationError: if the base URL is invalid, or if the key must not be sent to it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers = {} if key is None else {"x-acme-key": key}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
