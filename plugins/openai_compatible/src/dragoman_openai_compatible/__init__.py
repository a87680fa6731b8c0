"""The OpenAI dialects, as a base for the providers that speak them, and the provider of any server that does.

The names in ``__all__`` are public: a provider of a host that speaks chat completions or the Responses API is
:class:`OpenAIProvider` with :class:`OpenAIChat` or :class:`OpenAIResponses`, configured or with methods overridden. A
module is imported when one of its names is first used: a provider that speaks one dialect does not pay for the other.

https://platform.openai.com/docs/api-reference/chat
https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman import Provider, ProviderConfig, hookimpl

if TYPE_CHECKING:
    from dragoman_openai_compatible.chat import SETTING_NAMES as SETTING_NAMES, OpenAIChat as OpenAIChat
    from dragoman_openai_compatible.chat_messages import MessageRules as MessageRules
    from dragoman_openai_compatible.options import OpenAICompatibleOptions as OpenAICompatibleOptions
    from dragoman_openai_compatible.provider import OpenAIProvider as OpenAIProvider
    from dragoman_openai_compatible.responses import OpenAIResponses as OpenAIResponses

_HOMES = {
    "MessageRules": "chat_messages",
    "OpenAIChat": "chat",
    "OpenAICompatibleOptions": "options",
    "OpenAIProvider": "provider",
    "OpenAIResponses": "responses",
    "SETTING_NAMES": "chat",
}
"""The module that defines each public name; the imports above say the same to type checkers."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module  # noqa: PLC0415  # Python itself has it already

    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider of any server that speaks chat completions."""
    from dragoman_openai_compatible.any_server import make_provider  # noqa: PLC0415  # not paid for by other hosts

    return make_provider(config)
