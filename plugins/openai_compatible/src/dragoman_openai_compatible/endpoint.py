"""The address and the key of a server."""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential

BASE_ENV = ("OPENAI_COMPATIBLE_API_BASE",)
KEY_ENV = ("OPENAI_COMPATIBLE_API_KEY",)
LOCAL = {
    "llama_server": "http://localhost:8080/v1",
}
"""Default base URLs of local servers by provider name."""


def endpoint_of(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers; a key is optional, since most local servers need none.

    Args:
        config: the configuration.

    Raises:
        ConfigurationError: if there is no base URL, or if it is not valid.
        MissingCredentialError: if the key that is set may not be sent to that host.

    """
    local = LOCAL.get(config.name)
    base = base_url(config, default=local, env=() if local else BASE_ENV)
    key = credential(config, base, env=() if local else KEY_ENV, required=False)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
