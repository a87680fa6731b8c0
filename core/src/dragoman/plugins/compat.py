"""Adapt a provider that was written for an earlier version of the specification to the present one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any, cast

import attrs

from dragoman.plugins.downgrade import R, downgrade
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec._value import changed
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.events import Event, StreamStart
from dragoman.spec.operations import CountsTokens, Embeds, LearnsCapabilities, ListsModels, RemembersCapabilities
from dragoman.spec.prepared import Prepared, Prepares
from dragoman.spec.provider import CallContext, Provider
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment, Response, Usage


class DowngradingProvider:
    """Rewrite each request for an older provider, and record the changes.

    Args:
        provider: the provider.
        spec: the version of the specification that it was written for.
        policy: what to do with a setting that this version cannot express, if the call does not say.

    """

    def __init__(self, provider: Provider, spec: tuple[int, int], policy: Policy | None = None) -> None:
        self.info = provider.info
        self._provider = provider
        self._spec = spec
        self._policy: Policy | None = policy
        # isinstance() detects the optional protocols by their methods, so only those of the provider are set.
        if isinstance(provider, ListsModels):
            self.models = provider.models
        if isinstance(provider, LearnsCapabilities):
            self.learn_capabilities = provider.learn_capabilities
        if isinstance(provider, RemembersCapabilities):
            self.remember_capabilities = provider.remember_capabilities
        if isinstance(provider, Embeds):
            self.embed = provider.embed
        if isinstance(provider, CountsTokens):
            self.count_tokens = self._count_tokens_with(provider)
        if isinstance(provider, Prepares):
            self.prepare = self._prepare_with(provider)

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
        return _with_adjustments(await self._provider.complete(older, context), adjustments)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        older, adjustments = self.rewrite(request, context)
        return _with_adjustments(await self._provider.chat(older, context), adjustments)

    def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer to a conversation or a prompt."""
        older, adjustments = self.rewrite(cast("ChatRequest", request), context)
        manager = self._provider.stream(older, context)
        if not adjustments:
            return manager

        async def opening() -> tuple[AsyncIterator[Event], AbstractAsyncContextManager[AsyncIterator[Event]]]:
            return _WithAdjustments(await manager.__aenter__(), adjustments), manager

        return LazyContext(opening)

    async def aclose(self) -> None:
        """Close the provider."""
        await self._provider.aclose()

    def rewrite(self, request: R, context: CallContext) -> tuple[R, tuple[Adjustment, ...]]:
        """Return *request* as the older specification expresses it, and a record of the changes."""
        return downgrade(request, self._spec, context.on_unsupported or self._policy)

    def _count_tokens_with(self, provider: CountsTokens) -> Any:
        async def count_tokens(request: ChatRequest, context: CallContext) -> Usage:
            return await provider.count_tokens(self.rewrite(request, context)[0], context)

        return count_tokens

    def _prepare_with(self, provider: Prepares) -> Any:
        def prepare(request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
            older, adjustments = downgrade(cast("ChatRequest", request), self._spec, self._policy)
            prepared = provider.prepare(older, stream=stream)
            return changed(prepared, adjustments=adjustments + prepared.adjustments)

        return prepare


class _WithAdjustments:
    """Iterate over *events*, with *adjustments* added to the ``StreamStart`` at the beginning."""

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


def _with_adjustments(response: Response, adjustments: tuple[Adjustment, ...]) -> Response:
    """Add *adjustments* to *response*; anything but a ``Response`` is returned unchanged, the caller refuses it."""
    if not adjustments or not isinstance(response, Response):  # pyright: ignore[reportUnnecessaryIsInstance]  # a plugin may return anything
        return response
    return attrs.evolve(response, adjustments=adjustments + response.adjustments)
