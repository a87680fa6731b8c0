"""The provider of OpenAI.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from functools import partial

from dragoman import ProviderConfig, ProviderInfo
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.endpoint import endpoint
from dragoman_openai.models import capabilities
from dragoman_openai.options import EMBEDDING_RULES, OpenAIOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="openai",
    issuer="openai",
    options=OpenAIOptions,
    docs="https://platform.openai.com/docs/api-reference",
    formats=frozenset({"chat", "responses"}),
)


def make_provider(config: ProviderConfig) -> OpenAIProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = OpenAIChatCompletions()
    options = dialect.options_reader.configure(config.options)
    provider = OpenAIProvider(
        INFO,
        dialect,
        endpoint(config, options),
        capabilities=partial(capabilities, api=options.api),
        kept_headers=("openai-",),
    )
    provider.embedding_rules = EMBEDDING_RULES
    return provider
