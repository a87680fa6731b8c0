"""The Responses API of OpenAI.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from typing import Any

from dragoman import ChatRequest
from dragoman_openai.models import is_reasoning
from dragoman_openai.options import CHAT_ONLY, OpenAIOptions
from dragoman_openai_compatible import OpenAIResponses, refuse_options


class OpenAIResponsesApi(OpenAIResponses[OpenAIOptions]):
    """Translate requests and replies of the Responses API of OpenAI."""

    def __init__(self) -> None:
        super().__init__(options=OpenAIOptions, provider="openai")

    def encrypts_reasoning(self, model: str) -> bool:
        """Return whether *model* reasons; other models reject a request for encrypted reasoning."""
        return is_reasoning(model)

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: OpenAIOptions) -> None:  # noqa: ARG002
        """Refuse the options that only chat completions have."""
        refuse_options(options, CHAT_ONLY, model=request.model, api="responses")
