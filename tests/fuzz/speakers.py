"""Every dialect that reads replies, with what it sounds like."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from dragoman.http import Base, Dialect
from dragoman.testing.faults import TONGUES, Tongue
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_azure.address import Address
from dragoman_azure.chat import AzureChat
from dragoman_azure.responses import AzureResponses
from dragoman_google.dialect import Gemini
from dragoman_groq.chat import GroqChat
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.responses import OpenAIResponsesApi
from dragoman_openai_compatible.any_server import OpenAICompatibleChat
from dragoman_openrouter.chat import OpenRouterChat
from dragoman_openrouter.responses import OpenRouterResponses

_CHAT, _RESPONSES, _MESSAGES, _GEMINI = TONGUES
_AZURE = Address(base=Base(url="https://a.test", source="given"), surface="v1", api_version=None)


@frozen(kw_only=True, eq=False)
class Speaker:
    """Name one dialect of one provider.

    Args:
        api: what its recordings are called, such as ``openai.chat``.
        make: makes the dialect.
        tongue: how it sounds.

    """

    api: str
    make: Callable[[], Dialect]
    tongue: Tongue


SPEAKERS = {
    speaker.api: speaker
    for speaker in (
        Speaker(api="openai.chat", make=OpenAIChatCompletions, tongue=_CHAT),
        Speaker(api="openai.responses", make=OpenAIResponsesApi, tongue=_RESPONSES),
        Speaker(api="anthropic.messages", make=AnthropicMessages, tongue=_MESSAGES),
        Speaker(api="google.generate", make=Gemini, tongue=_GEMINI),
        Speaker(api="azure.chat", make=lambda: AzureChat(_AZURE), tongue=_CHAT),
        Speaker(api="azure.responses", make=lambda: AzureResponses(_AZURE), tongue=_RESPONSES),
        Speaker(api="groq.chat", make=GroqChat, tongue=_CHAT),
        Speaker(api="openrouter.chat", make=OpenRouterChat, tongue=_CHAT),
        Speaker(api="openrouter.responses", make=OpenRouterResponses, tongue=_RESPONSES),
        Speaker(api="litellm_proxy.chat", make=LiteLLMProxyChat, tongue=_CHAT),
        Speaker(api="openai_compatible.chat", make=OpenAICompatibleChat, tongue=_CHAT),
    )
}
"""All dialects, each by the name of its recordings."""
