"""The provider of Mistral: https://docs.mistral.ai/api."""

from __future__ import annotations

from dragoman import ProviderConfig, ProviderInfo
from dragoman_mistral.chat import MistralChat
from dragoman_mistral.endpoint import endpoint
from dragoman_mistral.models import capabilities
from dragoman_mistral.options import ISSUER, MistralOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="mistral",
    issuer=ISSUER,
    options=MistralOptions,
    docs="https://docs.mistral.ai/api",
    formats=frozenset({"chat"}),
)

KEPT_HEADERS = ("x-ratelimitbysize-", "ratelimitbysize-")
"""Headers in which some of its hosts report limits by the size of a request."""


def make_provider(config: ProviderConfig) -> OpenAIProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = MistralChat()
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=KEPT_HEADERS)
