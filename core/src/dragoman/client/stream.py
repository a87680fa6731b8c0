"""A stream as its consumer holds it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NoReturn, Self

from dragoman.spec.assembly import Assembler
from dragoman.spec.errors import ConfigurationError, DragomanError, PluginError, ProtocolError
from dragoman.spec.events import Event, StreamEnd, StreamStart, TextDelta
from dragoman.spec.response import Response


class EventStream:
    """Iterate over the events of an answer, or over its text.

    One task reads it at a time: a second one that asks while the first still waits gets an error.

    Use it as ``async with llm.stream(...) as stream``: entering waits for the first event, leaving hangs up.

    Args:
        manager: the provider's stream.

    """

    def __init__(self, manager: AbstractAsyncContextManager[AsyncIterator[Event]]) -> None:
        self._manager = manager
        self._events: AsyncIterator[Event] | None = None
        self._assembler: Assembler | None = None
        self._pending: deque[Event] = deque()
        self._response: Response | None = None
        self._is_read = False

    async def __aenter__(self) -> Self:
        """Open the stream.

        Raises:
            ProviderError: what the provider answered in place of a stream.
            TransportError: if it could not be reached.

        """
        self._events = await self._manager.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up, whether or not the stream has ended."""
        await self._manager.__aexit__(kind, error, traceback)
        self._events = None

    def __aiter__(self) -> Self:
        """Return the iterator over the events."""
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            StreamInterruptedError: if the stream ends before it is complete; ``partial`` holds what arrived.
            ProviderError: what the provider reported in the middle of the stream.
            ProtocolError: if the stream breaks the grammar.
            ConfigurationError: if another task is waiting for the next event; that one goes on.

        """
        if self._is_read:
            message = "another task reads this stream; let one read it and hand on the events, or open two"
            raise ConfigurationError(message)
        if self._pending:
            return self._pending.popleft()
        if self._response is not None:
            raise StopAsyncIteration
        if self._events is None:
            message = "the stream is not open; use it as `async with llm.stream(...) as stream`"
            raise ProtocolError(message)
        self._is_read = True
        try:
            if self._assembler is None:
                self._assembler = await self._start(self._events)
                return self._pending.popleft()
            return self._assembler.feed(await self._events.__anext__())
        except StopAsyncIteration:
            self._pending.extend(self._finish())
            return self._pending.popleft()
        except DragomanError as error:
            self._sign(error)
            raise
        except Exception as error:
            message = f"the stream failed with {type(error).__name__}: {error}"
            blamed = PluginError(message, phase="mid_stream")
            self._sign(blamed)
            raise blamed from error
        finally:
            self._is_read = False

    async def text(self) -> AsyncGenerator[str, None]:
        """Yield the text of the answer, piece by piece, without reasoning."""
        async for event in self:
            if type(event) is TextDelta and event.text:
                yield event.text

    async def collect(self) -> Response:
        """Read the stream to its end and return the whole answer."""
        async for event in self:
            del event  # a traceback that shows locals shows those of this frame
        return self.response

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        message = "an open stream is neither copied nor pickled; collect() it, and copy the response"
        raise TypeError(message)

    @property
    def response(self) -> Response:
        """Return the whole answer, once the stream has ended.

        Raises:
            ProtocolError: before that.

        """
        if self._response is None:
            message = "the answer is not complete before the stream has ended; read it to its end first"
            raise ProtocolError(message)
        return self._response

    async def _start(self, events: AsyncIterator[Event]) -> Assembler:
        first = await anext(events, None)
        start = first if isinstance(first, StreamStart) else StreamStart()
        assembler = Assembler(start)
        self._pending.append(start)
        if first is not None and first is not start:
            self._pending.append(assembler.feed(first))
        return assembler

    def _sign(self, error: DragomanError) -> None:
        if self._assembler is not None:
            self._assembler.annotate(error)

    def _finish(self) -> list[Event]:
        assert self._assembler is not None  # noqa: S101  # the end comes after the beginning
        closing = self._assembler.end()
        last = closing[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # the assembler's promise
        self._response = last.response
        return closing
