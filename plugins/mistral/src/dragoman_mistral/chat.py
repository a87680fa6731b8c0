"""Conversations with Mistral, and code that is continued or filled in.

https://docs.mistral.ai/api/endpoint/chat and https://docs.mistral.ai/api/endpoint/fim
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import ChatRequest, CompletionRequest, Part, ProviderError, Usage
from dragoman.http import HttpReply, HttpRequest, StreamDecoder, calls_in, objects
from dragoman_mistral.options import ISSUER, MistralOptions
from dragoman_mistral.request import adapted, adapted_prompt, finish_messages
from dragoman_mistral.response import content_parts, with_cached_tokens, with_id
from dragoman_openai_compatible import CHAT_SETTINGS, OpenAIChat


class MistralChat(OpenAIChat[MistralOptions]):
    """Speak chat completions to Mistral."""

    completion_path = "/fim/completions"

    def __init__(self) -> None:
        super().__init__(
            options=MistralOptions,
            provider=ISSUER,
            setting_names={**CHAT_SETTINGS, "seed": "random_seed", "top_k": "top_k"},
            metadata_names=(),
            include_usage=False,
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; its URL is relative to the base URL.

        Raises:
            UnsupportedError: for content that Mistral does not accept, or an option of conversations with a prompt.

        """
        if isinstance(request, ChatRequest):
            return super().encode(adapted(request), stream=stream)
        request, notes = adapted_prompt(request, self.options_reader.read(request))
        wire = super().encode(request, stream=stream)
        return attrs.evolve(wire, adjustments=(*notes, *wire.adjustments)) if notes else wire

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,  # noqa: ARG002
        options: MistralOptions,  # noqa: ARG002
    ) -> None:
        """Mark an answer that is to be continued, and use Mistral's own word for a call that is required."""
        if "messages" in body:
            body["messages"] = finish_messages(body["messages"])
        if body.get("tool_choice") == "required":
            body["tool_choice"] = "any"

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_mistral.stream import MistralDecoder  # noqa: PLC0415  # only streams need it

        return MistralDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_mistral.errors import mistral_error  # noqa: PLC0415  # only errors need it

        return mistral_error(reply)

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage that a reply or chunk reports, ``None`` if it reports none."""
        return with_cached_tokens(super().usage(body))

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, whose content is a text or a list of chunks."""
        content = message.get("content")
        if calls := calls_in(message):
            message = {**message, "tool_calls": [with_id(call) for call in calls]}
        if not isinstance(content, list):
            return super().message_parts(message)
        return [*content_parts(objects(content)), *super().message_parts({**message, "content": None})]
