"""How a provider's events become those that a reader sees: peeked at, assembled, and ended by the whole answer.

The core's own stream is assembled below all middleware, so a wrapper sees the answer at the end of a stream as it does
with a whole one. What a wrapper hands on is checked once more, since it may have changed it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Self

from dragoman.spec._value import changed
from dragoman.spec.assembly import Assembler, Reassembler, response_of
from dragoman.spec.errors import (
    ConfigurationError,
    DragomanError,
    PluginError,
    StreamInterruptedError,
)
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    Raw,
    ReasoningDelta,
    ResponseSnapshot,
    SealUpdate,
    StreamEnd,
    StreamStart,
    TextDelta,
    UsageSnapshot,
)
from dragoman.spec.parts import Reasoning, Refusal, Text
from dragoman.spec.plain_text import describe_error
from dragoman.spec.response import Adjustment, Attempt, Origin, Response
from dragoman.spec.sent_names import EventNames, Restore

if TYPE_CHECKING:
    from dragoman.client.observer import StreamWatch

_NO_OUTPUT = frozenset({StreamStart, Ping, UsageSnapshot, SealUpdate, PartStop, PartEnd, Raw})


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
        finish: makes of the answer what the reader shall see.
        watch: notes how the stream ends, if it is set.
        waiting: the same until the first output.

    """

    __slots__ = (
        "_assembler",
        "_events",
        "_first",
        "_is_read",
        "_pending",
        "finish",
        "response",
        "waiting",
        "watch",
    )

    def __init__(
        self, events: AsyncIterator[Event], assembler: Assembler, pending: tuple[Event, ...], first: list[Event]
    ) -> None:
        self.response: Response | None = None
        self.finish: Callable[[Response], Response] | None = None
        self.watch: StreamWatch | None = None
        self.waiting: StreamWatch | None = None
        self._assembler = assembler
        self._events = events
        self._first = first[::-1]  # the next one last: a deque would take 600 bytes in every open stream
        self._pending = assembler.following = list(pending)
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
            return self._pending.pop()
        if self.response is not None:
            raise StopAsyncIteration
        self._is_read = True
        try:
            event = self._first.pop() if self._first else await self._events.__anext__()
            if self.waiting is not None and is_output(event):
                self.waiting.has_output()
                self.waiting = None
            return self._assembler.feed(event)
        except StopAsyncIteration:
            return self._end()
        except DragomanError as error:
            self._failed(error)
            raise
        except Exception as error:
            message = f"the stream failed with {describe_error(error)}"
            blamed = PluginError(message, phase="mid_stream")
            self._failed(blamed)
            raise blamed from error
        finally:
            self._is_read = False

    def annotate(self, error: DragomanError) -> None:
        """Add to *error* what has arrived so far, and where it came from."""
        self._assembler.annotate(error)

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
        response = response_of(closing)
        if self.watch is not None:
            response = self.watch.ended(response)
        self._pending = [self._finished(response), *reversed(closing[:-1])]
        return self._pending.pop()

    def change_start(self, change: Callable[[StreamStart], StreamStart]) -> None:
        """Let *change* make of the start of the stream, which was not read yet, what the reader shall see."""
        start = self._pending[-1]
        assert isinstance(start, StreamStart)  # noqa: S101  # the first event of every stream
        self._pending[-1] = change(start)

    def give_back(self, events: Sequence[Event]) -> None:
        """Let events that were read be read again."""
        self._pending.extend(reversed(events))

    def _finished(self, response: Response) -> StreamEnd:
        self.response = response if self.finish is None else self.finish(response)
        return StreamEnd(self.response)

    def _failed(self, error: DragomanError) -> None:
        self._assembler.annotate(error)
        if self.watch is not None:
            self.watch.failed(error)


