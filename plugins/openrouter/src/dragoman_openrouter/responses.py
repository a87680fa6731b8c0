"""The Responses API, as OpenRouter speaks it for every model.

https://openrouter.ai/docs/api-reference/responses/overview
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import JSON, ChatRequest, ProviderError
from dragoman.http import HttpReply
from dragoman_openai_compatible import OpenAIResponses
from dragoman_openai_compatible.responses import SETTING_NAMES
from dragoman_openrouter.facts import attribution, cost, name_server_tools, whole_id
from dragoman_openrouter.failures import failure
from dragoman_openrouter.options import CHAT_ONLY, OpenRouterOptions, refuse
from dragoman_openrouter.reasoning import ISSUER

_ALSO = ("top_k", "presence_penalty", "frequency_penalty")


class OpenRouterResponses(OpenAIResponses[OpenRouterOptions]):
    """Speak the dialect to OpenRouter, which takes reasoning back wherever it stands."""

    def __init__(self) -> None:
        super().__init__(
            options=OpenRouterOptions,
            provider=ISSUER,
            reasoning_leads=False,
            setting_names={**SETTING_NAMES, **{name: name for name in _ALSO}},
            metadata_names=("provider", "service_tier"),
        )

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event reports."""
        return failure(reply)

    def headers(self, options: OpenRouterOptions) -> Mapping[str, str]:
        """Return the headers that name the caller, if the caller wants to be named."""
        return attribution(options.site_url, options.app_name)

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of an answer, the cost in credits among it."""
        return {**super().metadata(body), **cost(body.get("usage"))}

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: OpenRouterOptions) -> None:
        """Put the model's whole id, OpenRouter's own tools and the reasoning where they belong; add ``extra_body``."""
        refuse(options, CHAT_ONLY, model=request.model, api="responses")
        body["model"] = whole_id(request.model)
        if options.reasoning:
            body["reasoning"] = {**body.get("reasoning", {}), **options.reasoning}
        name_server_tools(request.tools, body.get("tools", ()))
        body.update(options.extra_body or {})
