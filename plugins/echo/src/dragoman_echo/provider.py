"""The provider that repeats the last user message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from dragoman import (
    YES,
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    EmbeddingRules,
    Embeddings,
    Event,
    FileInfo,
    FileRef,
    FileUpload,
    ModelInfo,
    ProviderConfig,
    ProviderInfo,
    Response,
    ResponseSnapshot,
    Usage,
    UsageSnapshot,
    build_response,
    structure_options,
)
from dragoman_echo.embeddings import EchoEmbeddingOptions, embeddings
from dragoman_echo.errors import deadline_error, requested_error
from dragoman_echo.files import HeldFiles
from dragoman_echo.options import EchoOptions
from dragoman_echo.response import answer, usage
from dragoman_echo.stream import part_events

_CAPABILITIES = Capabilities(settings={"n": YES}, completion=YES, tools=YES, tool_choice=YES, json_schema=YES)


class EchoProvider:
    """Repeat the last user message."""

    info = ProviderInfo(name="echo", issuer="echo", options=EchoOptions)
    embedding_rules: ClassVar[EmbeddingRules] = EmbeddingRules(options=EchoEmbeddingOptions)

    def __init__(self, config: ProviderConfig) -> None:
        self._defaults = config.options
        self._failures = 0
        self._held = HeldFiles()
        structure_options(EchoOptions, config.options, provider="echo")

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002  # the same for every model
        """Return that everything is accepted: the echo takes any setting and ignores it."""
        return _CAPABILITIES

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt with itself."""
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation with its last user message, calls of tools, or a value that matches the schema."""
        options = self._options(request)
        self._fail_if_requested(options)
        await _stall(options, context)
        parts, finish = answer(request, options.calls)
        count = request.settings.n or 1
        others = tuple(build_response(parts, finish) for _ in range(1, count))
        return build_response(parts, finish, usage=usage(request, parts, count), alternatives=others)

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the same answer as :meth:`chat`, word by word."""
        chat = request.as_chat()
        options = self._options(chat)
        self._fail_if_requested(options)
        yield self._events(chat, options, context)

    async def _events(self, request: ChatRequest, options: EchoOptions, context: CallContext) -> AsyncIterator[Event]:
        parts, finish = answer(request, options.calls)
        for index, event in enumerate(part_events(parts)):
            if index == options.cut:
                return
            await _stall(options, context)
            yield event
        yield UsageSnapshot(usage(request, parts))
        yield ResponseSnapshot(finish=finish)
        await asyncio.sleep(0)

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:  # noqa: ARG002  # nobody is asked
        """Return the number of words, which are the tokens of the echo."""
        return Usage(input_tokens=usage(request, ()).input_tokens)

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:  # noqa: ARG002  # nobody is asked
        """Return the one model."""
        return (ModelInfo(id="echo", input=("text",)),)

    async def embed(
        self,
        model: str,
        texts: Sequence[str],
        options: Mapping[str, Any],
        context: CallContext,  # noqa: ARG002  # nobody is asked
    ) -> Embeddings:
        """Return vectors, which are the same each time."""
        return embeddings(model, texts, options)

    async def upload(self, file: FileUpload, context: CallContext) -> FileRef:  # noqa: ARG002  # nobody is asked
        """Hold a file in memory."""
        return self._held.add(file)

    async def files(self, context: CallContext) -> Sequence[FileInfo]:  # noqa: ARG002  # nobody is asked
        """Return the files in memory."""
        return self._held.all()

    async def delete_file(self, ref: FileRef, context: CallContext) -> None:  # noqa: ARG002  # nobody is asked
        """Hold a file no longer."""
        self._held.delete(ref)

    async def aclose(self) -> None:
        """Forget the files, which are the only resource of the echo."""
        self._held.clear()

    def _options(self, request: ChatRequest) -> EchoOptions:
        return structure_options(EchoOptions, request.options.get("echo", self._defaults), provider="echo")

    def _fail_if_requested(self, options: EchoOptions) -> None:
        if options.fail is None or (options.fail_times is not None and self._failures >= options.fail_times):
            return
        self._failures += 1
        raise requested_error(options.fail)


async def _stall(options: EchoOptions, context: CallContext) -> None:
    """Wait as long as the options require, but not past the deadline of the call."""
    remaining = context.remaining()
    if remaining is not None and remaining < options.stall:
        await context.clock.sleep(remaining)
        raise deadline_error()
    if options.stall:
        await context.clock.sleep(options.stall)
