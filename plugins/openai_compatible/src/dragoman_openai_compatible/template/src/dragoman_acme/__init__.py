"""Acme for Dragoman: a host that speaks the OpenAI chat dialect.

https://docs.acme.example/api
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman.http import Endpoint, base_url, checked_headers, credential
from dragoman_openai_compatible import OpenAIProvider

from dragoman_acme.chat import AcmeChat
from dragoman_acme.models import capabilities
from dragoman_acme.options import AcmeOptions

BASE_URL = "https://api.acme.example/v1"
BASE_ENV = ("ACME_BASE_URL",)
KEY_ENV = ("ACME_API_KEY",)

INFO = ProviderInfo(
    name="acme",
    issuer="acme",
    options=AcmeOptions,
    docs="https://docs.acme.example/api",
)


def endpoint(config: ProviderConfig) -> Endpoint:
    """Return the base URL and the headers, with the key if it may be sent to that host.

    Raises:
        ConfigurationError: if the base URL is not valid.
        MissingCredentialError: if there is no key for it.

    """
    base = base_url(config, default=BASE_URL, env=BASE_ENV)
    key = credential(config, base, env=KEY_ENV)
    headers = {} if key is None else {"authorization": key.with_prefix("Bearer ")}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider. This is the only hook that a provider implements."""
    dialect = AcmeChat()
    dialect.options_reader.structure(config.options)  # reports an unknown option now instead of at the first call
    return OpenAIProvider(
        INFO,
        dialect,
        endpoint(config),
        capabilities=capabilities,
        kept_headers=("x-acme-",),
    )
