"""The provider of the proxy, which reports the cost and its own ids in the headers of its replies.

https://docs.litellm.ai/docs/proxy/response_headers
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager

import attrs

from dragoman import (
    JSON,
    CallContext,
    ChatRequest,
    CompletionRequest,
    Event,
    ProviderConfig,
    ProviderInfo,
    Response,
    ResponseSnapshot,
    StreamStart,
)
from dragoman.http import number_of, real
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from dragoman_litellm_proxy.endpoint import endpoint
from dragoman_litellm_proxy.models import capabilities
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_openai_compatible import OpenAIProvider

INFO = ProviderInfo(
    name="litellm_proxy",
    issuer="litellm_proxy",
    options=LiteLLMProxyOptions,
    docs="https://docs.litellm.ai/docs/simple_proxy",
)

_TEXTS: Mapping[str, str] = {
    "x-litellm-call-id": "litellm_call_id",
    "x-litellm-model-id": "litellm_model_id",
    "x-litellm-model-group": "litellm_model_group",
    "x-litellm-model-api-base": "litellm_model_api_base",
    "x-litellm-version": "litellm_version",
}
_NUMBERS: Mapping[str, str] = {
    "x-litellm-response-cost": "cost",
    "x-litellm-key-spend": "key_spend",
    "x-litellm-key-max-budget": "key_max_budget",
    "x-litellm-response-duration-ms": "response_duration_ms",
    "x-litellm-overhead-duration-ms": "overhead_duration_ms",
    "x-litellm-attempted-retries": "attempted_retries",
    "x-litellm-attempted-fallbacks": "attempted_fallbacks",
}


class LiteLLMProxyProvider(OpenAIProvider):
    """Add what the headers of a reply report to the metadata of the response."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        response = await super().chat(request, context)
        return attrs.evolve(response, metadata={**response.metadata, **header_metadata(response.headers)})

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation."""
        async with super().stream(request, context) as events:
            yield _WithHeaderMetadata(events)


def make_provider(config: ProviderConfig) -> LiteLLMProxyProvider:
    """Return the provider for *config*; it does not retry by default, because the proxy does.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    dialect = LiteLLMProxyChat()
    dialect.options_reader.structure(config.options)
    return LiteLLMProxyProvider(
        INFO,
        dialect,
        endpoint(config),
        capabilities=capabilities,
        kept_headers=("x-litellm-", "llm_provider-"),
        default_retries=0,
    )


class _WithHeaderMetadata:
    """Yield the events of a stream, and after the first one a snapshot of the metadata in its headers."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        self._next: Event | None = None

    def __aiter__(self) -> _WithHeaderMetadata:
        return self

    async def __anext__(self) -> Event:
        if self._next is not None:
            event, self._next = self._next, None
            return event
        event = await anext(self._events)
        if isinstance(event, StreamStart) and (metadata := header_metadata(event.headers)):
            self._next = ResponseSnapshot(metadata=metadata)
        return event


def header_metadata(headers: Mapping[str, str]) -> dict[str, JSON]:
    """Return the metadata in the headers of a reply: costs in US dollars, durations in milliseconds."""
    texts: dict[str, JSON] = {key: headers[name] for name, key in _TEXTS.items() if headers.get(name)}
    numbers = {key: real(number_of(headers[name])) for name, key in _NUMBERS.items() if name in headers}
    return {**texts, **{name: value for name, value in numbers.items() if value is not None}}
