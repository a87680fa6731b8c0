"""The address of a server and the key: https://docs.ollama.com/api/authentication.

The variable ``OLLAMA_HOST`` may be a host, a port, both or a URL: https://docs.ollama.com/faq.
"""

from __future__ import annotations

import re

import attrs

from dragoman import ProviderConfig, Secret
from dragoman.http import Base, Endpoint, base_url, checked_headers, credential, host_matches

BASE_URL = "http://localhost:11434"
CLOUD = "ollama.com"
HOST_ENV = ("OLLAMA_HOST",)
KEY_ENV = ("OLLAMA_API_KEY",)

_PORT = "11434"
_SURFACES = ("/api", "/v1")
"""Paths of a server below which it has its APIs, of which callers may name one."""
_ANY_ADDRESS = re.compile(r"^(?:0\.0\.0\.0|\[::\]|)(?=:\d+$|$)")
"""The addresses by which a server listens on every interface, or no host at all."""


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers of every request.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for the cloud.

    """
    base = _base(config)
    key = _key(config, base)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def _base(config: ProviderConfig) -> Base:
    """Return the base URL, without the path of one of the APIs."""
    host = None if config.api_base else config.env(HOST_ENV)
    if host:
        config = attrs.evolve(config, api_base=url_of(host))
    base = base_url(config, default=BASE_URL, version="")
    url = next((base.url.removesuffix(path) for path in _SURFACES if base.url.endswith(path)), base.url)
    return attrs.evolve(base, url=url, source="environment" if host else base.source)


def url_of(host: str) -> str:
    """Return the URL of a server from the value of ``OLLAMA_HOST``."""
    scheme, found, rest = host.strip().strip("\"'").rpartition("://")
    address, slash, path = rest.partition("/")
    address = _ANY_ADDRESS.sub("localhost", address)
    port = "" if found or re.search(r":\d+$", address) else f":{_PORT}"
    return f"{scheme or 'http'}://{address}{port}{slash}{path}"


def _key(config: ProviderConfig, base: Base) -> Secret | None:
    """Return the key; one that the caller does not give is meant for the cloud, and never sent in the clear."""
    if config.api_key is None and not base.url.startswith("https://"):
        config = attrs.evolve(config, secrets=_no_secret)
        return credential(config, base, required=False)
    return credential(config, base, env=KEY_ENV, required=host_matches(base.host, CLOUD))


def _no_secret(_provider: str, _field: str) -> None:
    """Return no key."""