class PeekedStream:
    """Hold a provider's stream whose first output has arrived.

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
        first: list[Event],
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
        start = first.pop(0) if first and isinstance(first[0], StreamStart) else StreamStart()
        assert isinstance(start, StreamStart)  # noqa: S101  # by the line above
        known = adjustments + start.adjustments
        start = changed(start, adjustments=known, origin=complete(start.origin), attempts=attempts)
        if not names and not restore:
            return AssembledStream(self._events, Assembler(start), (start,), first)
        assembler = Assembler(start)
        renamed = _RenamedEvents(self._events, first, EventNames(names, restore), assembler)
        return AssembledStream(renamed, assembler, (start,), [])


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
        self, events: AsyncIterator[Event], first: list[Event], names: EventNames, assembler: Assembler
    ) -> None:
        self._events = events
        self._first = first[::-1]
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
                event = self._first.pop() if self._first else await self._events.__anext__()
            except Exception as error:  # noqa: BLE001  # raised again behind what was held back
                self._ready.extend(self._names.close())
                self._assembler.note(self._names.notes)
                self._error = error
            else:
                self._ready.extend(self._names.of(event))
        return self._ready.popleft()


async def peek(manager: AbstractAsyncContextManager[AsyncIterator[Event]], limit: float | None = None) -> PeekedStream:
    """Enter a provider's stream and wait for the first output of its answer, up to which a failure may be tried again.

    Args:
        manager: the provider's stream.
        limit: how many seconds that may take.

    Raises:
        RequestTimeoutError: if it takes longer.
        StreamInterruptedError: if the stream ends before the answer does, without any output.

    """
    if limit is None:
        return await _peeked(manager)
    from dragoman.client.first_output import within  # noqa: PLC0415  # few calls have the limit

    return await within(limit, _peeked(manager), is_whole=False)


async def _peeked(manager: AbstractAsyncContextManager[AsyncIterator[Event]]) -> PeekedStream:
    events = await manager.__aenter__()
    first: list[Event] = []
    try:
        await _read_until_output(events, first)
    except BaseException as error:
        await manager.__aexit__(type(error), error, error.__traceback__)
        if isinstance(error, DragomanError):
            _annotate(error, first)
        if isinstance(error, StreamInterruptedError):
            error.retryable = True  # nothing was delivered yet
        raise
    return PeekedStream(manager, events, first)


async def _read_until_output(events: AsyncIterator[Event], first: list[Event]) -> None:
    async for event in events:
        first.append(event)
        if type(event) not in _NO_OUTPUT and is_output(event):
            return
    message = "the stream ended before the answer began"
    raise StreamInterruptedError(message, phase="mid_stream")


def _annotate(error: DragomanError, first: list[Event]) -> None:
    """Add to an error what the events before it have told, such as the tokens that were counted."""
    begun = bool(first) and isinstance(first[0], StreamStart)
    start = first.pop(0) if begun else StreamStart()
    assert isinstance(start, StreamStart)  # noqa: S101  # by the line above
    assembler = Assembler(start)
    with suppress(DragomanError):  # what breaks the grammar tells nothing
        for event in first:
            assembler.feed(event)
    assembler.annotate(error)


def is_output(event: Event) -> bool:
    """Tell whether an event is output of the model, or the end of an answer without any."""
    if isinstance(event, TextDelta | ReasoningDelta):
        return bool(event.text)
    if isinstance(event, PartStart | PartUpdate):
        part = event.part
        return bool(part.text) if isinstance(part, Text | Reasoning | Refusal) else True
    if isinstance(event, ResponseSnapshot):
        return event.finish is not None
    if isinstance(event, ArgumentsDelta):
        return bool(event.fragment)
    return type(event) not in _NO_OUTPUT


async def _next(events: AsyncIterator[Event]) -> Event | None:
    """Return the next event, ``None`` at the end.

    ``anext(events, None)`` may end the process: https://github.com/python/cpython/issues/131670.
    """
    try:
        return await events.__anext__()
    except StopAsyncIteration:
        return None


class ReassembledStream(AssembledStream):
    """Check what middleware made of a stream, so that it begins with a start and ends with the answer.

    Args:
        events: what middleware hands on, or what it streams in place of the provider.

    """

    __slots__ = ("_change", "_is_begun")

    def __init__(self, events: AsyncIterator[Event]) -> None:
        super().__init__(events, Reassembler(StreamStart()), (), [])
        self._is_begun = False
        self._change: Callable[[StreamStart], StreamStart] | None = None

    def change_start(self, change: Callable[[StreamStart], StreamStart]) -> None:
        """Let *change* make of the start of the stream, which was not read yet, what the reader shall see."""
        self._change = change

    async def __anext__(self) -> Event:
        if self.response is not None and not self._pending:
            await _next(self._events)  # so that middleware runs to the end of what it does after its last event
            raise StopAsyncIteration
        if not self._is_begun and not self._is_read:
            return await self._begin()
        event = await super().__anext__()
        if type(event) is StreamEnd and event.response is not self.response:
            event = self._finished(event.response)
        return event

    async def _begin(self) -> Event:
        self._is_read = True
        try:
            first = await _next(self._events)
        except DragomanError:
            raise
        except Exception as error:
            message = f"the stream failed with {describe_error(error)}"
            raise PluginError(message, phase="mid_stream") from error
        finally:
            self._is_read = False
        self._is_begun = True
        if isinstance(first, StreamStart):
            self._assembler = Reassembler(first)
            self._assembler.following = self._pending
        elif first is not None:
            self._first.append(first)
        start = first if isinstance(first, StreamStart) else StreamStart()
        return start if self._change is None else self._change(start)
