"""OpenAI for Dragoman: chat completions, responses, legacy completions, models and embeddings.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_openai.options import OpenAIOptions
from dragoman_openai.provider import make_provider

if TYPE_CHECKING:
    from dragoman_openai.second_options import (
        OpenAIEmbeddingOptions as OpenAIEmbeddingOptions,
        OpenAIFileOptions as OpenAIFileOptions,
    )

__all__ = ["OpenAIEmbeddingOptions", "OpenAIFileOptions", "OpenAIOptions", "dragoman_provider"]


def __getattr__(name: str) -> object:
    """Import the options of embeddings and files when they are first used."""
    if name in {"OpenAIEmbeddingOptions", "OpenAIFileOptions"}:
        from dragoman_openai import second_options  # noqa: PLC0415  # few programs need it

        return getattr(second_options, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
