"""Wrong in what they make of faults."""

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


def _unhurried(error: ProviderError) -> ProviderError:
    error.retry_after = None
    return error


wrong(
    "takes 401 for a bad request", "test_a_status_is_its_error[401]", failing, lambda error: _as(BadRequestError, error)
)
wrong("takes all errors for passing ones", "test_a_status_is_its_error[400]", failing, _retryable)
wrong(
    "forgets the wait",
    "test_the_wait_that_a_server_names_is_told[retry_after_1]",
    failing,
    _unhurried,
)
wrong(
    "says nothing but a number",
    "test_the_words_of_the_server_are_told",
    failing,
    lambda error: type(error)("error 400"),
)


class Stubborn(SoundProvider):
    """Try again by itself."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        try:
            return await super().chat(request, context)
        except ServerError:
            return await super().chat(request, context)


wrong("tries again by itself", "test_it_does_not_try_again_by_itself[500]", Plugin, provider=Stubborn)


class Ended(Decoder):
    """Take any end for the end."""

    def close(self) -> Iterable[Event]:
        return [*self.inner.close(), ResponseSnapshot(finish=Finish(reason="stop", raw="stop"))]


class DoneIsAll(Decoder):
    """Take the mark for the reason."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        events = list(self.inner.feed(event))
        return [*events, ResponseSnapshot(finish=Finish(reason="stop"))] if self.inner.done else events


class Deaf(Decoder):
    """Skip what reports an error."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        try:
            return self.inner.feed(event)
        except ProviderError:
            return ()


class Careless(Decoder):
    """Skip what cannot be read."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        try:
            return self.inner.feed(event)
        except ProtocolError:
            return ()


class Narrow(Decoder):
    """Refuse what is new."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        if b"novelty" in event.data:
            message = "an unknown event"
            raise ProtocolError(message)
        return self.inner.feed(event)


class Insatiable(Decoder):
    """Go on after the end."""

    @property
    def done(self) -> bool:
        return False


wrong("takes a cut for an end", "test_a_stream_that_was_cut_is_no_answer[trunc_clean]", decoding, Ended)
wrong("takes any cut for an end", "test_a_cut_after_any_event_is_no_answer", decoding, Ended)
wrong("takes the mark for a reason", "test_an_end_without_a_reason_is_no_end", decoding, DoneIsAll)
wrong("swallows errors in a stream", "test_an_error_in_a_stream_is_raised", decoding, Deaf)
wrong("swallows an error that comes first", "test_an_error_as_the_first_event_is_raised", decoding, Deaf)
wrong("skips what it cannot read", "test_a_broken_event_is_not_skipped[bad_json]", decoding, Careless)
wrong("refuses what is new", "test_a_sound_stream_in_unusual_dress_is_read[unknown_event]", decoding, Narrow)
wrong("goes on after the end", "test_a_sound_stream_in_unusual_dress_is_read[after_done]", decoding, Insatiable)


class Marked(SoundProvider):
    """Lose the first event to a byte order mark: its transport hands the mark on."""

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


class Hasty(SoundProvider):
    """Take any good status for an answer."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        try:
            return await super().chat(request, context)
        except ProtocolError:
            return Response(message=Message("assistant", ""), finish=Finish(reason="stop"))


wrong(
    "takes a page for an answer", "test_a_good_status_without_an_answer_is_an_error[html_200]", Plugin, provider=Hasty
)


class Patient(SoundProvider):
    """Leave the limits out that the caller set."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        limits = attrs.evolve(context.timeouts, first_byte=None)
        deadline = context.clock.monotonic() + 0.2
        return await super().chat(request, attrs.evolve(context, timeouts=limits, deadline=deadline))


wrong(
    "passes no limits on",
    "test_silence_ends_by_the_limit_that_is_set[hang_head-first_byte_timeout-first_byte]",
    Plugin,
    provider=Patient,
)
