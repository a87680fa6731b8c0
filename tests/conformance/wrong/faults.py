"""Providers with mistakes in the handling of faults."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import attrs

from conformance.sound import (
    Decoder,
    Plugin,
    SoundProvider,
    decoding,
    failing,
)
from conformance.wrong.table import wrong
from dragoman import (
    BadRequestError,
    CallContext,
    ChatRequest,
    Event,
    Finish,
    Message,
    ProtocolError,
    ProviderError,
    Response,
    ResponseSnapshot,
    ServerError,
    TextDelta,
)
from dragoman.http import ServerSentEvent


def _as(kind: type[ProviderError], error: ProviderError) -> ProviderError:
    return kind(error.message, status=error.status)


def _retryable(error: ProviderError) -> ProviderError:
    error.retryable = True
    return error


def _without_wait(error: ProviderError) -> ProviderError:
    error.retry_after = None
    return error


wrong(
    "maps 401 to a bad request", "test_a_status_is_its_error[401]", failing, lambda error: _as(BadRequestError, error)
)
wrong("marks all errors as retryable", "test_a_status_is_its_error[400]", failing, _retryable)
wrong(
    "ignores retry-after",
    "test_the_wait_that_a_server_names_is_told[retry_after_1]",
    failing,
    _without_wait,
)
wrong(
    "drops the message of the server",
    "test_the_words_of_the_server_are_told",
    failing,
    lambda error: type(error)("error 400"),
)


class Retrying(SoundProvider):
    """Retry by itself."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        try:
            return await super().chat(request, context)
        except ServerError:
            return await super().chat(request, context)


wrong("retries by itself", "test_it_does_not_try_again_by_itself[500]", Plugin, provider=Retrying)


class Ended(Decoder):
    """Treat every end as a finish."""

    def close(self) -> Iterable[Event]:
        return [*self.inner.close(), ResponseSnapshot(finish=Finish(reason="stop", raw="stop"))]


class DoneIsAll(Decoder):
    """Treat the end marker as a finish reason."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        events = list(self.inner.feed(event))
        return [*events, ResponseSnapshot(finish=Finish(reason="stop"))] if self.inner.done else events


class IgnoresErrors(Decoder):
    """Skip error events."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        try:
            return self.inner.feed(event)
        except ProviderError:
            return ()


class SkipsMalformed(Decoder):
    """Skip malformed events."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        try:
            return self.inner.feed(event)
        except ProtocolError:
            return ()


class RefusesUnknown(Decoder):
    """Refuse unknown events."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        if b"novelty" in event.data:
            message = "an unknown event"
            raise ProtocolError(message)
        return self.inner.feed(event)


class NeverDone(Decoder):
    """Continue after the terminal event."""

    @property
    def done(self) -> bool:
        return False


wrong("treats a truncated stream as complete", "test_a_stream_that_was_cut_is_no_answer[trunc_clean]", decoding, Ended)
wrong("treats every truncated stream as complete", "test_a_cut_after_any_event_is_no_answer", decoding, Ended)
wrong("treats the end marker as a finish reason", "test_an_end_without_a_reason_is_no_end", decoding, DoneIsAll)
wrong("ignores errors in a stream", "test_an_error_in_a_stream_is_raised", decoding, IgnoresErrors)
wrong("ignores an error as the first event", "test_an_error_as_the_first_event_is_raised", decoding, IgnoresErrors)
wrong("skips malformed events", "test_a_broken_event_is_not_skipped[bad_json]", decoding, SkipsMalformed)
wrong("refuses unknown events", "test_a_sound_stream_in_unusual_dress_is_read[unknown_event]", decoding, RefusesUnknown)
wrong(
    "continues after the terminal event",
    "test_a_sound_stream_in_unusual_dress_is_read[after_done]",
    decoding,
    NeverDone,
)


class Marked(SoundProvider):
    """Lose the first event if the stream begins with a byte order mark."""

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        async with super().stream(request, context) as events:
            yield self._after_mark(events)

    async def _after_mark(self, events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        async for each in events:
            if "/bom" in self.endpoint.base.url and isinstance(each, TextDelta):
                break
            yield each
        async for each in events:
            yield each


wrong(
    "loses an event to a byte order mark", "test_a_sound_stream_in_unusual_dress_is_read[bom]", Plugin, provider=Marked
)


class AcceptsEverything(SoundProvider):
    """Treat every reply with status 200 as an answer."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        try:
            return await super().chat(request, context)
        except ProtocolError:
            return Response(message=Message("assistant", ""), finish=Finish(reason="stop"))


wrong(
    "treats an HTML page as an answer",
    "test_a_good_status_without_an_answer_is_an_error[html_200]",
    Plugin,
    provider=AcceptsEverything,
)


class IgnoresTimeouts(SoundProvider):
    """Ignore the timeouts of the caller."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        limits = attrs.evolve(context.timeouts, first_byte=None)
        deadline = context.clock.monotonic() + 0.2
        return await super().chat(request, attrs.evolve(context, timeouts=limits, deadline=deadline))


wrong(
    "ignores timeouts",
    "test_silence_ends_by_the_limit_that_is_set[hang_head-first_byte_timeout-first_byte]",
    Plugin,
    provider=IgnoresTimeouts,
)
