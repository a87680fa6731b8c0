"""Azure OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://learn.microsoft.com/azure/ai-services/openai/reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl, lazy_names
from dragoman_azure.options import AzureOptions
from dragoman_azure.provider import make_provider

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_azure.embeddings import AzureEmbeddingOptions as AzureEmbeddingOptions

__all__ = ["AzureEmbeddingOptions", "AzureOptions", "dragoman_provider"]

__getattr__ = lazy_names(__name__, {"dragoman_azure.embeddings": ("AzureEmbeddingOptions",)})


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
