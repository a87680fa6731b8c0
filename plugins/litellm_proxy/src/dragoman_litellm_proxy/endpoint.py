"""The address of the proxy and the key.

https://docs.litellm.ai/docs/proxy/virtual_keys
"""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential

BASE_ENV = ("LITELLM_PROXY_API_BASE",)
KEY_ENV = ("LITELLM_PROXY_API_KEY",)


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers; a key is optional, since a proxy may run without keys.

    Raises:
        ConfigurationError: if there is no base URL, or if it is not valid.
        MissingCredentialError: if the key that is set may not be sent to that host.

    """
    base = base_url(config, default=None, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV, required=False)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
