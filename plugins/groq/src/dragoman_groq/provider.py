"""The provider of Groq, which reports retired models and lets faults of the model be retried once."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import attrs

from dragoman import (
    CallContext,
    ChatRequest,
    CompletionRequest,
    Event,
    ProviderConfig,
    ProviderError,
    ProviderInfo,
    Response,
)
from dragoman_groq.chat import GroqChat
from dragoman_groq.endpoint import endpoint
from dragoman_groq.errors import MODEL_FAULTS, raise_if_retired
from dragoman_groq.models import capabilities
from dragoman_groq.options import GroqOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="groq",
    issuer="groq",
    options=GroqOptions,
    docs="https://console.groq.com/docs/api-reference",
    formats=frozenset({"chat", "responses"}),
)


class GroqProvider(OpenAIProvider):
    """Distinguish retired models from unknown ones, and allow one retry after a fault of the model."""

    history = attrs.evolve(OpenAIProvider.history, speakers=False, call_forms=("function_call",))
    """https://console.groq.com/docs/openai lists the names of messages among what is not supported."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation.

        Raises:
            ModelRetiredError: if Groq has switched off the model.
            ProviderError: for all other errors.

        """
        try:
            return await super().chat(request, context)
        except ProviderError as error:
            raise_if_retired(error, request.model)
            _allow_one_retry(error, context)
            raise

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation.

        Raises:
            ModelRetiredError: if Groq has switched off the model.
            ProviderError: for all other errors.

        """
        try:
            async with super().stream(request, context) as events:
                yield events
        except ProviderError as error:
            raise_if_retired(error, request.model)
            _allow_one_retry(error, context)
            raise


def make_provider(config: ProviderConfig) -> GroqProvider:
    """Return the provider for *config*.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = GroqChat()
    dialect.options_reader.structure(config.options)
    return GroqProvider(INFO, dialect, endpoint(config), capabilities=capabilities, kept_headers=("x-groq-",))


def _allow_one_retry(error: ProviderError, context: CallContext) -> None:
    """Mark the first error of the model as retryable; later ones are not, since each attempt is billed."""
    if error.code in MODEL_FAULTS and context.attempt == 1:
        error.retryable = True
