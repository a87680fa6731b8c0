"""llama.cpp in process, for Dragoman: a GGUF file answers, without a server.

The model's name is the path of a file, ``llamacpp//path/model.gguf``, or one of the tiny models that are made on first
use: ``llamacpp/tiny`` and ``llamacpp/tiny-babble``. See :mod:`dragoman_llamacpp.tiny`.

Nothing of llama.cpp is imported and no model is loaded before the first call.
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
