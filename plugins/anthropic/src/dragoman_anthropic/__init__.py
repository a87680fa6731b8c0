"""Anthropic for Dragoman: the Messages API, the legacy Text Completions API, token counts and the list of models.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.endpoint import endpoint
from dragoman_anthropic.provider import AnthropicProvider


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    dialect = AnthropicMessages()
    options = dialect.options_reader.configure(config.options)
    target = endpoint(config, options)
    betas = target.headers.get("anthropic-beta", "")
    dialect.betas = tuple(name for beta in betas.split(",") if (name := beta.strip()))
    return AnthropicProvider(dialect, target)
