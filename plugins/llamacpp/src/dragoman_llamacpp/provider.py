"""A provider whose models run in this very process."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType

from dragoman import (
    NO,
    YES,
    Assembler,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    DragomanError,
    Event,
    Origin,
    Prepared,
    ProviderConfig,
    ProviderInfo,
    RequestTimeoutError,
    Response,
    ServerError,
    StreamEnd,
    StreamStart,
    Support,
)
from dragoman.http import HttpRequest, ServerSentEvent, StreamDecoder, loads
from dragoman_llamacpp.chat import NAME, LlamaCppChat
from dragoman_llamacpp.engine import Door, Engine, Generation, engine_of
from dragoman_llamacpp.loading import source_of
from dragoman_llamacpp.options import LlamaCppOptions, Loading, check_call

_DOORS: dict[str, Door] = {
    LlamaCppChat.chat_path: "handle_chat_completions",
    LlamaCppChat.completion_path: "handle_completions",
}
_EFFORT = Cap(support=Support.NO, note="how a model is told to reason is a matter of its chat template")


class LlamaCppProvider:
    """Answer with GGUF files, each loaded once and shared by all providers of the process that ask for it alike.

    Args:
        config: the options; a base URL is refused.

    Raises:
        ConfigurationError: for a base URL.
        InvalidRequestError: for an unknown option, or one of the wrong type.

    """

    info = ProviderInfo(name=NAME, issuer=NAME, options=LlamaCppOptions, docs="https://github.com/ggml-org/llama.cpp")
    default_retries = 0  # what failed once in process fails again

    def __init__(self, config: ProviderConfig) -> None:
        if config.api_base is not None:
            message = "llamacpp answers in process and takes no api_base; a server is for provider='openai_compatible'"
            raise ConfigurationError(message, provider=NAME, parameter="api_base")
        self._dialect = LlamaCppChat()
        self._options = self._dialect.options_reader.structure(config.options)
        self._engines: dict[str, Engine] = {}

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002  # the same for every file
        """Return what llama.cpp accepts for any model."""
        return Capabilities(
            settings={"effort": _EFFORT, "service_tier": NO},
            input={"image/*": NO, "audio/*": NO, "application/pdf": NO},
            completion=YES,
            tools=YES,
            tool_choice=YES,
            json_schema=YES,
        )

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Go on from a prompt, as it is: without the model's chat template."""
        return await self._collect(request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        return await self._collect(request, context)

    def stream(self, request: ChatRequest, context: CallContext) -> Streaming:
        """Stream the answer to a conversation; leaving the block stops the model."""
        return Streaming(partial(self._begin, request, context))

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:  # noqa: ARG002
        """Return what llama.cpp would be given; it always streams, for only so can it be stopped."""
        wire = self._encode(request)
        body = loads(wire.body) if wire.body else None
        return Prepared(method="CALL", url=f"xllamacpp:{_DOORS[wire.url]}", headers={}, body=body)

    async def aclose(self) -> None:
        """Let go of the models; the last to do so frees their memory."""
        self._engines = {}

    async def _collect(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Response:
        answer = self._begin(request, context)
        assembler = Assembler(answer.start)
        try:
            async for event in answer:
                if event is not answer.start:
                    assembler.feed(event)
        except DragomanError as error:
            assembler.annotate(error)
            raise
        finally:
            answer.stop()
        last = assembler.end()[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # the assembler's promise
        return last.response

    def _begin(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Answer:
        wire = self._encode(request)
        generation = Generation(_DOORS[wire.url], wire.body or b"")
        start = StreamStart(wire.adjustments, Origin(model=request.model))
        answer = Answer(generation, self._dialect, start, context)
        self._engine(request.model).submit(generation)
        return answer

    def _encode(self, request: ChatRequest | CompletionRequest) -> HttpRequest:
        check_call(request.options.get(NAME, {}), self._options)
        return self._dialect.encode(request, stream=True)

    def _engine(self, model: str) -> Engine:
        source = source_of(model)
        engine = self._engines.get(source)
        if engine is None:
            engine = self._engines[source] = engine_of(Loading.of(source, self._options))
        return engine


class Streaming:
    """Begin an answer on entering, stop the model on leaving.

    A generator would do, but event loops close the generators that a script abandons in any order.

    Args:
        begin: begins the answer.

    """

    def __init__(self, begin: Callable[[], Answer]) -> None:
        self._begin = begin
        self._answer: Answer | None = None

    async def __aenter__(self) -> Answer:
        """Begin."""
        self._answer = self._begin()
        return self._answer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        if self._answer is not None:
            self._answer.stop()


class Answer:
    """Iterate over the events of one answer, as they are made.

    Args:
        generation: where it comes from.
        dialect: what it means.
        start: the first event.
        context: the limits of the call.

    """

    def __init__(self, generation: Generation, dialect: LlamaCppChat, start: StreamStart, context: CallContext) -> None:
        self.start = start
        self.stop = generation.stop
        self._generation = generation
        self._dialect = dialect
        self._decoder: StreamDecoder = dialect.decoder()
        self._context = context
        self._pending: deque[Event] = deque((start,))
        self._phase = "first_byte"
        self._ended = False

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            ProviderError: what llama.cpp reports.
            RequestTimeoutError: if it takes longer than the caller allows.

        """
        while not self._pending:
            if self._ended:
                raise StopAsyncIteration
            await self._fill()
        return self._pending.popleft()

    async def _fill(self) -> None:
        item = await self._next()
        self._phase = "idle"
        if isinstance(item, bytes):
            self._pending.extend(self._decoder.feed(ServerSentEvent(item)))
        elif item is None:
            self._ended = True
            self._pending.extend(self._decoder.close())
        else:
            self._ended = True
            raise self._failure(item)

    async def _next(self) -> bytes | Exception | None:
        timeouts, remaining = self._context.timeouts, self._context.remaining()
        patience = timeouts.first_byte if self._phase == "first_byte" else timeouts.idle
        limits = [limit for limit in (patience, remaining) if limit is not None]
        try:
            async with asyncio.timeout(min(limits, default=None)):
                return await self._generation.next()
        except TimeoutError:
            is_total = remaining is not None and (patience is None or remaining <= patience)
            phase = "total" if is_total else self._phase
            name = "timeout" if is_total else f"{phase}_timeout"
            message = f"the model took longer than the time allowed ({name})"
            raise RequestTimeoutError(message, phase=phase, retryable=False) from None

    def _failure(self, error: Exception) -> DragomanError:
        """Return the typed error for an exception out of the thread."""
        if isinstance(error, DragomanError):
            return error
        if isinstance(error, ValueError | RuntimeError):  # llama.cpp's words for a request that makes no sense
            typed: DragomanError = self._dialect.refusal(str(error))
        else:
            typed = ServerError(f"llama.cpp failed: {type(error).__name__}: {error}", retryable=False)
        typed.__cause__ = error
        return typed
