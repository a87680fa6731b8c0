"""Chat completions with Groq, where a model that is gone is said to be so, and one that wrote amiss may try again."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from dragoman import CallContext, ChatRequest, Event, ModelRetiredError, ProviderError, Response
from dragoman_groq.chat import MODEL_FAULTS
from dragoman_groq.families import successor
from dragoman_openai_compatible import OpenAIProvider

_DEPRECATIONS = "https://console.groq.com/docs/deprecations"


class GroqProvider(OpenAIProvider):
    """Tell models that Groq switched off from those that never were, and let a model that wrote amiss try again."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation.

        Raises:
            ModelRetiredError: if the model is gone.

        """
        try:
            return await super().chat(request, context)
        except ProviderError as error:
            raise_if_retired(error, request.model)
            _allow_another_try(error, context)
            raise

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation.

        Raises:
            ModelRetiredError: if the model is gone.

        """
        try:
            async with super().stream(request, context) as events:
                yield events
        except ProviderError as error:
            raise_if_retired(error, request.model)
            _allow_another_try(error, context)
            raise


def _allow_another_try(error: ProviderError, context: CallContext) -> None:
    """Let the first try be repeated where the model wrote amiss: once, since each try is paid for."""
    if error.code in MODEL_FAULTS and context.attempt == 1:
        error.retryable = True


def raise_if_retired(error: ProviderError, model: str) -> None:
    """Raise what *error* means if the model was switched off: Groq says so, or does not know one it used to have.

    Raises:
        ModelRetiredError: if the model is gone.

    """
    new = successor(model)
    gone = error.code == "model_decommissioned" or (error.code == "model_not_found" and new is not None)
    if not gone:
        return
    hint = f"use {new!r}, or see {_DEPRECATIONS}" if new else f"see {_DEPRECATIONS}"
    message = f"Groq has switched off the model {model!r}; {hint}"
    raise ModelRetiredError(
        message,
        provider=error.provider,
        model=model,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        body=error.body,
        headers=error.headers,
    ) from error
