"""Both dialects of OpenRouter as one: each request goes to the API that it asks for."""

from __future__ import annotations

from dragoman import ChatRequest, CompletionRequest
from dragoman.http import Dialect
from dragoman_openrouter.chat import OpenRouterChat
from dragoman_openrouter.responses import OpenRouterResponses


class OpenRouterDialect(OpenRouterChat):
    """Speak chat completions, and the Responses API where ``api="responses"`` says so."""

    def __init__(self) -> None:
        super().__init__()
        self._responses = OpenRouterResponses()

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect that *request* is sent in."""
        return self._responses if self.options_reader.read(request).api == "responses" else self
