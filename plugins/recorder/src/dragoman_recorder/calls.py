"""The three calls, with a cassette in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TypeVar, cast

from attrs import frozen

from dragoman import (
    JSON,
    CallContext,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Event,
    Response,
    StreamCall,
)
from dragoman_recorder.cassette import Cassette
from dragoman_recorder.deck import current
from dragoman_recorder.exchange import Exchange, Kind, Question
from dragoman_recorder.plain import error_data, event_data, response_data
from dragoman_recorder.streams import RecordedStream, ReplayedStream

R = TypeVar("R", ChatRequest, CompletionRequest)


@frozen
class _Writing:
    """Write what comes of one question into its place."""

    cassette: Cassette
    question: Question
    place: int

    def response(self, response: Response) -> None:
        self._fill(Exchange(question=self.question, response=self._clean(response_data(response))))

    def error(self, error: DragomanError) -> None:
        self._fill(Exchange(question=self.question, error=self._clean(error_data(error))))

    def stream(self, events: list[Event] | None, left: bool, error: DragomanError | None) -> None:  # noqa: FBT001  # see RecordedStream
        self._fill(
            Exchange(
                question=self.question,
                events=None if events is None else tuple(self._clean(event_data(event)) for event in events),
                left=left,
                error=None if error is None else self._clean(error_data(error)),
            )
        )

    def _fill(self, exchange: Exchange) -> None:
        self.cassette.fill(self.place, exchange)

    def _clean(self, data: Mapping[str, JSON]) -> dict[str, JSON]:
        return cast("dict[str, JSON]", self.cassette.scrubber.data(dict(data)))


def answering(
    kind: Kind, provider: str, call: Callable[[R, CallContext], Awaitable[Response]]
) -> Callable[[R, CallContext], Awaitable[Response]]:
    """Return *call* with the cassette in use before it.

    Args:
        kind: which call it is.
        provider: the provider's name.
        call: the next call inwards.

    """

    async def answered(request: R, context: CallContext) -> Response:
        cassette = current()
        if cassette is None:
            return await call(request, context)
        question = Question.of(kind, provider, request, cassette.scrubber)
        found = cassette.take(question)
        if found is not None:
            return found.answer()
        writing = _Writing(cassette, question, cassette.reserve())
        try:
            response = await call(request, context)
        except DragomanError as error:
            writing.error(error)
            raise
        writing.response(response)
        return response

    return answered


def streaming(provider: str, call: StreamCall) -> StreamCall:
    """Return *call* with the cassette in use before it.

    Args:
        provider: the provider's name.
        call: the next call inwards.

    """

    def streamed(request: ChatRequest, context: CallContext) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        cassette = current()
        if cassette is None:
            return call(request, context)
        question = Question.of("stream", provider, request, cassette.scrubber)
        found = cassette.take(question)
        if found is not None:
            return ReplayedStream(found)
        writing = _Writing(cassette, question, cassette.reserve())
        return RecordedStream(call(request, context), writing.stream)

    return streamed
