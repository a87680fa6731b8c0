"""The provider of Azure OpenAI.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from importlib.util import find_spec

from dragoman import ConfigurationError, EmbeddingRules, ProviderConfig, ProviderInfo
from dragoman.http import HttpProvider, OptionsReader
from dragoman_azure.chat import AzureChat
from dragoman_azure.claude_address import asks_claude
from dragoman_azure.endpoint import endpoint
from dragoman_azure.endpoint_address import address
from dragoman_azure.models import capabilities
from dragoman_azure.options import AzureOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="azure",
    issuer="azure",
    options=AzureOptions,
    docs="https://learn.microsoft.com/azure/ai-services/openai/reference",
    formats=frozenset({"chat", "responses"}),
)


class AzureProvider(OpenAIProvider):
    """Take the embeddings of a deployment: https://learn.microsoft.com/azure/ai-services/openai/reference#embeddings."""

    @property
    def embedding_rules(self) -> EmbeddingRules:
        """What Azure takes for embeddings."""
        from dragoman_azure.embeddings import EMBEDDING_RULES  # noqa: PLC0415  # few programs need it

        return EMBEDDING_RULES


def make_provider(config: ProviderConfig) -> HttpProvider:
    """Return the provider of one resource, that of Claude if it is asked for; ``model`` is the name of a deployment.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    if asks_claude(config):
        return _claude(config)
    reader = OptionsReader(AzureOptions, config.name)
    options = reader.configure(config.options)
    location = address(config, options.api_version)
    dialect = AzureChat(location)
    dialect.options_reader = reader
    api = dialect.api(options)
    provider = AzureProvider(
        INFO,
        dialect,
        endpoint(config, options, location.base),
        capabilities=lambda model: capabilities(options.base_model, api, location.deployed(model)),
        kept_headers=("x-ms-", "azureml-"),
    )
    provider.models_path = location.models_path()
    provider.embeddings_path = location.path("/embeddings", config.model)
    return provider


def _claude(config: ProviderConfig) -> HttpProvider:
    if find_spec("dragoman_anthropic") is None:
        message = "Claude in Foundry needs dragoman-anthropic; run: pip install 'dragoman-azure[claude]'"
        raise ConfigurationError(message, provider=config.name)
    from dragoman_azure.claude import make_claude  # noqa: PLC0415  # the extra may not be installed

    return make_claude(config)
