"""OpenRouter for Dragoman: chat completions and responses over many vendors, models and embeddings.

https://openrouter.ai/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
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
)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = OpenRouterChat()
    dialect.options_reader.structure(config.options)
    return OpenAIProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-generation-id",))
