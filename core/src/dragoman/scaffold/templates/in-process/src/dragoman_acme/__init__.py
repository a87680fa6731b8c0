"""Acme for Dragoman: a language model that answers in process, without a network.

https://docs.acme.example
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl

from dragoman_acme.options import AcmeOptions
from dragoman_acme.provider import AcmeProvider

__all__ = ["AcmeOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Create the provider. This is the only hook that a provider implements."""
    return AcmeProvider(config)
