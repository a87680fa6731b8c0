"""The provider of Azure OpenAI.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from dragoman import ProviderConfig, ProviderInfo
from dragoman.http import OptionsReader
from dragoman_azure.chat import AzureChat
from dragoman_azure.endpoint import endpoint
from dragoman_azure.endpoint_address import address
from dragoman_azure.models import capabilities
from dragoman_azure.options import EMBEDDING_RULES, AzureOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="azure",
    issuer="azure",
    options=AzureOptions,
    docs="https://learn.microsoft.com/azure/ai-services/openai/reference",
    formats=frozenset({"chat", "responses"}),
)


def make_provider(config: ProviderConfig) -> OpenAIProvider:
    """Return the provider of one resource; ``model`` is the name of a deployment.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    reader = OptionsReader(AzureOptions, config.name)
    options = reader.configure(config.options)
    location = address(config, options.api_version)
    dialect = AzureChat(location)
    dialect.options_reader = reader
    api = dialect.api(options)
    provider = OpenAIProvider(
        INFO,
        dialect,
        endpoint(config, options, location.base),
        capabilities=lambda model: capabilities(options.base_model, api, location.deployed(model)),
        kept_headers=("x-ms-", "azureml-"),
    )
    provider.embedding_rules = EMBEDDING_RULES
    provider.models_path = location.models_path()
    provider.embeddings_path = location.path("/embeddings", config.model)
    return provider
