"""Both dialects of OpenAI as one: each request goes to the API that it asks for or that its model speaks."""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest
from dragoman.http import Dialect
from dragoman_openai.chat import OpenAIChatCompletions
from dragoman_openai.families import speaks_only_responses


class OpenAIDialect(OpenAIChatCompletions):
    """Speak chat completions, and the Responses API where ``api="responses"`` says so or the model knows no other."""

    def __init__(self) -> None:
        super().__init__()
        self._responses: Dialect | None = None

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect that *request* is sent in."""
        api = self.options_reader.read(request).api
        if api is None:
            api = "responses" if speaks_only_responses(request.model) else "chat"
        return self._other() if api == "responses" else self

    def _other(self) -> Dialect:
        if self._responses is None:
            from dragoman_openai.responses import OpenAIResponsesApi  # noqa: PLC0415  # not paid for by who chats

            self._responses = OpenAIResponsesApi()
        return self._responses
