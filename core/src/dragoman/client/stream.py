"""A stream as its reader holds it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import NoReturn, Self

from dragoman.client.stream_assembly import AssembledStream, ReassembledStream, is_output
from dragoman.client.text_answer import check_text
from dragoman.spec.errors import DragomanError, ProtocolError
from dragoman.spec.events import Event, PartStart, ResponseSnapshot, StreamEnd, StreamStart, TextDelta
from dragoman.spec.parts import Refusal
from dragoman.spec.request import Settings
from dragoman.spec.response import Response

_NO_SETTINGS = Settings()


class EventStream:
    """Iterate over the events of an answer, or over its text.

    One task reads it at a time: a second one that asks while the first still waits gets an error.

    Use it as ``async with llm.stream(...) as stream``: entering waits for the first output, leaving hangs up.

    Args:
        manager: the stream.
        settings: those of the request.
        finish: makes of the answer what the reader shall see.

    """

    def __init__(
        self,
        manager: AbstractAsyncContextManager[AsyncIterator[Event]],
        settings: Settings = _NO_SETTINGS,
        finish: Callable[[Response], Response] | None = None,
    ) -> None:
        self.settings = settings
        self._finish = finish
        self._manager = manager
        self._events: AssembledStream | None = None
        self._is_open = False

    async def __aenter__(self) -> Self:
        """Open the stream.

        Raises:
            ProviderError: what the provider answered in place of a stream.
            TransportError: if it could not be reached.

        """
        events = await self._manager.__aenter__()
        # The core's own iterator is assembled already, also behind middleware that hands it on as it is.
        self._events = events if isinstance(events, AssembledStream) else ReassembledStream(events)
        self._events.finish = self._finish
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up, whether or not the stream has ended."""
        await self._manager.__aexit__(kind, error, traceback)
        self._is_open = False

    def __aiter__(self) -> Self:
        """Return the iterator over the events."""
        return self

    def __anext__(self) -> Awaitable[Event]:
        """Return the next event.

        Raises:
            StreamInterruptedError: if the stream ends before it is complete; ``partial`` holds what arrived.
            ProviderError: what the provider reported in the middle of the stream.
            ProtocolError: if the stream breaks the grammar, or is not open.
            ConfigurationError: if another task is waiting for the next event; that one goes on.

        """
        events = self._events
        if events is not None and (self._is_open or events.response is not None):
            return events.__anext__()
        return _not_open()

    async def text(self) -> AsyncGenerator[str, None]:
        """Yield the text of the answer, piece by piece, without reasoning; calls of tools are in :attr:`response`.

        Raises:
            OutputError: at the end, if the model declined, there is no answer, or it was cut by a limit that the caller
                did not give; :attr:`response` is the answer.

        """
        async for event in self:
            if type(event) is TextDelta and event.text:
                yield event.text
        check_text(self.response, self.settings, may_call=True)

    async def collect(self) -> Response:
        """Read the stream to its end and return the whole answer."""
        async for event in self:
            del event  # keep it out of tracebacks that show locals
        return self.response

    def note(self, start: Callable[[StreamStart], StreamStart], finish: Callable[[Response], Response]) -> None:
        """Let the reader see the start and the answer as *start* and *finish* return them, before anything is read."""
        events, before = self._opened(), self._finish
        events.change_start(start)
        events.finish = finish if before is None else lambda response: before(finish(response))

    async def ends_without_output(self) -> bool:
        """Read to the first text, reasoning or call, or to the end if there is none; all is to be read again.

        What a model says in place of an answer when it declines is not an output.
        """
        events, seen, ends = self._opened(), list[Event](), False
        declined = set[int]()
        while True:
            event = await anext(events)  # the last one is a StreamEnd
            seen.append(event)
            if isinstance(event, PartStart) and isinstance(event.part, Refusal):
                declined.add(event.index)
            ends = isinstance(event, StreamEnd)
            is_other = isinstance(event, ResponseSnapshot) or getattr(event, "index", None) in declined
            if ends or (not is_other and is_output(event)):
                break
        events.give_back(seen)
        return ends

    def _opened(self) -> AssembledStream:
        assert self._events is not None  # noqa: S101  # only an open stream is asked
        return self._events

    def annotate(self, error: DragomanError) -> None:
        """Add to *error* what has arrived so far, and where it came from."""
        self._opened().annotate(error)

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        message = "an open stream cannot be copied or pickled; collect() it, and copy the response"
        raise TypeError(message)

    @property
    def response(self) -> Response:
        """Return the whole answer, once the stream has ended.

        Raises:
            ProtocolError: before that.

        """
        response = None if self._events is None else self._events.response
        if response is None:
            message = "the answer is not complete before the stream has ended; read it to its end first"
            raise ProtocolError(message)
        return response


async def _not_open() -> NoReturn:
    """Raise the error when it is awaited.

    If ``__anext__`` itself raised it, ``anext(stream, None)`` would end the process before Python 3.13.3:
    https://github.com/python/cpython/issues/131670.
    """
    message = "the stream is not open; use it as `async with llm.stream(...) as stream`"
    raise ProtocolError(message)
