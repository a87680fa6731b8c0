"""The client classes without ``await``; the calls run in one long-lived event loop in one thread."""

from __future__ import annotations

import copy
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from dragoman.client.conversation import Conversation
from dragoman.client.ledger import UsageLedger
from dragoman.client.llm import LLM
from dragoman.client.loop_thread import LoopThread, loop_thread
from dragoman.client.stream import EventStream
from dragoman.client.text_answer import check_text
from dragoman.plugins.resolution import Explanation
from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import NOT_GIVEN, LLMConfig
from dragoman.spec.events import Event, TextDelta
from dragoman.spec.message import Message
from dragoman.spec.provider import Prepared
from dragoman.spec.request import CompletionRequest
from dragoman.spec.response import Response

T = TypeVar("T")


class SyncEventStream:
    """Iterate over the events of an answer, or over its text, without ``await``.

    Args:
        stream: the stream.
        thread: where it was opened.

    """

    def __init__(self, stream: EventStream, thread: LoopThread) -> None:
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

    @property
    def usage(self) -> UsageLedger:
        """Return what the calls of this object have used; see :attr:`LLM.usage`."""
        return self._llm.usage

    @door
    def completion(self, prompt: str, **kwargs: Any) -> str:
        """Return the text that the model gives for *prompt*; see :meth:`LLM.completion`."""
        return loop_thread().run(self._llm.completion(prompt, **kwargs))

    @door
    def chat_completion(self, messages: list[Message], **kwargs: Any) -> str:
        """Return the text with which the model goes on with a conversation; see :meth:`LLM.chat_completion`."""
        return loop_thread().run(self._llm.chat_completion(messages, **kwargs))

    @door
    def generate(self, messages: Conversation, **kwargs: Any) -> Response:
        """Return the whole answer; see :meth:`LLM.generate`."""
        return loop_thread().run(self._llm.generate(messages, **kwargs))

    @door
    def extract(self, kind: type[T], messages: Conversation, **kwargs: Any) -> T:
        """Return the answer as a value of *kind*; see :meth:`LLM.extract`."""
        return loop_thread().run(self._llm.extract(kind, messages, **kwargs))

    @door
    @contextmanager
    def stream(
        self, messages: Conversation | CompletionRequest, **kwargs: Any
    ) -> Generator[SyncEventStream, None, None]:
        """Stream the answer; leaving the block hangs up. See :meth:`LLM.stream`."""
        thread = loop_thread()
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
        return loop_thread().run(self._llm.learn_capabilities(refresh=refresh))

    def build_request(self, messages: Conversation, *, stream: bool = False, **kwargs: Any) -> Prepared:
        """Return the HTTP request that would be sent; see :meth:`LLM.build_request`."""
        return self._llm.build_request(messages, stream=stream, **kwargs)

    def explain(self) -> Explanation:
        """Say which provider answers, and why."""
        return self._llm.explain()

    def close(self) -> None:
        """Close the connections."""
        loop_thread().run(self._llm.aclose())

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
