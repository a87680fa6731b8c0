"""Chat completions and the legacy completions of OpenAI, and the choice between them and the Responses API.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import ChatRequest, CompletionRequest, Message, Role, Text, UnsupportedError
from dragoman.http import Dialect, HttpRequest
from dragoman_openai.models import is_completion_model, is_reasoning, rejects_system_messages, requires_responses
from dragoman_openai.options import RESPONSES_ONLY, OpenAIOptions
from dragoman_openai_compatible import OPENAI_FILE_TYPES, MessageRules, OpenAIChat, refuse_options


class OpenAIChatCompletions(OpenAIChat[OpenAIOptions]):
    """Translate chat completions, and select the dialect of the Responses API where a request needs it."""

    def __init__(self) -> None:
        rules = MessageRules(issuer="openai", file_types=OPENAI_FILE_TYPES, refusals=True)
        super().__init__(options=OpenAIOptions, provider="openai", rules=rules)
        self._responses: Dialect | None = None

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect of *request*: that of the option ``api``, else that of the API that serves the model."""
        api = self.options_reader.read(request).api
        if api is None:
            api = "responses" if requires_responses(request.model) else "chat"
        return self._responses_dialect() if api == "responses" else self

    def _responses_dialect(self) -> Dialect:
        if self._responses is None:
            from dragoman_openai.responses import OpenAIResponsesApi  # noqa: PLC0415  # imported when a request needs it

            self._responses = OpenAIResponsesApi()
        return self._responses

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; a model without chat receives the conversation as a prompt."""
        if isinstance(request, ChatRequest):
            if is_completion_model(request.model):
                return super().encode(_as_prompt(request), stream=stream)
            if rejects_system_messages(request.model):
                request = _with_system_as_user(request)
        return super().encode(request, stream=stream)

    def max_tokens_name(self, model: str) -> str:
        """Return ``max_completion_tokens`` for reasoning models, which reject ``max_tokens``."""
        return "max_completion_tokens" if is_reasoning(model) else "max_tokens"

    def finish_body(
        self,
        body: dict[str, Any],  # noqa: ARG002  # the signature of the base class
        request: ChatRequest | CompletionRequest,
        options: OpenAIOptions,
    ) -> None:
        """Refuse the options that only the Responses API has."""
        refuse_options(options, RESPONSES_ONLY, model=request.model, api="chat")


def _as_prompt(request: ChatRequest) -> CompletionRequest:
    """Return a conversation that consists of one text of the user as a prompt.

    Raises:
        UnsupportedError: for any other conversation.

    """
    first = request.messages[0]
    is_text = len(first.parts) == 1 and isinstance(first.parts[0], Text) and not request.tools
    if len(request.messages) > 1 or first.role != Role.USER or not is_text or request.output.kind != "text":
        message = f"{request.model} does not support chat; call completion() with a prompt, or choose a chat model"
        raise UnsupportedError(message, model=request.model)
    return CompletionRequest(
        model=request.model,
        prompt=first.content,
        settings=request.settings,
        options=request.options,
        headers=request.headers,
    )


def _with_system_as_user(request: ChatRequest) -> ChatRequest:
    """Return *request* with its system messages as user messages.

    https://platform.openai.com/docs/guides/reasoning
    """
    messages = tuple(
        Message("user", message.parts) if message.role == Role.SYSTEM else message for message in request.messages
    )
    return attrs.evolve(request, messages=messages)
