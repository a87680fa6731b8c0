"""How a stream begins: nothing of it is shown before the first event that tells more than that it has begun."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from dragoman.spec._value import changed
from dragoman.spec.errors import StreamInterruptedError
from dragoman.spec.events import Event, Ping, ResponseSnapshot, StreamStart, UsageSnapshot
from dragoman.spec.response import Adjustment, Attempt, Origin

_OPENING = (StreamStart, Ping, UsageSnapshot)


class PeekedStream:
    """Iterate over a provider's stream whose first event has arrived.

    Args:
        manager: what closes the stream.
        events: the rest of the stream.
        first: the events that have arrived.

    """

    __slots__ = ("_events", "first", "manager")

    def __init__(
        self,
        manager: AbstractAsyncContextManager[AsyncIterator[Event]],
        events: AsyncIterator[Event],
        first: list[Event],
    ) -> None:
        self.manager = manager
        self._events = events
        self.first = first

    def introduce(
        self,
        adjustments: tuple[Adjustment, ...],
        named: Callable[[Origin], Origin],
        attempts: tuple[Attempt, ...],
    ) -> None:
        """Put all that is known before the first part in front of the stream.

        Args:
            adjustments: what was sent otherwise than asked, beside what the provider says of that.
            named: completes what the provider says of the origin.
            attempts: every try that it took.

        """
        first = self.first
        start = first.pop(0) if first and isinstance(first[0], StreamStart) else StreamStart()
        assert isinstance(start, StreamStart)  # noqa: S101  # by the line above
        known = adjustments + start.adjustments
        told = changed(start, adjustments=known, origin=named(start.origin), attempts=attempts)
        first.insert(0, told)

    def __aiter__(self) -> PeekedStream:
        return self

    def __anext__(self) -> Awaitable[Event]:
        return self._pending() if self.first else self._events.__anext__()

    async def _pending(self) -> Event:
        return self.first.pop(0)


async def opened(manager: AbstractAsyncContextManager[AsyncIterator[Event]]) -> PeekedStream:
    """Enter a provider's stream and wait for its first real event, up to which a failure may be tried again.

    Args:
        manager: the provider's stream.

    """
    events = await manager.__aenter__()
    first: list[Event] = []
    try:
        async for event in events:
            first.append(event)
            if not _is_opening(event):
                break
    except BaseException as error:
        await manager.__aexit__(type(error), error, error.__traceback__)
        if isinstance(error, StreamInterruptedError):
            error.retryable = True  # nothing was delivered yet
        raise
    return PeekedStream(manager, events, first)


def _is_opening(event: Event) -> bool:
    return isinstance(event, _OPENING) or (isinstance(event, ResponseSnapshot) and event.finish is None)
