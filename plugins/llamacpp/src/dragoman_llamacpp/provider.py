"""The provider whose models run in this process."""

from __future__ import annotations

from functools import partial

import attrs

from dragoman import (
    Assembler,
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    DragomanError,
    Origin,
    Prepared,
    ProviderConfig,
    ProviderInfo,
    Response,
    StreamEnd,
    StreamStart,
)
from dragoman.http import HttpRequest, loads
from dragoman_llamacpp.engine import Engine, Generation, Handler, engine_of
from dragoman_llamacpp.models import CAPABILITIES, model_source
from dragoman_llamacpp.options import NAME, LlamaCppOptions, LoadOptions, check_call_options
from dragoman_llamacpp.request import LlamaCppChat
from dragoman_llamacpp.stream import AnswerStream, EventIterator
from dragoman_openai_compatible import reasoning_of_model

_HANDLERS: dict[str, Handler] = {
    LlamaCppChat.chat_path: "handle_chat_completions",
    LlamaCppChat.completion_path: "handle_completions",
}


class LlamaCppProvider:
    """Answer with GGUF files, each loaded once for all providers of the process that load it with the same options.

    Args:
        config: the options; a base URL is refused.

    Raises:
        ConfigurationError: if there is a base URL.
        InvalidRequestError: if an option is unknown or of the wrong type.

    """

    info = ProviderInfo(
        name=NAME,
        issuer=NAME,
        options=LlamaCppOptions,
        docs="https://github.com/ggml-org/llama.cpp",
        formats=frozenset({"chat"}),
    )
    default_retries = 0  # a call that failed in process would fail again

    def __init__(self, config: ProviderConfig) -> None:
        if config.api_base is not None:
            message = "llamacpp answers in process and takes no api_base; use provider='openai_compatible' for a server"
            raise ConfigurationError(message, provider=NAME, parameter="api_base")
        self._dialect = LlamaCppChat()
        self._options = self._dialect.options_reader.structure(config.options)
        self._engines: dict[str, Engine] = {}

    def capabilities(self, model: str) -> Capabilities:
        """Return what llama.cpp accepts for any model, and whether the model reasons, by the name of its file."""
        return attrs.evolve(CAPABILITIES, reasoning=reasoning_of_model(model.replace("\\", "/")))

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Continue a prompt as it is, without the model's chat template."""
        return await self._collect(request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        return await self._collect(request, context)

    def stream(self, request: ChatRequest | CompletionRequest, context: CallContext) -> AnswerStream:
        """Stream the answer to a conversation or what follows a prompt; leaving the block stops the model."""
        return AnswerStream(partial(self._begin, request, context))

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:  # noqa: ARG002
        """Return the request for llama.cpp; it always streams, since only a stream can be stopped."""
        wire = self._encode(request)
        body = loads(wire.body) if wire.body else None
        return Prepared(method="CALL", url=f"xllamacpp:{_HANDLERS[wire.url]}", headers={}, body=body)

    async def aclose(self) -> None:
        """Release the models; the memory of a model is freed when no provider uses it any more."""
        self._engines = {}

    async def _collect(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Response:
        events = self._begin(request, context)
        assembler = Assembler(events.start)
        try:
            async for event in events:
                if event is not events.start:
                    assembler.feed(event)
        except DragomanError as error:
            assembler.annotate(error)
            raise
        finally:
            events.stop()
        last = assembler.end()[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # guaranteed by the assembler
        return last.response

    def _begin(self, request: ChatRequest | CompletionRequest, context: CallContext) -> EventIterator:
        wire = self._encode(request)
        generation = Generation(_HANDLERS[wire.url], wire.body or b"")
        start = StreamStart(wire.adjustments, Origin(model=request.model))
        events = EventIterator(generation, self._dialect, start, context)
        self._engine(request.model).submit(generation)
        return events

    def _encode(self, request: ChatRequest | CompletionRequest) -> HttpRequest:
        check_call_options(request.options.get(NAME, {}), self._options)
        return self._dialect.encode(request, stream=True)

    def _engine(self, model: str) -> Engine:
        source = model_source(model)
        engine = self._engines.get(source)
        if engine is None:
            engine = self._engines[source] = engine_of(LoadOptions.of(source, self._options))
        return engine
