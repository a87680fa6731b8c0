"""OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from functools import partial

from dragoman import Provider, ProviderConfig, ProviderInfo, hookimpl
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.endpoint import endpoint
from dragoman_openai.models import capabilities
from dragoman_openai.options import OpenAIOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="openai", issuer="openai", options=OpenAIOptions, docs="https://platform.openai.com/docs/api-reference"
)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    dialect = OpenAIChatCompletions()
    options = dialect.options_reader.configure(config.options)
    return OpenAIProvider(
        INFO,
        dialect,
        endpoint(config, options),
        capabilities=partial(capabilities, api=options.api),
        kept_headers=("openai-",),
    )
