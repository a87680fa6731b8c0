"""Chat completions of OpenRouter, and the choice between them and the Responses API.

https://openrouter.ai/docs/api-reference/overview
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import (
    JSON,
    ChatRequest,
    CompletionRequest,
    Part,
    ProviderError,
)
from dragoman.http import Dialect, HttpReply, HttpRequest, StreamDecoder
from dragoman_openai_compatible import CHAT_SETTINGS, MessageRules, OpenAIChat, refuse_options, with_details
from dragoman_openrouter.errors import openrouter_error
from dragoman_openrouter.options import RESPONSES_ONLY, OpenRouterOptions
from dragoman_openrouter.request import (
    adapt_message,
    attribution,
    fitted,
    full_model_id,
    name_server_tools,
    replay_reasoning,
)
from dragoman_openrouter.response import ISSUER, cost_of
from dragoman_openrouter.responses import OpenRouterResponses
from dragoman_openrouter.stream import OpenRouterDecoder


class OpenRouterChat(OpenAIChat[OpenRouterOptions]):
    """Speak chat completions to OpenRouter, and hand requests for the Responses API to its dialect."""

    def __init__(self) -> None:
        super().__init__(
            options=OpenRouterOptions,
            provider=ISSUER,
            rules=MessageRules(issuer=ISSUER, replay_reasoning=replay_reasoning, tool_media=True),
            setting_names={**CHAT_SETTINGS, "top_k": "top_k"},
            reasoning_names=("reasoning", "reasoning_content"),
            metadata_names=("provider", "system_fingerprint", "service_tier"),
        )
        self._responses = OpenRouterResponses()

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect of *request*, which its option ``api`` chooses."""
        return self._responses if self.options_reader.read(request).api == "responses" else self

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; its URL is relative to the base URL."""
        request, notes = fitted(request, self.options_reader.read(request).reasoning)
        if isinstance(request, ChatRequest):
            request = attrs.evolve(
                request, messages=tuple(adapt_message(message, request.model) for message in request.messages)
            )
        sent = super().encode(request, stream=stream)
        return attrs.evolve(sent, adjustments=notes + sent.adjustments)

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return OpenRouterDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return openrouter_error(reply)

    def headers(self, options: OpenRouterOptions) -> Mapping[str, str]:
        """Return the headers that name the site and the app of the caller, if the options set them."""
        return attribution(options.site_url, options.app_name)

    def finish_body(
        self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: OpenRouterOptions
    ) -> None:
        """Set the full model id, the reasoning and the types of OpenRouter's own tools."""
        refuse_options(options, RESPONSES_ONLY, model=request.model, api="chat")
        body["model"] = full_model_id(request.model)
        effort = body.pop("reasoning_effort", None)
        reasoning = {**({"effort": effort} if effort else {}), **(options.reasoning or {})}
        if reasoning:
            body["reasoning"] = reasoning
        if isinstance(request, ChatRequest):
            name_server_tools(request.tools, body.get("tools", ()))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of a reply or chunk, including the cost in credits."""
        return {**super().metadata(body), **cost_of(body.get("usage"))}

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the finish reason of the vendor behind OpenRouter."""
        native = choice.get("native_finish_reason")
        return {} if native is None else {"native_finish_reason": native}

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, with the details of the reasoning as its seal."""
        return with_details(super().message_parts(message), message, self.reasoning_names, ISSUER)
