"""Chat completions and the legacy completions, as OpenAI itself speaks them."""

from __future__ import annotations

from typing import Any

import attrs

from dragoman import ChatRequest, CompletionRequest, Message, Role, Text, UnsupportedError
from dragoman.http import HttpRequest
from dragoman_openai.families import is_prompt_model, is_reasoning, takes_no_system
from dragoman_openai.options import RESPONSES_ONLY, OpenAIOptions, refuse
from dragoman_openai_compatible import OpenAIChat


class OpenAIChatCompletions(OpenAIChat[OpenAIOptions]):
    """Speak the dialect to the host it comes from."""

    def __init__(self) -> None:
        super().__init__(options=OpenAIOptions, provider="openai")

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request; a model that knows only prompts gets the conversation as one."""
        if isinstance(request, ChatRequest):
            if is_prompt_model(request.model):
                return super().encode(_as_prompt(request), stream=stream)
            if takes_no_system(request.model):
                request = _without_system(request)
        return super().encode(request, stream=stream)

    def max_tokens_name(self, model: str) -> str:
        """Return ``max_completion_tokens`` for reasoning models, which take nothing else."""
        return "max_completion_tokens" if is_reasoning(model) else "max_tokens"

    def finish_body(
        self,
        body: dict[str, Any],
        request: ChatRequest | CompletionRequest,
        options: OpenAIOptions,
    ) -> None:
        """Add what the caller put into ``extra_body``; refuse what only the Responses API knows."""
        refuse(options, RESPONSES_ONLY, model=request.model, api="chat")
        body.update(options.extra_body or {})


def _as_prompt(request: ChatRequest) -> CompletionRequest:
    """Return a conversation of one user's text as a prompt."""
    first = request.messages[0]
    plain = len(first.parts) == 1 and isinstance(first.parts[0], Text) and not request.tools
    if len(request.messages) > 1 or first.role != Role.USER or not plain or request.output.kind != "text":
        message = f"{request.model} goes on from a prompt and knows no chat; use completion(), or a chat model"
        raise UnsupportedError(message, model=request.model)
    return CompletionRequest(
        model=request.model,
        prompt=first.content,
        settings=request.settings,
        options=request.options,
        headers=request.headers,
    )


def _without_system(request: ChatRequest) -> ChatRequest:
    """Give instructions as the user's own words: https://platform.openai.com/docs/guides/reasoning."""
    messages = tuple(
        Message("user", message.parts) if message.role == Role.SYSTEM else message for message in request.messages
    )
    return attrs.evolve(request, messages=messages)
