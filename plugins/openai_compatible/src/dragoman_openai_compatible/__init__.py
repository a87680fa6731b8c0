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

from dragoman import Provider, ProviderConfig, hookimpl, lazy_names

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
    from dragoman_openai_compatible.embeddings import MOST_TEXTS as MOST_TEXTS, EmbeddingOptions as EmbeddingOptions
    from dragoman_openai_compatible.errors import CHAT_CODES as CHAT_CODES, error_of as error_of
    from dragoman_openai_compatible.families import (
        family_capabilities as family_capabilities,
        family_of as family_of,
        family_settings as family_settings,
        openai_settings as openai_settings,
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
    "dragoman_openai_compatible.chat": ("CHAT_SETTINGS", "OpenAIChat", "refuse_options"),
    "dragoman_openai_compatible.chat_messages": ("MessageRules", "OPENAI_FILE_TYPES"),
    "dragoman_openai_compatible.chat_parts": ("CHAT_FINISH_REASONS", "arguments_of", "reasoning_of", "text_of"),
    "dragoman_openai_compatible.chat_stream": ("OpenAIChatDecoder",),
    "dragoman_openai_compatible.embeddings": ("MOST_TEXTS", "EmbeddingOptions"),
    "dragoman_openai_compatible.errors": ("CHAT_CODES", "error_of"),
    "dragoman_openai_compatible.families": ("family_capabilities", "family_of", "family_settings", "openai_settings"),
    "dragoman_openai_compatible.models": ("facts_of_model", "reasoning_of_model"),
    "dragoman_openai_compatible.name_patterns": ("NamePattern",),
    "dragoman_openai_compatible.openai_format": ("openai_format",),
    "dragoman_openai_compatible.options": ("OpenAICompatibleOptions",),
    "dragoman_openai_compatible.plain_messages": ("to_openai",),
    "dragoman_openai_compatible.provider": ("OpenAIProvider",),
    "dragoman_openai_compatible.reasoning_details": ("DetailsDecoder", "with_details"),
    "dragoman_openai_compatible.responses": ("OpenAIResponses", "RESPONSES_CODES", "RESPONSES_SETTINGS"),
    "dragoman_openai_compatible.responses_items": ("RESPONSES_FINISH_REASONS",),
}
"""The public names by the module that defines each; the imports above name them for type checkers."""

__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed

__getattr__ = lazy_names(__name__, _HOMES)


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Provider:
    """Make the provider of a server with chat completions."""
    from dragoman_openai_compatible.any_server import make_provider  # noqa: PLC0415  # other hosts do not need it

    return make_provider(config)
