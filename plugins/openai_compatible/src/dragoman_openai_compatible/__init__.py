"""The OpenAI dialects, as a base for the providers of hosts that speak them, and the provider of any such server.

The names in ``__all__`` are public. The provider of a host with chat completions or the Responses API is an
:class:`OpenAIProvider` with an :class:`OpenAIChat` or :class:`OpenAIResponses`, which the host configures by arguments
or by overriding methods; the same holds for streams with :class:`OpenAIChatDecoder`. A module is imported when one of
its names is first used, so that a provider with one dialect does not load the other.

https://platform.openai.com/docs/api-reference/chat
https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman import Provider, ProviderConfig, hookimpl

if TYPE_CHECKING:
    from dragoman_openai_compatible import openai_format as openai_format
    from dragoman_openai_compatible.chat import (
        CHAT_SETTINGS as CHAT_SETTINGS,
        OpenAIChat as OpenAIChat,
        refuse_options as refuse_options,
    )
    from dragoman_openai_compatible.chat_messages import (
        OPENAI_FILE_TYPES as OPENAI_FILE_TYPES,
        MessageRules as MessageRules,
    )
    from dragoman_openai_compatible.chat_parts import (
        CHAT_FINISH_REASONS as CHAT_FINISH_REASONS,
        arguments_of as arguments_of,
        reasoning_of as reasoning_of,
        text_of as text_of,
    )
    from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder as OpenAIChatDecoder
    from dragoman_openai_compatible.errors import CHAT_CODES as CHAT_CODES, error_of as error_of
    from dragoman_openai_compatible.families import (
        family_capabilities as family_capabilities,
        family_of as family_of,
        family_settings as family_settings,
    )
    from dragoman_openai_compatible.models import (
        facts_of_model as facts_of_model,
        reasoning_of_model as reasoning_of_model,
    )
    from dragoman_openai_compatible.name_patterns import NamePattern as NamePattern
    from dragoman_openai_compatible.options import OpenAICompatibleOptions as OpenAICompatibleOptions
    from dragoman_openai_compatible.plain_messages import to_openai as to_openai
    from dragoman_openai_compatible.provider import OpenAIProvider as OpenAIProvider
    from dragoman_openai_compatible.reasoning_details import (
        DetailsDecoder as DetailsDecoder,
        with_details as with_details,
    )
    from dragoman_openai_compatible.responses import (
        RESPONSES_CODES as RESPONSES_CODES,
        RESPONSES_SETTINGS as RESPONSES_SETTINGS,
        OpenAIResponses as OpenAIResponses,
    )
    from dragoman_openai_compatible.responses_items import RESPONSES_FINISH_REASONS as RESPONSES_FINISH_REASONS

_HOMES = {
    "CHAT_CODES": "errors",
    "CHAT_FINISH_REASONS": "chat_parts",
    "CHAT_SETTINGS": "chat",
    "DetailsDecoder": "reasoning_details",
    "MessageRules": "chat_messages",
    "NamePattern": "name_patterns",
    "OPENAI_FILE_TYPES": "chat_messages",
    "OpenAIChat": "chat",
    "OpenAIChatDecoder": "chat_stream",
    "OpenAICompatibleOptions": "options",
    "OpenAIProvider": "provider",
    "OpenAIResponses": "responses",
    "RESPONSES_CODES": "responses",
    "RESPONSES_FINISH_REASONS": "responses_items",
    "RESPONSES_SETTINGS": "responses",
    "arguments_of": "chat_parts",
    "error_of": "errors",
    "facts_of_model": "models",
    "family_capabilities": "families",
    "family_of": "families",
    "family_settings": "families",
    "openai_format": "openai_format",
    "reasoning_of": "chat_parts",
    "reasoning_of_model": "models",
    "refuse_options": "chat",
    "text_of": "chat_parts",
    "to_openai": "plain_messages",
    "with_details": "reasoning_details",
}
"""The module that defines each public name; the imports in the TYPE_CHECKING block name them for type checkers."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    from importlib import import_module  # noqa: PLC0415  # loaded by Python itself

    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = import_module(f"{__name__}.{_HOMES[name]}")
    value = globals()[name] = module if name == _HOMES[name] else getattr(module, name)
    return value


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider of a server with chat completions."""
    from dragoman_openai_compatible.any_server import make_provider  # noqa: PLC0415  # other hosts do not need it

    return make_provider(config)
