"""Middleware that marks every answer, written for specification 1.0."""

from __future__ import annotations

from collections.abc import Generator

import attrs

from dragoman import Binding, CallContext, ChatCall, ChatRequest, ModelQuery, Resolution, Response, hookimpl


@hookimpl(wrapper=True)
def dragoman_chat(binding: Binding) -> Generator[None, ChatCall, ChatCall]:
    """Stand around the call."""
    call = yield

    async def marked(request: ChatRequest, context: CallContext) -> Response:
        response = await call(request, context)
        return attrs.evolve(response, metadata={**response.metadata, "recalled": binding.provider})

    return marked


@hookimpl
def dragoman_resolve(query: ModelQuery) -> Resolution | None:
    """Know one alias."""
    return Resolution(provider="greeter", model="greet-1") if query.model == "house" else None
