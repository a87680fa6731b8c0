"""How a provider's events become those that a reader sees: peeked at, assembled, and ended by the whole answer.

The core's own stream is assembled below all middleware, so a wrapper sees the answer at the end of a stream as it does
with a whole one. What a wrapper hands on is checked once more, since it may have changed it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self

from dragoman.spec._value import changed
from dragoman.spec.assembly import Assembler, Reassembler, response_of
from dragoman.spec.errors import ConfigurationError, DragomanError, PluginError, StreamInterruptedError
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    MediaDelta,
    PartStart,
    Ping,
    ReasoningDelta,
    ResponseSnapshot,
    StreamEnd,
    StreamStart,
    TextDelta,
    UsageSnapshot,
)
from dragoman.spec.media import Media
from dragoman.spec.parts import ToolCall
from dragoman.spec.response import Adjustment, Attempt, Origin, Response
from dragoman.spec.sent_names import EventNames, Restore

if TYPE_CHECKING:
    from dragoman.client.observer import StreamWatch

_OPENING = (StreamStart, Ping, UsageSnapshot)
_OUTPUT = frozenset({Media, ToolCall})
"""The parts that are output as soon as they begin."""
_PIECES: Mapping[type[Any], Callable[[Any], str | bytes]] = {
    TextDelta: attrgetter("text"),
    ReasoningDelta: attrgetter("text"),
    ArgumentsDelta: attrgetter("fragment"),
    MediaDelta: attrgetter("data"),
}
"""What returns the piece of a part that an event brings."""


class AssembledStream:
    """Iterate over events and put the answer together from them.

    One task reads it at a time: a second one that asks while the first still waits gets an error.

    Args:
        events: what is iterated over.
        assembler: checks each event and builds the answer.
        pending: events that are handed out first, as they are.
        first: events that have arrived already.

    Attributes:
        response: the whole answer, once the stream has ended.
        watch: notes how the stream ends, if it is set.
        waiting: the same until the first output.

    """

    __slots__ = ("_assembler", "_events", "_first", "_is_read", "_pending", "response", "waiting", "watch")

    def __init__(
        self, events: AsyncIterator[Event], assembler: Assembler, pending: tuple[Event, ...], first: deque[Event]
    ) -> None:
        self.response: Response | None = None
        self.watch: StreamWatch | None = None
        self.waiting: StreamWatch | None = None
        self._assembler = assembler
        self._events = events
        self._first = first
        self._pending: deque[Event] = deque(pending)
        self._is_read = False

    def __aiter__(self) -> Self:
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
        if self.response is not None:
            raise StopAsyncIteration
        self._is_read = True
        try:
            event = self._first.popleft() if self._first else await self._events.__anext__()
            if self.waiting is not None and _is_output(event):
                self.waiting.has_output()
                self.waiting = None
            return self._assembler.feed(event)
        except StopAsyncIteration:
            return self._end()
        except DragomanError as error:
            self._failed(error)
            raise
        except Exception as error:
            message = f"the stream failed with {type(error).__name__}: {error}"
            blamed = PluginError(message, phase="mid_stream")
            self._failed(blamed)
            raise blamed from error
        finally:
            self._is_read = False

    def watched_by(self, watch: StreamWatch) -> Callable[[], Response]:
        """Let *watch* note how the stream ends, and return what tells what has arrived of the answer."""
        self.watch = self.waiting = watch
        return self._assembler.partial

    def _end(self) -> Event:
        """Keep the whole answer, and return the first of the closing events."""
        try:
            closing = self._assembler.end()
        except StreamInterruptedError as error:
            self._failed(error)
            raise
        self.response = response_of(closing)
        if self.watch is not None:
            self.response = self.watch.ended(self.response)
            closing[-1] = StreamEnd(self.response)
        self._pending.extend(closing)
        return self._pending.popleft()

    def _failed(self, error: DragomanError) -> None:
        self._assembler.annotate(error)
        if self.watch is not None:
            self.watch.failed(error)


class PeekedStream:
    """Hold a provider's stream whose first event has arrived.

    Args:
        manager: what closes the stream.
        events: the rest of the stream.
        first: the events that have arrived.

    """

    __slots__ = ("_events", "_first", "manager")

    def __init__(
        self,
        manager: AbstractAsyncContextManager[AsyncIterator[Event]],
        events: AsyncIterator[Event],
        first: deque[Event],
    ) -> None:
        self.manager = manager
        self._events = events
        self._first = first

    def assembled(
        self,
        adjustments: tuple[Adjustment, ...],
        complete: Callable[[Origin], Origin],
        attempts: tuple[Attempt, ...],
        names: Mapping[str, str],
        restore: Mapping[str, Restore] | None = None,
    ) -> AssembledStream:
        """Return the events with all that is known before the first part in front.

        Args:
            adjustments: what was sent otherwise than asked, in addition to what the provider says of that.
            complete: completes what the provider says of the origin.
            attempts: every try that it took.
            names: the names of tools that were sent as others, by what was sent.
            restore: what restores the arguments of their calls, by what was sent.

        """
        first = self._first
        start = first.popleft() if first and isinstance(first[0], StreamStart) else StreamStart()
        assert isinstance(start, StreamStart)  # noqa: S101  # by the line above
        known = adjustments + start.adjustments
        start = changed(start, adjustments=known, origin=complete(start.origin), attempts=attempts)
        if not names and not restore:
            return AssembledStream(self._events, Assembler(start), (start,), first)
        assembler = Assembler(start)
        renamed = _RenamedEvents(self._events, first, EventNames(names, restore), assembler)
        return AssembledStream(renamed, assembler, (start,), deque())


class _RenamedEvents:
    """Give the tools in a stream their own names in place of those that were sent.

    Args:
        events: the events of the provider that have not arrived yet.
        first: those that have.
        names: names them.
        assembler: builds the answer, and is told what is left out of it.

    """

    __slots__ = ("_assembler", "_error", "_events", "_first", "_names", "_ready")

    def __init__(
        self, events: AsyncIterator[Event], first: deque[Event], names: EventNames, assembler: Assembler
    ) -> None:
        self._events = events
        self._first = first
        self._names = names
        self._assembler = assembler
        self._ready: deque[Event] = deque()
        self._error: BaseException | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not self._ready:
            if self._error is not None:
                raise self._error
            try:
                event = self._first.popleft() if self._first else await self._events.__anext__()
            except Exception as error:  # noqa: BLE001  # raised again behind what was held back
                self._ready.extend(self._names.close())
                self._assembler.note(self._names.notes)
                self._error = error
            else:
                self._ready.extend(self._names.of(event))
        return self._ready.popleft()


async def peek(manager: AbstractAsyncContextManager[AsyncIterator[Event]]) -> PeekedStream:
    """Enter a provider's stream and wait for its first real event, up to which a failure may be tried again.

    Args:
        manager: the provider's stream.

    """
    events = await manager.__aenter__()
    first: deque[Event] = deque()
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


def _is_output(event: Event) -> bool:
    """Return whether an event brings text, reasoning, media or a call; empty pieces bring nothing."""
    if isinstance(event, PartStart):
        return type(event.part) in _OUTPUT
    piece = _PIECES.get(type(event))
    return piece is not None and bool(piece(event))


def _is_opening(event: Event) -> bool:
    return isinstance(event, _OPENING) or (isinstance(event, ResponseSnapshot) and event.finish is None)


class ReassembledStream(AssembledStream):
    """Check what middleware made of a stream, so that it begins with a start and ends with the answer.

    Args:
        events: what middleware hands on, or what it streams in place of the provider.

    """

    __slots__ = ("_is_begun",)

    def __init__(self, events: AsyncIterator[Event]) -> None:
        super().__init__(events, Reassembler(StreamStart()), (), deque())
        self._is_begun = False

    async def __anext__(self) -> Event:
        if self.response is not None and not self._pending:
            await anext(self._events, None)  # so that middleware runs to the end of what it does after its last event
            raise StopAsyncIteration
        if not self._is_begun and not self._is_read:
            return await self._begin()
        event = await super().__anext__()
        if type(event) is StreamEnd:
            self.response = event.response
        return event

    async def _begin(self) -> Event:
        self._is_read = True
        try:
            first = await anext(self._events, None)
        except DragomanError:
            raise
        except Exception as error:
            message = f"the stream failed with {type(error).__name__}: {error}"
            raise PluginError(message, phase="mid_stream") from error
        finally:
            self._is_read = False
        self._is_begun = True
        if isinstance(first, StreamStart):
            self._assembler = Reassembler(first)
            return first
        if first is not None:
            self._first.append(first)
        return StreamStart()
