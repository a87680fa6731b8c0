"""Azure OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_azure.options import AzureEmbeddingOptions, AzureOptions
from dragoman_azure.provider import make_provider

__all__ = ["AzureEmbeddingOptions", "AzureOptions", "dragoman_provider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
