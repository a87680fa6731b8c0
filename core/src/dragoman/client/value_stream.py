"""A typed value that is read while the answer streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence, Set as AbstractSet
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar, overload

from dragoman.client.stream import EventStream
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, OutputValidationError
from dragoman.spec.events import Event, PartStart, PartUpdate, TextDelta
from dragoman.spec.partial import Partial
from dragoman.spec.parts import Text
from dragoman.spec.response import Response

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Item = TypeVar("Item")

_LEVELS = 3


class ValueStream(Generic[T_co]):
    """Iterate over the states of a value while it arrives, or over the items of a list.

    Each member and each item is checked against its type before it is given. One task reads it at a time.

    Args:
        stream: the stream of the answer.
        kind: the type of the value.

    """

    def __init__(self, stream: EventStream, kind: TypeForm[T_co]) -> None:
        from dragoman.spec.partial_values import StreamedValue  # noqa: PLC0415  # cattrs is slow to import

        self._stream = stream
        self._kind: Any = kind
        self._read: StreamedValue[T_co] = StreamedValue(kind)
        self._texts: dict[int, list[str]] = {}
        self._latest = -1  # the index of the text that was begun last
        self._is_over = False

    def __aiter__(self) -> Self:
        """Return the iterator over the states."""
        return self

    async def __anext__(self) -> Partial[T_co]:
        """Return the next state of the value, in which more members or items are whole.

        Raises:
            OutputError: if the answer cannot be read as the type; ``partial`` is the answer.
            StreamInterruptedError: if the stream ends before it is complete.
            ProviderError: what the provider reported in the middle of the stream.

        """
        read = self._read
        read.levels = _LEVELS
        while not read.new or (partial := read.partial()) is None:
            if not await self._advance():
                raise StopAsyncIteration
        return partial

    @overload
    def items(self: ValueStream[Sequence[Item]]) -> AsyncGenerator[Item, None]: ...
    @overload
    def items(self: ValueStream[AbstractSet[Item]]) -> AsyncGenerator[Item, None]: ...
    def items(self) -> AsyncGenerator[Any, None]:
        """Yield the items of a list, each as soon as it is whole, as values of their type.

        Raises:
            InvalidRequestError: if the value is not a list.
            OutputError: if an item does not fit its type, or the answer cannot be read.

        """
        if not self._read.is_list:
            message = f"{shown(self._kind)} has no items; iterate over the stream itself, or ask for a list of it"
            raise InvalidRequestError(message, parameter="kind")
        return self._items()

    async def _items(self) -> AsyncGenerator[Any, None]:
        items = self._read.items
        while items or await self._advance():
            while items:
                yield items.popleft()

    async def collect(self) -> T_co:
        """Read the stream to its end and return the value."""
        while await self._advance():
            pass
        return self.value

    @property
    def response(self) -> Response[T_co]:
        """Return the whole answer, once the stream has ended.

        Raises:
            ProtocolError: before that.

        """
        return self._stream.response

    @property
    def value(self) -> T_co:
        """Return the value, once the stream has ended.

        Raises:
            ProtocolError: before that.
            OutputError: if the answer cannot be read as the type.

        """
        return self.response.value

    async def _advance(self) -> bool:
        """Read one more event; tell whether there was one, or a last state of the value."""
        if self._is_over:
            return False
        try:
            event = await anext(self._stream, None)
            if event is None:
                self._is_over = True
                self._read.end(self.response)
            elif type(event) is TextDelta:
                if event.index == self._latest:
                    self._texts[event.index].append(event.text)
                    self._read.feed(event.text)
                elif event.index in self._texts:
                    self._feed(event.index, event.text)
            else:
                self._follow(event)
        except ValueError as error:
            self._refuse(error)
        return True

    def _follow(self, event: Event) -> None:
        """Read an event that begins a text, or replaces it."""
        if not isinstance(event, PartStart | PartUpdate) or not isinstance(event.part, Text):
            return
        index, text = event.index, event.part.text
        if isinstance(event, PartStart):
            self._texts[index], self._latest = [], index
            self._read.begin_part()
            self._feed(index, text)
        elif text:
            known = "".join(self._texts[index])
            if not text.startswith(known):
                self._read.give_up()
            self._feed(index, text[len(known) :])

    def _feed(self, index: int, text: str) -> None:
        self._texts[index].append(text)
        if index != self._latest and text:  # the texts of an answer are read in their order
            self._read.give_up()
        self._read.feed(text)

    def _refuse(self, error: ValueError) -> NoReturn:
        """Raise what is wrong with the answer."""
        self._is_over = True
        if type(error) is not ValueError:
            raise error
        name = getattr(self._kind, "__name__", self._kind)
        refused = OutputValidationError(f"the answer does not fit {name}: {error}")
        self._stream.annotate(refused)
        raise refused from None

    def __reduce__(self) -> NoReturn:
        """Refuse to be copied or pickled.

        Raises:
            TypeError: always.

        """
        message = "an open stream cannot be copied or pickled; copy its value or its response"
        raise TypeError(message)


__all__ = ["ValueStream"]
