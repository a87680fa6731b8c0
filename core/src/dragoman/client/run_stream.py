"""A run as the reader of its events holds it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, TypeVar, cast

from dragoman.client.text_answer import check_text
from dragoman.spec.errors import ConfigurationError, ProtocolError, StreamInterruptedError
from dragoman.spec.events import TextDelta
from dragoman.spec.request import Settings
from dragoman.spec.run import Run
from dragoman.spec.run_events import RunEvent

if TYPE_CHECKING:
    from asyncio import Event as Gone, Task

    from dragoman.client.run_loop import RunLoop  # imports asyncio, which is not paid for with this class

T = TypeVar("T")


class RunStream(Generic[T]):
    """Iterate over the events of a run, or over the text of its answers.

    Use it as ``async with llm.stream_run(...) as stream``; leaving hangs up, and cancels and awaits the tools that run.
    One task reads it at a time. Tools go on while nobody reads.

    Args:
        loop: the run.
        settings: returns the settings of its calls.

    """

    def __init__(self, loop: RunLoop, settings: Callable[[], Settings]) -> None:
        self._loop = loop
        self._settings = settings
        self._events: AsyncGenerator[RunEvent, None] = loop.events()
        self._has_ended = False
        self._reader: Task[object] | None = None
        self._reader_is_gone: Gone | None = None
        self._is_left = False

    async def __aenter__(self) -> Self:
        """Return this object; the model is asked when the first event is read."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up, and cancel and await the tools that run; a task that waits for an event gets an error."""
        self._is_left = True
        if self._reader is not None:
            from asyncio import Event  # noqa: PLC0415  # few programs read a run in another task

            self._reader_is_gone = Event()
            self._reader.cancel()  # only what it waits for here
            await self._reader_is_gone.wait()
        await self._events.aclose()

    def __aiter__(self) -> Self:
        """Return the iterator over the events."""
        return self

    async def __anext__(self) -> RunEvent:
        """Return the next event: one of the stream of an answer, or of a tool.

        Raises:
            DragomanError: as for :meth:`dragoman.LLM.run`; ``run`` of the error is the run so far.
            StreamInterruptedError: if another task leaves the stream meanwhile.
            ConfigurationError: if another task is waiting for the next event; that one goes on.
            ProtocolError: if its block was left before the run had ended.

        """
        if self._reader is not None:
            message = "another task reads this run; let one read it and hand on the events"
            raise ConfigurationError(message)
        if self._is_left and not self._has_ended:
            message = "the run was left before its end; read it inside its block, or give so_far to run() to go on"
            raise ProtocolError(message)
        from asyncio import CancelledError, current_task  # noqa: PLC0415  # not paid for with this class

        reader = self._reader = cast("Task[object]", current_task())
        before = reader.cancelling()
        try:
            return await anext(self._events)
        except StopAsyncIteration:
            self._has_ended |= not self._is_left
            raise
        except CancelledError:
            if self._reader_is_gone is None or reader.uncancel() > before:
                raise
            raise self._interrupted() from None
        finally:
            self._reader = None
            if self._reader_is_gone is not None:
                self._reader_is_gone.set()

    def _interrupted(self) -> StreamInterruptedError:
        message = "the run was left by another task while this one waited for its next event; so_far is the run so far"
        error = StreamInterruptedError(message)
        error.run = self.so_far
        return error

    async def text(self) -> AsyncGenerator[str, None]:
        """Yield the text of the answers, piece by piece, of those between calls as well.

        Raises:
            OutputError: at the end, as for :meth:`dragoman.EventStream.text`, unless calls wait.

        """
        async for event in self:
            if isinstance(event, TextDelta) and event.text:
                yield event.text
        self.check_text()

    def check_text(self) -> None:
        """Refuse a last answer without a text, or with one that was cut.

        Raises:
            OutputError: for such an answer, unless calls wait.

        """
        if not self.run.pending:
            check_text(self.run.response, self._settings(), may_call=True)

    async def collect(self) -> Run[T]:
        """Read the events to their end and return the run."""
        async for event in self:
            del event  # keep it out of tracebacks that show locals
        return self.run

    @property
    def so_far(self) -> Run[T]:
        """Return what the run has done so far."""
        return cast("Run[T]", self._loop.run)

    @property
    def run(self) -> Run[T]:
        """Return the run, once it has ended or waits for somebody.

        Raises:
            ProtocolError: before that.

        """
        if not self._has_ended:
            message = "the run has not ended; read its events to their end first, or take so_far"
            raise ProtocolError(message)
        return cast("Run[T]", self._loop.run)

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        message = "a run that goes on cannot be copied or pickled; take so_far, and copy that"
        raise TypeError(message)
