"""OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl, lazy_names
from dragoman_openai.options import OpenAIOptions
from dragoman_openai.provider import make_provider

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_openai.embeddings import OpenAIEmbeddingOptions as OpenAIEmbeddingOptions
    from dragoman_openai.files import OpenAIFileOptions as OpenAIFileOptions

__all__ = ["OpenAIEmbeddingOptions", "OpenAIFileOptions", "OpenAIOptions", "dragoman_provider"]

__getattr__ = lazy_names(
    __name__,
    {"dragoman_openai.embeddings": ("OpenAIEmbeddingOptions",), "dragoman_openai.files": ("OpenAIFileOptions",)},
)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
