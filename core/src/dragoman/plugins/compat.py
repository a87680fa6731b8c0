"""A provider that was written for an earlier specification, behind the face of the present one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import attrs

from dragoman.plugins.downgrade import R, downgrade
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.events import Event, StreamStart
from dragoman.spec.operations import CountsTokens, Embeds, ListsModels
from dragoman.spec.provider import CallContext, Prepared, Prepares, Provider
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment, Response, Usage


class DowngradingProvider:
    """Hand each request to a provider in words that it knows, and record what that changed.

    Args:
        provider: the provider.
        spec: the specification it was written for.
        policy: what to do with a wish that it has no word for, where the call does not say.

    """

    def __init__(self, provider: Provider, spec: tuple[int, int], policy: Policy | None = None) -> None:
        self.info = provider.info
        self._provider = provider
        self._spec = spec
        self._policy: Policy | None = policy
        # What a provider can do beside the three calls is found by the presence of the method.
        if isinstance(provider, ListsModels):
            self.models = provider.models
        if isinstance(provider, Embeds):
            self.embed = provider.embed
        if isinstance(provider, CountsTokens):
            self.count_tokens = self._counting(provider)
        if isinstance(provider, Prepares):
            self.prepare = self._preparing(provider)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._provider, name)

    def capabilities(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        return self._provider.capabilities(model)

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt."""
        older, adjustments = self.rewrite(request, context)
        return _noted(await self._provider.complete(older, context), adjustments)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        older, adjustments = self.rewrite(request, context)
        return _noted(await self._provider.chat(older, context), adjustments)

    def stream(self, request: ChatRequest, context: CallContext) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer to a conversation."""
        older, adjustments = self.rewrite(request, context)
        manager = self._provider.stream(older, context)
        if not adjustments:
            return manager

        async def opening() -> tuple[AsyncIterator[Event], AbstractAsyncContextManager[AsyncIterator[Event]]]:
            return _Announced(await manager.__aenter__(), adjustments), manager

        return LazyContext(opening)

    async def aclose(self) -> None:
        """Close the provider."""
        await self._provider.aclose()

    def rewrite(self, request: R, context: CallContext) -> tuple[R, tuple[Adjustment, ...]]:
        """Return *request* in the words that the provider knows, and what that changed."""
        return downgrade(request, self._spec, context.on_unsupported or self._policy)

    def _counting(self, provider: CountsTokens) -> Any:
        async def count_tokens(request: ChatRequest, context: CallContext) -> Usage:
            return await provider.count_tokens(self.rewrite(request, context)[0], context)

        return count_tokens

    def _preparing(self, provider: Prepares) -> Any:
        def prepare(request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
            older, _ = downgrade(cast("ChatRequest", request), self._spec, self._policy)
            return provider.prepare(older, stream=stream)

        return prepare


class _Announced:
    """Begin with a start that holds *adjustments*, then go on with *events*."""

    def __init__(self, events: AsyncIterator[Event], adjustments: tuple[Adjustment, ...]) -> None:
        self._events = events
        self._adjustments = adjustments
        self._kept: Event | None = None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if self._kept is not None:
            event, self._kept = self._kept, None
            return event
        event = await anext(self._events)
        adjustments, self._adjustments = self._adjustments, ()
        if not adjustments:
            return event
        if isinstance(event, StreamStart):
            return attrs.evolve(event, adjustments=adjustments + event.adjustments)
        self._kept = event
        return StreamStart(adjustments)


def _noted(response: Response, adjustments: tuple[Adjustment, ...]) -> Response:
    """Add to *response* what changed, unless it is none: whoever called finds that out."""
    if not adjustments or not isinstance(response, Response):  # pyright: ignore[reportUnnecessaryIsInstance]  # a plugin's word
        return response
    return attrs.evolve(response, adjustments=adjustments + response.adjustments)
