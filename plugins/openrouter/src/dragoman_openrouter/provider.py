"""The provider of OpenRouter.

https://openrouter.ai/docs/api-reference/overview
"""

from __future__ import annotations

from dragoman import ProviderConfig, ProviderInfo
from dragoman_openai_compatible import OpenAIProvider
from dragoman_openrouter.chat import OpenRouterChat
from dragoman_openrouter.endpoint import endpoint
from dragoman_openrouter.models import capabilities
from dragoman_openrouter.options import OpenRouterOptions

INFO = ProviderInfo(
    name="openrouter",
    issuer="openrouter",
    options=OpenRouterOptions,
    docs="https://openrouter.ai/docs/api-reference",
    formats=frozenset({"chat", "responses"}),
)


def make_provider(config: ProviderConfig) -> OpenAIProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = OpenRouterChat()
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-generation-id",))
