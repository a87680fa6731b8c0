"""Chat completions of Groq.

https://console.groq.com/docs/openai
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import (
    JSON,
    Bytes,
    ChatRequest,
    CompletionRequest,
    InlineText,
    Media,
    Message,
    Part,
    ProviderError,
    UnsupportedError,
    Url,
    Usage,
)
from dragoman.http import HttpReply, HttpRequest, StreamDecoder, objects
from dragoman_groq.errors import groq_error
from dragoman_groq.options import GroqOptions
from dragoman_groq.response import executed_tool, groq_fields
from dragoman_groq.stream import GroqDecoder
from dragoman_openai_compatible import CHAT_SETTINGS, OpenAIChat, reasoning_of


class GroqChat(OpenAIChat[GroqOptions]):
    """Speak chat completions to Groq."""

    def __init__(self) -> None:
        super().__init__(
            options=GroqOptions,
            provider="groq",
            setting_names={**CHAT_SETTINGS, "max_tokens": "max_completion_tokens"},
            reasoning_names=("reasoning", "reasoning_content"),
            metadata_names=("system_fingerprint", "service_tier", "usage_breakdown"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request.

        Raises:
            UnsupportedError: for media that Groq does not accept.

        """
        if isinstance(request, CompletionRequest):
            request = request.as_chat()
        for message in request.messages:
            _check_media(message)
        return super().encode(request, stream=stream)

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return GroqDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return groq_error(reply)

    def finish_body(self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: GroqOptions) -> None:  # noqa: ARG002
        """Remove members that are null, which Groq refuses.

        Raises:
            UnsupportedError: for raw reasoning together with tools or with an output format.

        """
        if options.reasoning_format == "raw" and ("tools" in body or "response_format" in body):
            message = "groq does not support raw reasoning with tools or with JSON; use reasoning_format='parsed'"
            raise UnsupportedError(message, parameter="reasoning_format")
        body["messages"] = [
            {name: value for name, value in message.items() if value is not None} for message in body["messages"]
        ]

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage, which streams report in ``x_groq``."""
        return super().usage(body) or super().usage(groq_fields(body))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of a reply or chunk, including that in ``x_groq``."""
        own = groq_fields(body)
        found: dict[str, JSON] = {"groq_request_id": own.get("id"), "seed": own.get("seed")}
        found["usage_breakdown"] = own.get("usage_breakdown")
        return {name: value for name, value in found.items() if value is not None} | super().metadata(body)

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the tools that Groq ran before the text that is based on them."""
        parts = super().message_parts(message)
        position = 1 if reasoning_of(message, self.reasoning_names) else 0
        parts[position:position] = [executed_tool(tool) for tool in objects(message.get("executed_tools"))]
        return parts


def _check_media(message: Message) -> None:
    for part in message.of_type(Media):
        is_image = part.media_type.startswith("image/") and isinstance(part.source, Bytes | Url)
        if not is_image and not isinstance(part.source, InlineText):
            form = f"{part.media_type} as {type(part.source).__name__}"
            text = f"groq accepts images and text, not {form}; send it in another form"
            raise UnsupportedError(text)
