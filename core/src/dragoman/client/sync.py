"""The client classes without ``await``; the calls run in one long-lived event loop in one thread."""

from __future__ import annotations

import copy
import os
from collections.abc import Coroutine, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, Unpack, overload

from dragoman.client.conversation import Conversation
from dragoman.client.ledger import UsageLedger
from dragoman.client.loop_thread import LoopThread, loop_thread
from dragoman.client.request_builder import Untyped
from dragoman.client.stream import EventStream
from dragoman.client.streaming_llm import StreamingLLM
from dragoman.client.sync_context import in_block
from dragoman.client.sync_iteration import SyncIterator, iterate
from dragoman.client.text_answer import check_text
from dragoman.plugins.resolution import Explanation
from dragoman.spec.argument_names import door, tells_members
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import NOT_GIVEN, LLMConfig
from dragoman.spec.errors import ProtocolError
from dragoman.spec.events import Event, StreamEnd, TextDelta
from dragoman.spec.message import Message
from dragoman.spec.operations import Embeddings, ModelInfo
from dragoman.spec.prepared import Prepared
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response, Usage

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from typing_extensions import TypeForm

    from dragoman.client.call_settings import (
        CallSettings,
        CompletionSettings,
        ConfigSettings,
        EmbeddingSettings,
        RunKeywords,
        UploadSettings,
        ValueSettings,
    )
    from dragoman.client.sync_run import SyncRunStream
    from dragoman.client.sync_value_stream import SyncValueStream
    from dragoman.spec.files import FileInfo
    from dragoman.spec.media import FileRef
    from dragoman.spec.run import Run

T = TypeVar("T")
S = TypeVar("S", bound="SyncLLM")


class _Stoppable(Protocol):
    """A stream without ``await``, which reads ahead in the loop until it is stopped there."""

    async def stop(self) -> None: ...


class SyncEventStream:
    """Iterate over the events of an answer, or over its text, without ``await``.

    The loop reads ahead, up to a bound; one thread reads at a time.

    Args:
        stream: the stream.
        thread: where it was opened.

    """

    def __init__(self, stream: EventStream, thread: LoopThread) -> None:
        self._stream = stream
        self._thread = thread
        self._events = SyncIterator(stream, thread)
        self._is_read = False

    def __iter__(self) -> Iterator[Event]:
        """Yield the events."""
        for event in self._events:
            if type(event) is StreamEnd:
                self._is_read = True
            yield event

    def text(self) -> Iterator[str]:
        """Yield the text of the answer, piece by piece; see :meth:`~dragoman.client.stream.EventStream.text`."""
        for event in self:
            if isinstance(event, TextDelta) and event.text:
                yield event.text
        check_text(self.response, self._stream.settings, may_call=True)

    def collect(self) -> Response:
        """Read the stream to its end and return the whole answer."""
        if not self._events.is_begun:
            response = self._thread.run(self._stream.collect())
            self._is_read = True
            return response
        for event in self:
            del event  # keep it out of tracebacks that show locals
        return self.response

    @property
    def response(self) -> Response:
        """Return the whole answer, once the stream has ended.

        Raises:
            ProtocolError: before that.

        """
        if not self._is_read:
            message = "the answer is not complete before the stream has ended; read it to its end first"
            raise ProtocolError(message)
        return self._stream.response

    async def stop(self) -> None:
        """Stop reading ahead; leaving the block of the stream does so."""
        await self._events.stop()


