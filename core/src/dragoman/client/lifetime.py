"""The lifetime of bindings: calls can be ended, and a replaced binding is closed after its last call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, suppress
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from dragoman.spec.errors import ConnectionFailedError

T = TypeVar("T")

if TYPE_CHECKING:
    import asyncio

    from dragoman.client.binding import Bound
    from dragoman.spec.events import Event


class Uses:
    """Keep track of the calls and streams that use each binding, until they end.

    Attributes:
        retired: the bindings that were replaced and are still open.
        calls: the calls that have not ended.
        streams: the streams that have not ended.

    """

    __slots__ = ("calls", "retired", "streams")

    def __init__(self) -> None:
        self.retired: list[Bound] = []
        self.calls: set[Call] = set()
        self.streams: WeakSet[HeldStream] = WeakSet()

    async def close_retired(self, *, anyway: bool = False) -> None:
        """Close the bindings that were replaced; those that are still in use only if *anyway* is true."""
        used: list[Bound | None] = []
        if not anyway:
            used = [call.bound for call in _members(self.calls)]
            used += [stream.bound for stream in _members(self.streams)]
        for bound in tuple(self.retired):
            if not any(bound is each for each in used):
                with suppress(ValueError):  # another thread has taken it
                    self.retired.remove(bound)
                    await _closed(bound)

    def end_calls(self) -> None:
        """End the calls of the running event loop; they raise :class:`ConnectionFailedError`."""
        for call in _members(self.calls):
            call.end()


def _members(group: Iterable[T]) -> tuple[T, ...]:
    """Return the members of a set that other threads may modify at the same time."""
    while True:
        with suppress(RuntimeError):  # the set was modified during the iteration
            return tuple(group)


async def _closed(bound: Bound) -> None:
    with suppress(Exception):  # a failure to close must not fail the call that has just ended
        await bound.provider.aclose()


@cache
def _asyncio() -> Any:
    """Import asyncio, once: at the first call rather than with this module."""
    import asyncio  # noqa: PLC0415  # not paid for at import

    return asyncio


class Call:
    """Hold a binding for as long as one call takes, and let :meth:`Uses.end_calls` end it.

    Args:
        uses: the uses to which it is added.
        bound: the binding; ``None`` if the call goes on to other bindings.

    """

    __slots__ = ("_before", "_ended", "_task", "_uses", "bound")

    def __init__(self, uses: Uses, bound: Bound | None) -> None:
        self._uses = uses
        self.bound = bound
        self._ended = False
        try:
            self._task: asyncio.Task[object] | None = _asyncio().current_task()
        except RuntimeError:  # another library runs this coroutine
            self._task = None
        self._before = 0 if self._task is None else self._task.cancelling()
        uses.calls.add(self)

    def end(self) -> None:
        """Cancel the task that waits for this call, once, unless it is the one that runs or belongs to another loop."""
        import asyncio  # noqa: PLC0415  # not paid for at import

        task = self._task
        with suppress(RuntimeError):  # another library runs this coroutine
            if (
                task is not None
                and not self._ended  # the models to fall back to, and whoever else closes the client, end it too
                and asyncio.get_running_loop() is task.get_loop()
                and task is not asyncio.current_task()
            ):
                self._ended = True
                task.cancel()

    def leave(self, error: BaseException | None) -> None:
        """Forget the call; as :func:`asyncio.timeout` does, tell its own end from a cancellation by somebody else.

        Args:
            error: what the call ended with, if with an error.

        Raises:
            ConnectionFailedError: in place of the cancellation, if the call was ended.

        """
        self._uses.calls.discard(self)
        if not self._ended or self._task is None:
            return
        import asyncio  # noqa: PLC0415  # not paid for at import

        if self._task.uncancel() <= self._before and isinstance(error, asyncio.CancelledError):
            message = "the client was closed while this call went on; close it after its calls, or make another one"
            raise ConnectionFailedError(message, retryable=False) from None


class HeldStream:
    """Hold a binding for as long as one stream is open.

    Args:
        uses: the uses to which it is added.
        bound: the binding.
        manager: the stream.

    """

    __slots__ = ("__weakref__", "_manager", "_uses", "bound")

    def __init__(self, uses: Uses, bound: Bound, manager: AbstractAsyncContextManager[AsyncIterator[Event]]) -> None:
        self._uses = uses
        self.bound = bound
        self._manager = manager

    async def __aenter__(self) -> AsyncIterator[Event]:
        events = await self._manager.__aenter__()
        self._uses.streams.add(self)
        return events

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._manager.__aexit__(kind, error, traceback)
        finally:
            self._uses.streams.discard(self)
            if self._uses.retired:
                await self._uses.close_retired()
