"""Iterate without ``await`` over what the loop thread yields: the loop reads ahead, and the reader takes what is there.

A thread is only woken where it waits, so that a fast stream costs few changes of threads. The loop stops reading when
:data:`AHEAD` items wait, and goes on when they are taken.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from dragoman.client.loop_thread import AT_EXIT, LoopThread
from dragoman.spec.errors import ConfigurationError, ConnectionFailedError

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

AHEAD = 256
"""How many items may wait for the reader before the loop stops reading."""

_LEFT = "the stream was closed while it was being read; read it to its end before its block is left"


class SyncIterator(Generic[T]):
    """Iterate over an asynchronous iterator that runs in the loop thread.

    Args:
        source: the iterator; nothing is read of it before the first item is asked for.
        thread: the thread of the loop in which it runs.

    """

    def __init__(self, source: AsyncIterator[T], thread: LoopThread) -> None:
        self._source = source
        self._thread = thread
        self._batch: deque[T] = deque()
        self._lock = threading.Lock()  # a condition's may stay held, or be released twice, after an interrupt
        self._items: deque[T] = deque()
        self._end: BaseException | None = None
        self._waiting: threading.Lock | None = None
        self._is_full = False
        self._task: asyncio.Task[None] | None = None
        self._room: asyncio.Event | None = None
        self.is_begun = False

    def __iter__(self) -> Self:
        """Return this object."""
        return self

    def __next__(self) -> T:
        """Return the next item.

        Raises:
            ConfigurationError: in a process that was forked after the stream was opened, in the loop itself, and while
                another thread waits for the next item.
            DragomanError: what the stream raises.

        """
        self._thread.check()
        if not self._batch:
            self._refill()
        return self._batch.popleft()

    def _refill(self) -> None:
        """Take all items that wait; wait for the first one if there is none."""
        waiting = threading.Lock()
        waiting.acquire()  # until the loop releases it
        try:
            with self._lock:
                if self._waiting is not None:
                    message = "another thread is waiting for the next event of this stream; read it in one thread"
                    raise ConfigurationError(message)
                self._waiting = waiting
                if not self.is_begun:
                    self._thread.start(self._fill())
                    self.is_begun = True
                has_news = bool(self._items) or self._end is not None
            if not has_news:
                waiting.acquire()
            with self._lock:
                self._batch, self._items = self._items, deque()
                was_full, self._is_full = self._is_full, False
        finally:
            if self._waiting is waiting:  # pragma: no branch - another one only where this thread is refused
                self._waiting = None
        if was_full and self._room is not None:
            self._thread.call_soon(self._room.set)
        if not self._batch:
            end, self._end = self._end, StopIteration()
            raise end or StopIteration()

    def _wake(self) -> None:
        """Let the thread that waits go on."""
        waiting = self._waiting
        if waiting is not None and waiting.locked():
            waiting.release()

    async def _fill(self) -> None:
        """Read ahead, until the source ends or the reader leaves."""
        import asyncio  # noqa: PLC0415  # not paid for at import

        if self._task is not None:
            return  # pragma: no cover - a thread that was interrupted has started it; such tests have their own process
        self._task = asyncio.current_task()
        self._room = asyncio.Event()
        end: BaseException = StopIteration()
        try:
            async for item in self._source:
                with self._lock:
                    self._items.append(item)
                    self._is_full = len(self._items) >= AHEAD
                    self._wake()
                if self._is_full:
                    await self._room.wait()
                    self._room.clear()
        except asyncio.CancelledError:
            end = ConnectionFailedError(AT_EXIT if self._thread.is_closed else _LEFT, retryable=False)
            raise
        except BaseException as error:  # noqa: BLE001  # it is raised in the thread of the reader
            end = error
        finally:
            with self._lock:
                self._end = end
                self._wake()

    async def stop(self) -> None:
        """Stop reading ahead; await this in the loop."""
        import asyncio  # noqa: PLC0415  # not paid for at import

        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


def iterate(source: AsyncGenerator[T, None], thread: LoopThread) -> Generator[T, None, None]:
    """Yield what an asynchronous generator yields; leaving early closes it.

    Raises:
        DragomanError: what the generator raises.

    """
    iterator = SyncIterator(source, thread)
    try:
        yield from iterator
    finally:
        thread.finish(_closed(iterator, source))


async def _closed(iterator: SyncIterator[T], source: AsyncGenerator[T, None]) -> None:
    await iterator.stop()
    await source.aclose()


__all__ = ["AHEAD", "SyncIterator", "iterate"]
