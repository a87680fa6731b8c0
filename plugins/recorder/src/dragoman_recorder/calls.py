"""The three calls, with a cassette in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TypeVar, cast

from attrs import frozen

from dragoman import (
    JSON,
    Binding,
    CallContext,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Event,
    Response,
    StreamCall,
    is_credential,
    reveal,
)
from dragoman_recorder.active_cassette import current
from dragoman_recorder.cassette import Cassette
from dragoman_recorder.exchange import Exchange, Kind, Question
from dragoman_recorder.names import is_telling
from dragoman_recorder.plain import error_data, event_data, response_data
from dragoman_recorder.scrubbing import Scrubber
from dragoman_recorder.streamed import scrubbed_events
from dragoman_recorder.streams import RecordedStream, ReplayedStream
from dragoman_recorder.switch import PLACEHOLDER

R = TypeVar("R", ChatRequest, CompletionRequest)


@frozen
class _Writing:
    """Write what comes of one question into its place."""

    cassette: Cassette
    question: Question
    scrubber: Scrubber
    place: int

    def response(self, response: Response) -> None:
        self._fill(lambda: Exchange(question=self.question, response=self._clean(response_data(response))))

    def error(self, error: DragomanError) -> None:
        self._fill(lambda: Exchange(question=self.question, error=self._clean(error_data(error))))

    def stream(self, events: list[Event] | None, left: bool, error: DragomanError | None) -> None:  # noqa: FBT001  # see RecordedStream
        self._fill(
            lambda: Exchange(
                question=self.question,
                events=None if events is None else tuple(scrubbed_events(map(event_data, events), self.scrubber)),
                left=left,
                error=None if error is None else self._clean(error_data(error)),
            )
        )

    def _fill(self, exchange: Callable[[], Exchange]) -> None:
        self.cassette.fill(self.place, exchange)

    def _clean(self, data: Mapping[str, JSON]) -> dict[str, JSON]:
        return cast("dict[str, JSON]", self.scrubber.data(dict(data)))


def answering(
    kind: Kind, binding: Binding, call: Callable[[R, CallContext], Awaitable[Response]]
) -> Callable[[R, CallContext], Awaitable[Response]]:
    """Return *call* with the cassette in use before it.

    Args:
        kind: which call it is.
        binding: the provider that is asked.
        call: the next call inwards.

    """

    async def answered(request: R, context: CallContext) -> Response:
        cassette = current()
        if cassette is None:
            return await call(request, context)
        found, writing = _begun(cassette, kind, binding, request)
        if found is not None:
            return found.answer()
        try:
            response = await call(request, context)
        except DragomanError as error:
            writing().error(error)
            raise
        writing().response(response)
        return response

    return answered


def streaming(binding: Binding, call: StreamCall) -> StreamCall:
    """Return *call* with the cassette in use before it.

    Args:
        binding: the provider that is asked.
        call: the next call inwards.

    """

    def streamed(request: ChatRequest, context: CallContext) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        cassette = current()
        if cassette is None:
            return call(request, context)
        found, writing = _begun(cassette, "stream", binding, request)
        if found is not None:
            return ReplayedStream(found)
        return RecordedStream(call(request, context), lambda events, left, error: writing().stream(events, left, error))

    return streamed


def _begun(
    cassette: Cassette, kind: Kind, binding: Binding, request: ChatRequest | CompletionRequest
) -> tuple[Exchange | None, Callable[[], _Writing]]:
    """Return the recording of a question, and if there is none, what makes a place for it with what is secret by then.

    A key that is fetched for the call is known once the call was made.
    """
    question = Question.of(kind, binding.provider, request, _scrubber(cassette, binding, request))
    found = cassette.take(question)
    place = -1 if found is not None else cassette.reserve()

    def writing() -> _Writing:
        return _Writing(cassette, question, _scrubber(cassette, binding, request), place)

    return found, writing


def _scrubber(cassette: Cassette, binding: Binding, request: ChatRequest | CompletionRequest) -> Scrubber:
    return cassette.knowing(_telling((*binding.credentials(), *_of_headers(request.headers))))


def _of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if is_telling(name) or is_credential(name):
            yield reveal(value)


def _telling(secrets: tuple[str, ...]) -> Iterator[str]:
    """Yield each secret, and what comes after the name of a scheme such as ``Bearer``."""
    for secret in secrets:
        if secret != PLACEHOLDER:
            yield from {secret, secret.rpartition(" ")[2]} - {PLACEHOLDER}
