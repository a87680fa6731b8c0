"""The Responses API as OpenAI itself speaks it."""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest
from dragoman_openai.families import is_reasoning
from dragoman_openai.options import CHAT_ONLY, OpenAIOptions, refuse
from dragoman_openai_compatible import OpenAIResponses


class OpenAIResponsesApi(OpenAIResponses[OpenAIOptions]):
    """Speak the dialect to the host it comes from."""

    def __init__(self) -> None:
        super().__init__(options=OpenAIOptions, provider="openai")

    def encrypts_reasoning(self, model: str) -> bool:
        """Return whether *model* reasons: one that does not refuses to be asked for encrypted reasoning."""
        return is_reasoning(model)

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: OpenAIOptions) -> None:
        """Add what the caller put into ``extra_body``; refuse what only chat completions know."""
        refuse(options, CHAT_ONLY, model=request.model, api="responses")
        body.update(options.extra_body or {})
