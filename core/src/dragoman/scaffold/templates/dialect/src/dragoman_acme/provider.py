"""The provider of Acme.

https://docs.acme.example/api
"""

from __future__ import annotations

from dragoman import ProviderConfig, ProviderInfo
from dragoman.http import HttpProvider

from dragoman_acme.dialect import AcmeDialect
from dragoman_acme.endpoint import endpoint
from dragoman_acme.models import capabilities
from dragoman_acme.options import AcmeOptions

INFO = ProviderInfo(
    name="acme",
    issuer="acme",
    options=AcmeOptions,
    docs="https://docs.acme.example/api",
)


def make_provider(config: ProviderConfig) -> HttpProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = AcmeDialect()
    dialect.options_reader.structure(config.options)  # reports invalid options now instead of at the first call
    return HttpProvider(
        INFO,
        dialect,
        endpoint(config),
        capabilities=capabilities,
        kept_headers=("x-acme-",),
    )
