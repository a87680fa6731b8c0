"""Every dialect that decodes replies, with the dialect of its server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import cast

from attrs import frozen

from conformance.bedrock_server import CONVERSE
from conformance.cohere_server import COHERE
from conformance.ollama_server import OLLAMA
from dragoman.http import Base, Dialect
from dragoman.testing.faults import SERVER_DIALECTS, ServerDialect
from dragoman.testing.framings import binary_message
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_azure.chat import AzureChat
from dragoman_azure.endpoint_address import Address
from dragoman_azure.responses import AzureResponses
from dragoman_bedrock.dialect import Converse
from dragoman_bedrock.invoke import InvokeMessages
from dragoman_cohere.dialect import Cohere
from dragoman_google.dialect import Gemini
from dragoman_groq.chat import GroqChat
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_mistral.chat import MistralChat
from dragoman_ollama.dialect import Ollama
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.responses import OpenAIResponsesApi
from dragoman_openai_compatible.any_server import OpenAICompatibleChat
from dragoman_openrouter.chat import OpenRouterChat
from dragoman_openrouter.responses import OpenRouterResponses
from properties.mutations import Piece, Value, pieces_of, unparsed

_CHAT, _RESPONSES, _MESSAGES, _GEMINI = SERVER_DIALECTS
_AZURE = Address(base=Base(url="https://a.test", source="given"), surface="v1", api_version=None)


@frozen(kw_only=True, eq=False)
class DialectCase:
    """Describe a dialect of a provider.

    Args:
        api: the name of its recordings, such as ``openai.chat``.
        make: creates the dialect.
        server_dialect: the dialect of the server.
        frame: returns an event as a frame, where streams do not consist of server-sent events.

    """

    api: str
    make: Callable[[], Dialect]
    server_dialect: ServerDialect
    frame: Callable[[Piece], bytes] | None = None

    def wire(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Return server-sent events in the framing of the dialect, cut at the same places; other bytes as they are."""
        data = b"".join(pieces)
        if self.frame is None or not (found := pieces_of(data)):
            return [*pieces]
        framed = b"".join(map(self.frame, found))
        ends = [end * len(framed) // len(data) for end in accumulate(map(len, pieces), initial=0)]
        return [framed[start:end] for start, end in pairwise(ends)]


def line(piece: Piece) -> bytes:
    """Return an event as a line of JSON."""
    return unparsed(piece.value).replace(b"\n", b"") + b"\n"


def message(piece: Piece) -> bytes:
    """Return an event as a binary message that holds it in base64."""
    content = json.dumps({"bytes": b64encode(unparsed(piece.value)).decode()}).encode()
    return binary_message(content, {":message-type": "event", ":event-type": "chunk"})


def named_message(piece: Piece) -> bytes:
    """Return an event, which is the only member of an object, as a binary message of its name."""
    members: Mapping[str, object] = cast("dict[str, object]", piece.value) if isinstance(piece.value, dict) else {}
    name, content = next(iter(members.items()), ("novelty", piece.value))
    name = name.encode("utf-8", "replace").decode()  # half a character has no bytes in a header
    kind = "exception" if name.endswith("Exception") else "event"
    return binary_message(unparsed(cast("Value", content)), {":message-type": kind, f":{kind}-type": name})


DIALECTS = {
    dialect.api: dialect
    for dialect in (
        DialectCase(api="openai.chat", make=OpenAIChatCompletions, server_dialect=_CHAT),
        DialectCase(api="openai.responses", make=OpenAIResponsesApi, server_dialect=_RESPONSES),
        DialectCase(api="anthropic.messages", make=AnthropicMessages, server_dialect=_MESSAGES),
        DialectCase(api="google.generate", make=Gemini, server_dialect=_GEMINI),
        DialectCase(api="azure.chat", make=lambda: AzureChat(_AZURE), server_dialect=_CHAT),
        DialectCase(api="azure.responses", make=lambda: AzureResponses(_AZURE), server_dialect=_RESPONSES),
        DialectCase(api="groq.chat", make=GroqChat, server_dialect=_CHAT),
        DialectCase(api="cohere.chat", make=Cohere, server_dialect=COHERE),
        DialectCase(api="mistral.chat", make=MistralChat, server_dialect=_CHAT),
        DialectCase(api="openrouter.chat", make=OpenRouterChat, server_dialect=_CHAT),
        DialectCase(api="openrouter.responses", make=OpenRouterResponses, server_dialect=_RESPONSES),
        DialectCase(api="litellm_proxy.chat", make=LiteLLMProxyChat, server_dialect=_CHAT),
        DialectCase(api="ollama.chat", make=Ollama, server_dialect=OLLAMA, frame=line),
        DialectCase(api="bedrock.converse_stream", make=Converse, server_dialect=CONVERSE, frame=named_message),
        DialectCase(api="bedrock.invoke_stream", make=InvokeMessages, server_dialect=_MESSAGES, frame=message),
        DialectCase(api="openai_compatible.chat", make=OpenAICompatibleChat, server_dialect=_CHAT),
    )
}
"""All dialects by the name of their recordings."""
