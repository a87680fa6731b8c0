"""Where a server is reached that no vendor is known of, and with which key."""

from __future__ import annotations

from dragoman import ProviderConfig
from dragoman.http import Endpoint, base_url, checked_headers, credential

BASE_ENV = ("OPENAI_COMPATIBLE_API_BASE",)
KEY_ENV = ("OPENAI_COMPATIBLE_API_KEY",)
LOCAL = {
    "ollama": "http://localhost:11434/v1",
    "vllm": "http://localhost:8000/v1",
    "lmstudio": "http://localhost:1234/v1",
    "llama_server": "http://localhost:8080/v1",
    "llamafile": "http://localhost:8080/v1",
}
"""Where a server listens that is run on one's own machine, by the name of its provider."""


def endpoint_of(config: ProviderConfig) -> Endpoint:
    """Return the address and the headers; a server on one's own machine usually wants no key.

    Args:
        config: what the caller gave.

    Raises:
        ConfigurationError: if there is no base URL, or one that cannot be used.
        MissingCredentialError: if the key that is set is not for that host.

    """
    local = LOCAL.get(config.name)
    base = base_url(config, default=local, env=() if local else BASE_ENV)
    key = credential(config, base, env=() if local else KEY_ENV, required=False)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})