@tells_members
class SyncLLM:
    """Talk to the model that a configuration names, without ``await``.

    Calls may come from any thread, also where an event loop runs, as in a notebook; they run in one event loop of their
    own. Each method does what that of :class:`LLM` or of :class:`StreamingLLM` with its name does.

    Args:
        config: a configuration, or the name of a model; without one, the built-in echo provider answers.
        middleware: what wraps the calls of this object; see :class:`LLM`.
        fields: further arguments of :class:`LLMConfig`, with the name of a model, which may be ``model=`` too.

    """

    def __init__(
        self,
        config: LLMConfig | str = NOT_GIVEN,
        *,
        middleware: Iterable[object] = (),
        **fields: Unpack[ConfigSettings],
    ) -> None:
        try:
            self._llm = StreamingLLM(config, middleware=middleware, **fields)
        finally:
            del config, fields  # keep credentials out of tracebacks that show locals

    @classmethod
    def load(
        cls, profile: str | None = None, *, path: str | os.PathLike[str] | None = None, **fields: Unpack[ConfigSettings]
    ) -> Self:
        """Talk to the model of a profile; see :meth:`LLM.load`."""
        return cls(LLMConfig.load(profile, path=path, **fields))

    def with_(self, **changes: Unpack[ConfigSettings]) -> Self:
        """Return an object for another model or other settings; see :meth:`LLM.with_`."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._llm = self._llm.with_(**changes)
        return other

    @property
    def config(self) -> LLMConfig:
        """Return the configuration; another one may be assigned."""
        return self._llm.config

    @config.setter
    def config(self, config: LLMConfig) -> None:
        self._llm.config = config

    @property
    def usage(self) -> UsageLedger:
        """Return what the calls of this object have used; see :attr:`LLM.usage`."""
        return self._llm.usage

    @door
    def completion(self, prompt: str, **kwargs: Unpack[CompletionSettings]) -> str:
        """Return the text that the model gives for *prompt*; see :meth:`LLM.completion`."""
        return _run(self._llm.completion(prompt, **kwargs))

    @door
    def chat_completion(self, messages: list[Message], **kwargs: Unpack[CallSettings]) -> str:
        """Return the text with which the model goes on with a conversation; see :meth:`LLM.chat_completion`."""
        return _run(self._llm.chat_completion(messages, **kwargs))

    @door
    def streaming_completion(self, prompt: str, **kwargs: Unpack[CompletionSettings]) -> Generator[str, None, None]:
        """Yield the text for *prompt*, piece by piece; see :meth:`StreamingLLM.streaming_completion`."""
        return iterate(self._llm.streaming_completion(prompt, **kwargs), loop_thread())

    @door
    def streaming_chat_completion(
        self, messages: list[Message], **kwargs: Unpack[CallSettings]
    ) -> Generator[str, None, None]:
        """Yield the text of the next turn, piece by piece; see :meth:`StreamingLLM.streaming_chat_completion`."""
        return iterate(self._llm.streaming_chat_completion(messages, **kwargs), loop_thread())

    @overload
    def generate(
        self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[ValueSettings]
    ) -> Response: ...
    @overload
    def generate(
        self, messages: Conversation, *, output: TypeForm[T], repairs: int = 0, **kwargs: Unpack[ValueSettings]
    ) -> Response[T]: ...
    @overload
    def generate(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Response[Any]: ...
    @door
    def generate(self, messages: Conversation, **kwargs: Any) -> Response[Any]:
        """Return the whole answer; see :meth:`LLM.generate`."""
        return _run(self._llm.generate(messages, **kwargs))

    @door
    def extract(
        self, kind: TypeForm[T], messages: Conversation, *, repairs: int = 1, **kwargs: Unpack[ValueSettings]
    ) -> T:
        """Return the answer as a value of *kind*; see :meth:`LLM.extract`."""
        return _run(self._llm.extract(kind, messages, repairs=repairs, **kwargs))

    @door
    @in_block
    def stream_extract(
        self, kind: TypeForm[T], messages: Conversation, **kwargs: Unpack[ValueSettings]
    ) -> Generator[SyncValueStream[T], None, None]:
        """Stream the answer as a value of *kind*; leaving the block hangs up. See :meth:`LLM.stream_extract`."""
        from dragoman.client.sync_value_stream import SyncValueStream  # noqa: PLC0415  # not paid for by other calls

        thread = loop_thread()
        manager = self._llm.stream_extract(kind, messages, **kwargs)
        stream = thread.run(_enter(manager))
        try:
            yield SyncValueStream(stream, thread)
        finally:
            thread.finish(_exit(manager))

    @door
    @in_block
    def stream(
        self, messages: Conversation | CompletionRequest, **kwargs: Unpack[CallSettings]
    ) -> Generator[SyncEventStream, None, None]:
        """Stream the answer; leaving the block hangs up. See :meth:`LLM.stream`."""
        thread = loop_thread()
        manager = self._llm.stream(messages, **kwargs)
        stream = SyncEventStream(thread.run(_enter(manager)), thread)
        try:
            yield stream
        finally:
            thread.finish(_exit(manager, stream))

    @overload
    def run(
        self, messages: Conversation | Run[Any], *, output: TypeForm[T], **kwargs: Unpack[RunKeywords]
    ) -> Run[T]: ...
    @overload
    def run(self, messages: Run[T], **kwargs: Unpack[RunKeywords]) -> Run[T]: ...
    @overload
    def run(self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[RunKeywords]) -> Run[Any]: ...
    @door
    def run(self, messages: Conversation | Run[Any], **kwargs: Any) -> Run[Any]:
        """Run tools until the model has answered; see :meth:`LLM.run`."""
        return _run(self._llm.run(messages, **kwargs))

    @overload
    def stream_run(
        self, messages: Conversation | Run[Any], *, output: TypeForm[T], **kwargs: Unpack[RunKeywords]
    ) -> AbstractContextManager[SyncRunStream[T]]: ...
    @overload
    def stream_run(
        self, messages: Run[T], **kwargs: Unpack[RunKeywords]
    ) -> AbstractContextManager[SyncRunStream[T]]: ...
    @overload
    def stream_run(
        self, messages: Conversation, *, output: Untyped = None, **kwargs: Unpack[RunKeywords]
    ) -> AbstractContextManager[SyncRunStream[Any]]: ...
    @door
    @in_block
    def stream_run(self, messages: Conversation | Run[Any], **kwargs: Any) -> Generator[SyncRunStream[Any], None, None]:
        """Stream what happens in a run; leaving the block ends it. See :meth:`LLM.stream_run`."""
        from dragoman.client.sync_run import SyncRunStream  # noqa: PLC0415  # not paid for by single calls

        thread = loop_thread()
        manager = self._llm.stream_run(messages, **kwargs)
        stream = thread.run(_enter(manager))
        try:
            yield SyncRunStream(stream, thread)
        finally:
            thread.finish(_exit(manager))

    def capabilities(self) -> Capabilities:
        """Return what the model is known to accept; see :meth:`LLM.capabilities`."""
        return self._llm.capabilities()

    @door
    def learn_capabilities(self, *, refresh: bool = False) -> Capabilities:
        """Ask the provider what the model accepts; see :meth:`LLM.learn_capabilities`."""
        return _run(self._llm.learn_capabilities(refresh=refresh))

    def models(self) -> Sequence[ModelInfo]:
        """Return the models that the provider lists; see :meth:`LLM.models`."""
        return _run(self._llm.models())

    @door
    def count_tokens(self, messages: Conversation, **kwargs: Unpack[CallSettings]) -> Usage:
        """Return how many tokens a conversation has; see :meth:`LLM.count_tokens`."""
        return _run(self._llm.count_tokens(messages, **kwargs))

    @door
    def embed(self, texts: Sequence[str], **kwargs: Unpack[EmbeddingSettings]) -> Embeddings:
        """Return one vector for each text; see :meth:`LLM.embed`."""
        return _run(self._llm.embed(texts, **kwargs))

    @door
    def upload(self, source: str | bytes | PathLike[str], **kwargs: Unpack[UploadSettings]) -> FileRef:
        """Store a file at the provider; see :meth:`LLM.upload`."""
        return _run(self._llm.upload(source, **kwargs))

    def files(self) -> Sequence[FileInfo]:
        """Return the files that the provider stores; see :meth:`LLM.files`."""
        return _run(self._llm.files())

    @door
    def delete_file(self, ref: FileRef) -> None:
        """Delete a file that the provider stores; see :meth:`LLM.delete_file`."""
        _run(self._llm.delete_file(ref))

    @door
    def build_request(
        self, messages: Conversation, *, stream: bool = False, **kwargs: Unpack[CallSettings]
    ) -> Prepared:
        """Return the HTTP request that would be sent; see :meth:`LLM.build_request`."""
        return self._llm.build_request(messages, stream=stream, **kwargs)

    def explain(self) -> Explanation:
        """Say which provider answers, and why; see :meth:`LLM.explain`."""
        return self._llm.explain()

    def close(self) -> None:
        """Close the connections; see :meth:`LLM.aclose`."""
        _run(self._llm.aclose())

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __copy__(self) -> Self:
        return _around(type(self), copy.copy(self._llm))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return _around(type(self), copy.deepcopy(self._llm, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the configuration and the middleware; a configuration with a key cannot be pickled."""
        return (_around, (type(self), self._llm))

    def __repr__(self) -> str:
        return f"SyncLLM({self.config!r})"


def _around(kind: type[S], llm: StreamingLLM) -> S:
    """Return a client of *kind* that asks *llm*."""
    made = object.__new__(kind)
    made._llm = llm  # pyright: ignore[reportPrivateUsage]  # of this module
    return made


def _run(call: Coroutine[Any, Any, T]) -> T:
    """Return the result of a call, which runs in the loop."""
    try:
        thread = loop_thread()
    except BaseException:  # pragma: no cover - an interrupt, which is tested in another process
        call.close()
        raise
    return thread.run(call)


async def _enter(manager: AbstractAsyncContextManager[T]) -> T:
    return await manager.__aenter__()


async def _exit(manager: AbstractAsyncContextManager[object], stream: _Stoppable | None = None) -> None:
    try:
        if stream is not None:
            await stream.stop()
    finally:
        await manager.__aexit__(None, None, None)
