"""A typed value that is read while the answer streams, without ``await``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence, Set as AbstractSet
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from dragoman.client.loop_thread import LoopThread
from dragoman.client.value_stream import ValueStream

if TYPE_CHECKING:
    from dragoman.spec.partial import Partial
    from dragoman.spec.response import Response

T_co = TypeVar("T_co", covariant=True)
Item = TypeVar("Item")

_END: Any = object()


class SyncValueStream(Generic[T_co]):
    """Iterate over the states of a value while it arrives, or over the items of a list, without ``await``.

    Args:
        stream: the stream.
        thread: where it was opened.

    """

    def __init__(self, stream: ValueStream[T_co], thread: LoopThread) -> None:
        self._stream = stream
        self._thread = thread

    def __iter__(self) -> Iterator[Partial[T_co]]:
        """Yield the states; see :meth:`~dragoman.ValueStream.__anext__`."""
        return self._each(self._stream)

    @overload
    def items(self: SyncValueStream[Sequence[Item]]) -> Iterator[Item]: ...
    @overload
    def items(self: SyncValueStream[AbstractSet[Item]]) -> Iterator[Item]: ...
    def items(self) -> Iterator[Any]:
        """Yield the items of a list; see :meth:`~dragoman.ValueStream.items`."""
        stream: Any = self._stream
        return self._each(stream.items())

    def _each(self, source: AsyncIterator[Any]) -> Iterator[Any]:
        while (each := self._thread.run(_next(source))) is not _END:
            yield each

    def collect(self) -> T_co:
        """Read the stream to its end and return the value."""
        return self._thread.run(self._stream.collect())

    @property
    def response(self) -> Response[T_co]:
        """Return the whole answer, once the stream has ended."""
        return self._stream.response

    @property
    def value(self) -> T_co:
        """Return the value, once the stream has ended."""
        return self._stream.value


async def _next(source: AsyncIterator[Any]) -> Any:
    return await anext(source, _END)


__all__ = ["SyncValueStream"]
