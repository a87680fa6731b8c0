"""The client classes without ``await``; the calls run in one long-lived event loop in one thread."""

from __future__ import annotations

import atexit
import copy
import os
import threading
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from dragoman.client.conversation import Conversation
from dragoman.client.llm import LLM
from dragoman.client.stream import EventStream
from dragoman.client.text_answer import check_text
from dragoman.plugins.descriptors import require_descriptors
from dragoman.plugins.resolution import Explanation
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import NOT_GIVEN, LLMConfig
from dragoman.spec.errors import ConfigurationError, ConnectionFailedError
from dragoman.spec.events import Event, TextDelta
from dragoman.spec.message import Message
from dragoman.spec.provider import Prepared
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures

T = TypeVar("T")


_AT_EXIT = "the process is about to end, and its event loop has ended; wait for all calls before the program ends"
_PATIENCE = 1.0
"""How many seconds an interrupted call may take to clean up."""


class _Call(Generic[T]):
    """Run one coroutine in the loop; it can be cancelled from the moment this object exists."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[Any] | None = None
        self.ended = threading.Event()

    async def run(self) -> T:
        """Await the coroutine."""
        import asyncio  # noqa: PLC0415  # not paid for at import

        self._task = asyncio.current_task()
        try:
            return await self._coroutine
        finally:
            self.ended.set()

    def cancel(self) -> None:
        """Cancel the coroutine, in its loop."""
        if self._task is None:
            self._coroutine.close()
            self.ended.set()
        else:
            self._task.cancel()


class _LoopThread:
    """Run one event loop in one daemon thread until the process ends."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415  # not paid for at import

        require_descriptors()
        self.process = os.getpid()
        self._is_closed = False
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dragoman-loop", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return the result of *coroutine*; an interrupt cancels it and waits for its end."""
        import concurrent.futures  # noqa: PLC0415  # not paid for at import

        if self.process != os.getpid():
            coroutine.close()
            message = "this stream was opened in the process that was forked; open one here"
            raise ConfigurationError(message)
        if threading.current_thread() is self._thread:
            coroutine.close()
            message = "a SyncLLM cannot be used inside its own event loop; await an LLM there"
            raise ConfigurationError(message)
        call = _Call(coroutine)
        try:
            return self._sent(call.run()).result()
        except ConfigurationError:
            coroutine.close()
            raise
        except BaseException as error:
            if self._is_closed and isinstance(error, concurrent.futures.CancelledError):
                raise ConnectionFailedError(_AT_EXIT, retryable=False) from None
            if not call.ended.is_set():
                self._loop.call_soon_threadsafe(call.cancel)
                call.ended.wait(timeout=_PATIENCE)
            raise

    def _sent(self, running: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Hand a coroutine to the loop."""
        import asyncio  # noqa: PLC0415  # imported only when needed

        if not self._is_closed:
            return asyncio.run_coroutine_threadsafe(running, self._loop)
        running.close()
        raise ConfigurationError(_AT_EXIT)

    def close(self) -> None:
        """Stop the loop and close what is open in it."""
        if self.process != os.getpid():
            return
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for _ in range(2):  # a call that was handed over meanwhile becomes a task, and begins: the runner ends it
            self._loop.call_soon(self._loop.stop)
            self._loop.run_forever()
        self._runner.close()


_locks = {os.getpid(): threading.Lock()}
_threads: list[_LoopThread] = []


def _loop_thread() -> _LoopThread:
    """Return the loop of this process; a forked child starts its own, and may have inherited a lock that is held."""
    with _locks.setdefault(os.getpid(), threading.Lock()):
        if not _threads or _threads[-1].process != os.getpid():
            _threads[:] = [_LoopThread()]
        return _threads[-1]


class SyncEventStream:
    """Iterate over the events of an answer, or over its text, without ``await``.

    Args:
        stream: the stream.
        thread: where it was opened.

    """

    def __init__(self, stream: EventStream, thread: _LoopThread) -> None:
        self._stream = stream
        self._thread = thread

    def __iter__(self) -> Iterator[Event]:
        """Yield the events."""
        while (event := self._thread.run(_next(self._stream))) is not None:
            yield event

    def text(self) -> Iterator[str]:
        """Yield the text of the answer, piece by piece; see :meth:`~dragoman.client.stream.EventStream.text`."""
        for event in self:
            if isinstance(event, TextDelta) and event.text:
                yield event.text
        check_text(self.response, self._stream.settings, may_call=True)

    def collect(self) -> Response:
        """Read the stream to its end and return the whole answer."""
        return self._thread.run(self._stream.collect())

    @property
    def response(self) -> Response:
        """Return the whole answer, once the stream has ended."""
        return self._stream.response


async def _next(stream: EventStream) -> Event | None:
    return await anext(stream, None)


class SyncLLM:
    """Talk to the model that a configuration names, without ``await``.

    Calls may come from any thread; they run in one event loop of their own.

    Args:
        config: a configuration, or the name of a model; without one, the built-in echo provider answers.
        fields: further arguments of :class:`LLMConfig`, with the name of a model, which may be ``model=`` too.

    """

    def __init__(self, config: LLMConfig | str = NOT_GIVEN, **fields: Any) -> None:
        try:
            self._llm = LLM(config, **fields)
        finally:
            del config, fields  # keep credentials out of tracebacks that show locals

    @property
    def config(self) -> LLMConfig:
        """Return the configuration."""
        return self._llm.config

    @door
    def completion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*; see :meth:`LLM.completion`."""
        return _loop_thread().run(self._llm.completion(prompt, **kwargs))

    @door
    def chat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on with a conversation; see :meth:`LLM.chat_completion`."""
        return _loop_thread().run(self._llm.chat_completion(messages, **kwargs))

    @door
    def generate(self, messages: Conversation, **kwargs: Any) -> Response:
        """Return the whole answer; see :meth:`LLM.generate`."""
        return _loop_thread().run(self._llm.generate(messages, **kwargs))

    @door
    def extract(self, kind: type[T], messages: Conversation, **kwargs: Any) -> T:
        """Return the answer as a value of *kind*; see :meth:`LLM.extract`."""
        return _loop_thread().run(self._llm.extract(kind, messages, **kwargs))

    @door
    @contextmanager
    def stream(
        self, messages: Conversation | CompletionRequest, **kwargs: Any
    ) -> Generator[SyncEventStream, None, None]:
        """Stream the answer; leaving the block hangs up. See :meth:`LLM.stream`."""
        thread = _loop_thread()
        manager = self._llm.stream(messages, **kwargs)
        stream = thread.run(_enter(manager))
        try:
            yield SyncEventStream(stream, thread)
        finally:
            if thread.process == os.getpid():  # else the stream is the parent's
                thread.run(_exit(manager))

    def capabilities(self) -> Capabilities:
        """Return what the model is known to accept; see :meth:`LLM.capabilities`."""
        return self._llm.capabilities()

    def learn_capabilities(self, *, refresh: bool = False) -> Capabilities:
        """Ask the provider what the model accepts; see :meth:`LLM.learn_capabilities`."""
        return _loop_thread().run(self._llm.learn_capabilities(refresh=refresh))

    def build_request(self, messages: Conversation, *, stream: bool = False, **kwargs: Any) -> Prepared:
        """Return the HTTP request that would be sent; see :meth:`LLM.build_request`."""
        return self._llm.build_request(messages, stream=stream, **kwargs)

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return self._llm.explain()

    def close(self) -> None:
        """Close the connections."""
        _loop_thread().run(self._llm.aclose())

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def __copy__(self) -> Self:
        return type(self)(copy.copy(self.config))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy.deepcopy(self.config, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle only the configuration; one with a key cannot be pickled."""
        return (type(self), (self.config,))

    def __repr__(self) -> str:
        return f"SyncLLM({self.config!r})"


async def _enter(manager: Any) -> EventStream:
    stream: EventStream = await manager.__aenter__()
    return stream


async def _exit(manager: Any) -> None:
    await manager.__aexit__(None, None, None)
