"""Anthropic for Dragoman: the Messages API, the legacy Text Completions API, token counts and the list of models.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from dragoman import Provider, ProviderConfig, hookimpl
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.endpoint import endpoint
from dragoman_anthropic.provider import AnthropicProvider

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_anthropic.plain_messages import to_anthropic as to_anthropic


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
    dialect = AnthropicMessages()
    options = dialect.options_reader.configure(config.options)
    target = endpoint(config, options)
    betas = target.headers.get("anthropic-beta", "")
    dialect.betas = tuple(name for beta in betas.split(",") if (name := beta.strip()))
    return AnthropicProvider(dialect, target)
