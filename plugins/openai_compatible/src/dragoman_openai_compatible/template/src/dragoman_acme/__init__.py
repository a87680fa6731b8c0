"""Acme for Dragoman: a host that speaks the OpenAI chat dialect.

https://docs.acme.example/api
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl

from dragoman_acme.options import AcmeOptions
from dragoman_acme.provider import make_provider

__all__ = ["AcmeOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Create the provider. This is the only hook that a provider implements."""
    return make_provider(config)
