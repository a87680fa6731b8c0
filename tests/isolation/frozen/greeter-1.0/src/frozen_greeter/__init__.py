"""A provider that says what it was asked, written for specification 1.0."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dragoman import (
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    Message,
    PartStart,
    PartStop,
    ProviderConfig,
    ProviderInfo,
    Response,
    ResponseSnapshot,
    StreamStart,
    Text,
    TextDelta,
    Usage,
    hookimpl,
)


class Greeter:
    """Answer with the last words and the settings that came along."""

    info = ProviderInfo(name="greeter", issuer="greeter", spec="1.0")

    def capabilities(self, model: str) -> Capabilities:
        return Capabilities()

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        words = f"{request.messages[-1].content}, {request.model}, {request.settings.temperature}"
        return Response(
            message=Message("assistant", words),
            finish=Finish(reason="stop"),
            usage=Usage(input_tokens=1, output_tokens=1),
        )

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        whole = await self.chat(request, context)
        yield self._events(whole.message.content)

    async def _events(self, text: str) -> AsyncIterator[Event]:
        yield StreamStart()
        yield PartStart(0, Text(text=""))
        for word in text.split(" "):
            yield TextDelta(0, f"{word} ")
        yield PartStop(0)
        yield ResponseSnapshot(finish=Finish(reason="stop"))

    async def aclose(self) -> None:
        return None


@hookimpl
def dragoman_provider(config: ProviderConfig) -> Greeter:
    """Make the provider."""
    return Greeter()
