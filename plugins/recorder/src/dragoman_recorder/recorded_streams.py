"""Streams that are recorded while they are read, and streams that are replayed from a cassette.

Both are classes: an event loop that shuts down may finalize async generators in any order.
"""

from __future__ import annotations

import itertools
from asyncio import CancelledError
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from dragoman import Assembler, DragomanError, Event, PartEnd, PartStop, StreamEnd, StreamStart
from dragoman_recorder.errors import CassetteError
from dragoman_recorder.exchange import Exchange

_CANCELLATIONS = (CancelledError, GeneratorExit, KeyboardInterrupt)


class RecordedStream:
    """Pass on the events of a stream, and report its outcome.

    Args:
        manager: the stream.
        report: takes the events (``None`` if the stream was never opened), whether the reader left, and the error.

    """

    def __init__(
        self,
        manager: AbstractAsyncContextManager[AsyncIterator[Event]],
        report: Callable[[list[Event] | None, bool, DragomanError | None], None],
    ) -> None:
        self._manager = manager
        self._report = report
        self._arrived: list[Event] = []
        self._left = True
        self._error: DragomanError | None = None

    async def __aenter__(self) -> Self:
        try:
            self._events = await self._manager.__aenter__()
        except DragomanError as error:
            self._report(None, False, error)  # noqa: FBT003  # a Callable takes no keywords
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._manager.__aexit__(kind, error, traceback)
        if not (self._left and isinstance(error, _CANCELLATIONS)):  # a cancelled reader did not choose where to stop
            self._report(self._arrived, self._left, self._error)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        try:
            event = await anext(self._events)
        except StopAsyncIteration:
            self._left = False
            raise
        except DragomanError as error:
            self._left, self._error = False, error
            raise
        if isinstance(event, PartEnd):
            self._arrived.append(PartStop(event.index))
        elif isinstance(event, StreamEnd):
            self._left = False  # the answer is complete; it is assembled again when it is replayed
        else:
            self._arrived.append(event)
        return event


class ReplayedStream:
    """Yield the recorded events, and end as the recorded stream did.

    Args:
        exchange: the recording.

    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._failure = exchange.failure()
        self._pending: deque[Event] = deque()
        self._is_ended = False

    async def __aenter__(self) -> Self:
        if self._failure is not None and self._exchange.events is None:
            raise self._failure
        self._events = iter(self._exchange.stream())
        first = next(self._events, None)
        start = first if isinstance(first, StreamStart) else StreamStart()
        self._assembler = Assembler(start)
        self._pending.append(start)
        if first is not None and first is not start:
            self._events = itertools.chain((first,), self._events)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._events = iter(())
        self._pending.clear()
        self._is_ended = True

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if self._pending:
            return self._pending.popleft()
        for event in self._events:
            return self._assembler.feed(event)
        if self._failure is not None:
            raise self._failure
        if self._exchange.left:
            message = f"{self._exchange.source} ends here, where its reader left the stream; record it again"
            raise CassetteError(message)
        if not self._is_ended:
            self._is_ended = True
            self._pending.extend(self._assembler.end())
            return self._pending.popleft()
        raise StopAsyncIteration
