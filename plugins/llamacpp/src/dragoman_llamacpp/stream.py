"""Answers as events, while they are generated."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType

from dragoman import CallContext, Event, RequestTimeoutError, StreamStart
from dragoman.http import ServerSentEvent, StreamDecoder
from dragoman_llamacpp.engine import Generation
from dragoman_llamacpp.errors import typed_error
from dragoman_llamacpp.request import LlamaCppChat


class AnswerStream:
    """Begin an answer on entering the block, stop the model on leaving it.

    This is a class because an event loop that shuts down may finalize async generators in any order.

    Args:
        begin: begins the answer.

    """

    def __init__(self, begin: Callable[[], EventIterator]) -> None:
        self._begin = begin
        self._events: EventIterator | None = None

    async def __aenter__(self) -> EventIterator:
        """Begin the answer."""
        self._events = self._begin()
        return self._events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the model."""
        if self._events is not None:
            self._events.stop()


class EventIterator:
    """Iterate over the events of one answer while it is generated.

    Args:
        generation: yields the JSON documents of the answer.
        dialect: decodes them.
        start: the first event.
        context: the time limits of the call.

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

    def __aiter__(self) -> EventIterator:
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            ProviderError: if llama.cpp reports an error.
            RequestTimeoutError: if it takes longer than the limits of the call allow.

        """
        while not self._pending:
            if self._ended:
                raise StopAsyncIteration
            await self._fill()
        return self._pending.popleft()

    async def _fill(self) -> None:
        item = await self._next_item()
        self._phase = "idle"
        if isinstance(item, bytes):
            self._pending.extend(self._decoder.feed(ServerSentEvent(item)))
        elif item is None:
            self._ended = True
            self._pending.extend(self._decoder.close())
        else:
            self._ended = True
            raise typed_error(item, self._dialect)

    async def _next_item(self) -> bytes | Exception | None:
        timeouts, remaining = self._context.timeouts, self._context.remaining()
        phase_limit = timeouts.first_byte if self._phase == "first_byte" else timeouts.idle
        limits = [limit for limit in (phase_limit, remaining) if limit is not None]
        try:
            async with asyncio.timeout(min(limits, default=None)):
                return await self._generation.next()
        except TimeoutError:
            is_total = remaining is not None and (phase_limit is None or remaining <= phase_limit)
            phase = "total" if is_total else self._phase
            name = "timeout" if is_total else f"{phase}_timeout"
            message = f"the model took longer than the time allowed ({name})"
            raise RequestTimeoutError(message, phase=phase, retryable=False) from None
