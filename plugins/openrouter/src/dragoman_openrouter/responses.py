"""The Responses API of OpenRouter, which serves every model.

https://openrouter.ai/docs/api-reference/responses/overview
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import JSON, ChatRequest, CompletionRequest, ProviderError
from dragoman.http import HttpReply, HttpRequest
from dragoman_openai_compatible import RESPONSES_SETTINGS, OpenAIResponses, refuse_options
from dragoman_openrouter.errors import openrouter_error
from dragoman_openrouter.options import CHAT_ONLY, OpenRouterOptions
from dragoman_openrouter.request import attribution, fitted, full_model_id, name_server_tools
from dragoman_openrouter.response import ISSUER, cost_of

_FURTHER_SETTINGS = ("top_k", "presence_penalty", "frequency_penalty")


class OpenRouterResponses(OpenAIResponses[OpenRouterOptions]):
    """Speak the Responses API to OpenRouter, which accepts earlier reasoning at any position."""

    def __init__(self) -> None:
        super().__init__(
            options=OpenRouterOptions,
            provider=ISSUER,
            reasoning_leads=False,
            setting_names={**RESPONSES_SETTINGS, **{name: name for name in _FURTHER_SETTINGS}},
            metadata_names=("provider", "service_tier"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; its URL is relative to the base URL."""
        request, notes = fitted(request, self.options_reader.read(request).reasoning)
        sent = super().encode(request, stream=stream)
        return attrs.evolve(sent, adjustments=notes + sent.adjustments)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event reports."""
        return openrouter_error(reply)

    def headers(self, options: OpenRouterOptions) -> Mapping[str, str]:
        """Return the headers that name the site and the app of the caller, if the options set them."""
        return attribution(options.site_url, options.app_name)

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of an answer, including the cost in credits."""
        return {**super().metadata(body), **cost_of(body.get("usage"))}

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: OpenRouterOptions) -> None:
        """Set the full model id, the reasoning and the types of OpenRouter's own tools."""
        refuse_options(options, CHAT_ONLY, model=request.model, api="responses")
        body["model"] = full_model_id(request.model)
        if options.reasoning:
            body["reasoning"] = {**body.get("reasoning", {}), **options.reasoning}
        name_server_tools(request.tools, body.get("tools", ()))
