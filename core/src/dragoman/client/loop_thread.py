"""The event loop that the calls without ``await`` run in, in a thread of its own."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dragoman.spec.descriptors import require_descriptors
from dragoman.spec.errors import ConfigurationError, ConnectionFailedError

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


AT_EXIT = "the process is about to end, and its event loop has ended; wait for all calls before the program ends"
"""The message of errors for calls that go on while the process ends."""
_PATIENCE = 1.0
"""How many seconds an interrupted call may take to clean up."""


class _Call(Generic[T]):
    """Run one coroutine in the loop; it can be cancelled from the moment this object exists.

    The two threads share no lock but one that the loop never waits for: an interrupt, which may arrive right after a
    lock was acquired and before its block was entered, must not stop the loop.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None
        self.is_over = False
        self._ended = threading.Lock()
        self._ended.acquire()  # until the loop releases it, once

    def begin(self) -> None:
        """Start the coroutine, in its loop, unless that was done before."""
        import asyncio  # noqa: PLC0415  # not paid for at import

        if self._task is None:  # pragma: no branch - tests interrupt a process of their own
            self._task = asyncio.get_running_loop().create_task(self._coroutine)
            self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # an interrupted thread does not ask for it, and it need not be logged
        self.is_over = True
        self._ended.release()

    def cancel(self) -> None:
        """Cancel the coroutine, in its loop."""
        if self._task is not None:
            self._task.cancel()
        else:
            self._coroutine.close()
            self.is_over = True
            self._ended.release()

    def wait(self, timeout: float = -1) -> None:
        """Wait for the end, at most *timeout* seconds if they are not negative."""
        self._ended.acquire(timeout=timeout)

    def result(self) -> T:
        """Return the result, once the call is over."""
        import concurrent.futures  # noqa: PLC0415  # not paid for at import

        task = self._task
        if task is None or task.cancelled():
            raise concurrent.futures.CancelledError
        try:
            return task.result()
        finally:
            del self, task  # an error would refer to itself by this frame


class LoopThread:
    """Run one event loop in one daemon thread until the process ends."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415  # not paid for at import

        require_descriptors()
        self.process = os.getpid()
        self.is_closed = False
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._serve, name="dragoman-loop", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def _serve(self) -> None:
        """Run the loop until it is stopped; what ends a program, as ``sys.exit``, ends in a call that call alone."""
        while not self.is_closed:
            with suppress(SystemExit, KeyboardInterrupt):  # the one who waits for the call gets it
                self._loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return the result of *coroutine*; an interrupt cancels it and waits for its end."""
        import concurrent.futures  # noqa: PLC0415  # not paid for at import

        try:
            self.check()
            call = _Call(coroutine)
        except BaseException:
            coroutine.close()
            raise
        try:
            self._soon(call.begin)
            call.wait()
            return call.result()
        except ConfigurationError:
            coroutine.close()
            raise
        except BaseException as error:
            if self.is_closed and isinstance(error, concurrent.futures.CancelledError):
                raise ConnectionFailedError(AT_EXIT, retryable=False) from None
            if not call.is_over:
                self._loop.call_soon_threadsafe(call.cancel)
                call.wait(_PATIENCE)
            raise
        finally:
            del call  # an error would refer to itself by this frame

    def check(self) -> None:
        """Refuse to wait for the loop in another process than its own, and in the loop itself.

        Raises:
            ConfigurationError: which says what to do instead.

        """
        if self.process != os.getpid():
            message = "this stream was opened in the process that was forked; open one here"
            raise ConfigurationError(message)
        if threading.get_ident() == self._thread.ident:
            message = "a SyncLLM cannot be used inside its own event loop; await an LLM there"
            raise ConfigurationError(message)

    def start(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Let *coroutine* run in the loop, without waiting for its end.

        Raises:
            ConfigurationError: if the loop has ended with its process.

        """
        call = _Call(coroutine)
        try:
            self._soon(call.begin)
        except ConfigurationError:
            coroutine.close()
            raise
        except BaseException:  # pragma: no cover - an interrupt, which is tested in another process
            self._loop.call_soon_threadsafe(call.begin)
            raise

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Call *callback* in the loop, unless it has ended."""
        if not self.is_closed:
            self._loop.call_soon_threadsafe(callback)

    def finish(self, coroutine: Coroutine[Any, Any, object]) -> None:
        """Let *coroutine* clean up in the loop, and wait for it where that is possible.

        Nobody waits in the loop itself, where the interpreter may collect what a reader has left. In a forked process,
        what is to be cleaned up is the parent's.
        """
        if self.process != os.getpid() or self.is_closed:
            coroutine.close()
        elif threading.get_ident() == self._thread.ident:
            self.start(coroutine)
        else:
            self.run(coroutine)

    def _soon(self, callback: Callable[[], object]) -> None:
        """Hand a callback to the loop."""
        if self.is_closed:
            raise ConfigurationError(AT_EXIT)
        self._loop.call_soon_threadsafe(callback)

    def close(self) -> None:
        """Stop the loop and close what is open in it."""
        if self.process != os.getpid() or self.is_closed:
            return
        self.is_closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        for _ in range(2):  # a call that was handed over meanwhile becomes a task, and begins: the runner ends it
            self._loop.call_soon(self._loop.stop)
            self._loop.run_forever()
        self._runner.close()


_locks = {os.getpid(): threading.Lock()}
_threads: list[LoopThread] = []


def loop_thread() -> LoopThread:
    """Return the loop of this process; a forked child starts its own, and may have inherited a lock that is held."""
    with _locks.setdefault(os.getpid(), threading.Lock()):
        if not _threads or _threads[-1].process != os.getpid():
            _threads[:] = [LoopThread()]
        return _threads[-1]


__all__ = ["AT_EXIT", "LoopThread", "loop_thread"]
