"""The three calls, recorded in the active cassette or answered from it."""

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
from dragoman_recorder.active_cassette import active_cassette
from dragoman_recorder.cassette import Cassette
from dragoman_recorder.event_scrubbing import scrub_events
from dragoman_recorder.exchange import Exchange, Kind, Question
from dragoman_recorder.recorded_streams import RecordedStream, ReplayedStream
from dragoman_recorder.recording_mode import PLACEHOLDER
from dragoman_recorder.scrubber import Scrubber
from dragoman_recorder.secret_names import is_secret_name
from dragoman_recorder.serialization import error_data, event_data, response_data

R = TypeVar("R", ChatRequest, CompletionRequest)


@frozen
class _Recording:
    """Write the outcome of one question to the cassette.

    Args:
        cassette: where to write it.
        question: what was asked.
        scrubber: removes secrets from the outcome.
        index: the index that the cassette reserved for the exchange.

    """

    cassette: Cassette
    question: Question
    scrubber: Scrubber
    index: int

    def response(self, response: Response) -> None:
        self._fill(lambda: Exchange(question=self.question, response=self._clean(response_data(response))))

    def error(self, error: DragomanError) -> None:
        self._fill(lambda: Exchange(question=self.question, error=self._clean(error_data(error))))

    def stream(self, events: list[Event] | None, left: bool, error: DragomanError | None) -> None:  # noqa: FBT001  # the signature of the report of RecordedStream
        self._fill(
            lambda: Exchange(
                question=self.question,
                events=None if events is None else tuple(scrub_events(map(event_data, events), self.scrubber)),
                left=left,
                error=None if error is None else self._clean(error_data(error)),
            )
        )

    def _fill(self, exchange: Callable[[], Exchange]) -> None:
        self.cassette.fill(self.index, exchange)

    def _clean(self, data: Mapping[str, JSON]) -> dict[str, JSON]:
        return cast("dict[str, JSON]", self.scrubber.data(dict(data)))


def call_with_cassette(
    kind: Kind, binding: Binding, call: Callable[[R, CallContext], Awaitable[Response]]
) -> Callable[[R, CallContext], Awaitable[Response]]:
    """Return *call*, recorded in the active cassette or answered from it.

    Args:
        kind: which call it is.
        binding: the provider that is asked.
        call: the next call inwards.

    """

    async def recorded(request: R, context: CallContext) -> Response:
        cassette = active_cassette()
        if cassette is None:
            return await call(request, context)
        found, recording = _look_up(cassette, kind, binding, request)
        if found is not None:
            return found.answer()
        try:
            response = await call(request, context)
        except DragomanError as error:
            recording().error(error)
            raise
        recording().response(response)
        return response

    return recorded


def stream_with_cassette(binding: Binding, call: StreamCall) -> StreamCall:
    """Return *call*, recorded in the active cassette or answered from it.

    Args:
        binding: the provider that is asked.
        call: the next call inwards.

    """

    def recorded(
        request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        cassette = active_cassette()
        if cassette is None:
            return call(request, context)
        found, recording = _look_up(cassette, "stream", binding, request)
        if found is not None:
            return ReplayedStream(found)
        return RecordedStream(
            call(request, context), lambda events, left, error: recording().stream(events, left, error)
        )

    return recorded


def _look_up(
    cassette: Cassette, kind: Kind, binding: Binding, request: ChatRequest | CompletionRequest
) -> tuple[Exchange | None, Callable[[], _Recording]]:
    """Return the recording of a question, and a function that makes the recorder of its outcome if there is none.

    The function is called after the call, because a key that is fetched for the call is not known before.
    """
    question = Question.of(kind, binding.provider, request, _scrubber(cassette, binding, request))
    found = cassette.take(question)
    index = -1 if found is not None else cassette.reserve()

    def recording() -> _Recording:
        return _Recording(cassette, question, _scrubber(cassette, binding, request), index)

    return found, recording


def _scrubber(cassette: Cassette, binding: Binding, request: ChatRequest | CompletionRequest) -> Scrubber:
    return cassette.add_secrets(_secret_values((*binding.credentials(), *_header_credentials(request.headers))))


def _header_credentials(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if is_secret_name(name) or is_credential(name):
            yield reveal(value)


def _secret_values(secrets: tuple[str, ...]) -> Iterator[str]:
    """Yield each secret, and the part of it that follows an authentication scheme such as ``Bearer``."""
    for secret in secrets:
        if secret != PLACEHOLDER:
            yield from {secret, secret.rpartition(" ")[2]} - {PLACEHOLDER}
