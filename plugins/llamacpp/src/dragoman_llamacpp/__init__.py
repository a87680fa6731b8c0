"""llama.cpp in process, for Dragoman: a GGUF file answers, without a server.

The model's name is the path of a file, ``llamacpp//path/model.gguf``, or that of a tiny model that is generated on
first use: ``llamacpp/tiny`` or ``llamacpp/tiny-babble``. See :mod:`dragoman_llamacpp.tiny_model`.

llama.cpp is imported and a model is loaded at the first call.
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_llamacpp.options import LlamaCppOptions
from dragoman_llamacpp.provider import LlamaCppProvider

__all__ = ["LlamaCppOptions", "LlamaCppProvider"]


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider."""
    return LlamaCppProvider(config)
