"""The events of a run without ``await``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from dragoman.client.loop_thread import LoopThread
from dragoman.client.run_stream import RunStream
from dragoman.spec.events import TextDelta
from dragoman.spec.run import Run
from dragoman.spec.run_events import RunEvent

T = TypeVar("T")


class SyncRunStream(Generic[T]):
    """Iterate over the events of a run, or over the text of its answers, without ``await``.

    Args:
        stream: the run.
        thread: where it goes on.

    """

    def __init__(self, stream: RunStream[T], thread: LoopThread) -> None:
        self._stream = stream
        self._thread = thread

    def __iter__(self) -> Iterator[RunEvent]:
        """Yield the events."""
        while (event := self._thread.run(_next(self._stream))) is not None:
            yield event

    def text(self) -> Iterator[str]:
        """Yield the text of the answers, piece by piece, of those between calls as well; see :meth:`RunStream.text`."""
        for event in self:
            if isinstance(event, TextDelta) and event.text:
                yield event.text
        self._stream.check_text()

    def collect(self) -> Run[T]:
        """Read the events to their end and return the run."""
        return self._thread.run(self._stream.collect())

    @property
    def so_far(self) -> Run[T]:
        """Return what the run has done so far."""
        return self._stream.so_far

    @property
    def run(self) -> Run[T]:
        """Return the run, once it has ended or waits for somebody; see :attr:`RunStream.run`."""
        return self._stream.run


async def _next(stream: RunStream[T]) -> RunEvent | None:
    return await anext(stream, None)
