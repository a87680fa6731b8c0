"""A stream as its consumer holds it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from dragoman.assembly import Assembler
from dragoman.errors import DragomanError, PluginError, ProtocolError
from dragoman.events import Event, StreamEnd, StreamStart, TextDelta
from dragoman.response import Response


class EventStream:
    """Iterate over the events of an answer, or over its text.

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

        """
        if self._pending:
            return self._pending.popleft()
        if self._response is not None:
            raise StopAsyncIteration
        if self._events is None:
            message = "the stream is not open; use it as `async with llm.stream(...) as stream`"
            raise ProtocolError(message)
        if self._assembler is None:
            return await self._start(self._events)
        try:
            return self._assembler.feed(await self._events.__anext__())
        except StopAsyncIteration:
            self._pending.extend(self._finish(self._assembler))
            return self._pending.popleft()
        except DragomanError as error:
            self._assembler.sign(error)
            raise
        except Exception as error:
            message = f"the stream failed with {type(error).__name__}: {error}"
            blamed = PluginError(message, phase="mid_stream")
            self._assembler.sign(blamed)
            raise blamed from error

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

    async def _start(self, events: AsyncIterator[Event]) -> Event:
        first = await anext(events, None)
        start = first if isinstance(first, StreamStart) else StreamStart()
        self._assembler = Assembler(start)
        if first is not None and first is not start:
            self._pending.append(self._assembler.feed(first))
        return start

    def _finish(self, assembler: Assembler) -> list[Event]:
        closing = assembler.end()
        last = closing[-1]
        assert isinstance(last, StreamEnd)  # noqa: S101  # the assembler's promise
        self._response = last.response
        return closing
