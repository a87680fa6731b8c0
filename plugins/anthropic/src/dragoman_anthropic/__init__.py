"""Anthropic for Dragoman: the Messages API, the legacy Text Completions API, token counts and the list of models.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_anthropic.options import AnthropicFileOptions, AnthropicOptions
from dragoman_anthropic.provider import make_provider

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_anthropic.plain_messages import to_anthropic

__all__ = ["AnthropicFileOptions", "AnthropicOptions", "dragoman_provider", "to_anthropic"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name == "to_anthropic":
        from dragoman_anthropic.plain_messages import to_anthropic  # noqa: PLC0415  # not every program converts

        return to_anthropic
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Return the provider for *config*."""
    return make_provider(config)
