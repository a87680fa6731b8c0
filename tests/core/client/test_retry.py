from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.scripted import FakeClock
from dragoman import (
    Attempt,
    AuthenticationError,
    BadRequestError,
    CallContext,
    ConnectionFailedError,
    DragomanError,
    Event,
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    PartStart,
    Ping,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    RedirectError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamStart,
    Text,
)
from dragoman.client.retry import RetryPolicy, retrying
from dragoman.client.stream_assembly import PeekedStream, peek

STEADY = RetryPolicy(jitter=0)


class Answers:
    """Raise the errors one after the other, then answer."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.attempts: list[int] = []

    async def __call__(self, context: CallContext) -> str:
        self.attempts.append(context.attempt)
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (RateLimitError("slow down"), [0.5, 1.0]),
        (OverloadedError("full"), [0.5, 1.0]),
        (ServerError("broken"), [0.5, 1.0]),
        (ConnectionFailedError("gone"), [0.5, 1.0]),
        (RequestTimeoutError("late"), [0.5, 1.0]),
        (RateLimitError("slow down", retry_after=7.0), [7.0, 7.0]),
        (RateLimitError("slow down", retry_after=0.0), [0.0, 0.0]),
        (RateLimitError("slow down", retry_after=60.0), [60.0, 60.0]),
        (RateLimitError("slow down", retry_after=float("nan")), [0.5, 1.0]),
        (RateLimitError("slow down", retry_after=float("inf")), [0.5, 1.0]),
        (RateLimitError("slow down", retry_after=-1.0), [0.5, 1.0]),
        (BadRequestError("odd", retryable=True), [0.5, 1.0]),
        (RateLimitError("come back tomorrow", retry_after=61.0), None),
        (ServerError("broken for good", retryable=False), None),
        (QuotaExceededError("pay"), None),
        (AuthenticationError("who?"), None),
        (BadRequestError("odd"), None),
        (NotFoundError("where?"), None),
        (RedirectError("there"), None),
        (StreamInterruptedError("cut"), None),
        (ProtocolError("what?"), None),
        (InvalidRequestError("no"), None),
    ],
)
async def test_the_retry_table(clock: FakeClock, error: DragomanError, waits: list[float] | None) -> None:
    answers = Answers(error, error)
    context = CallContext(clock=clock)
    if waits is None:
        with pytest.raises(type(error)) as caught:
            await retrying(answers, context, STEADY)
        assert caught.value.attempts == (Attempt(number=1, error=type(error).__name__),)
        assert clock.slept == []
    else:
        result, attempts = await retrying(answers, context, STEADY)
        assert (result, answers.attempts, clock.slept) == ("answer", [1, 2, 3], waits)
        names = [type(error).__name__, type(error).__name__, None]
        assert [(each.number, each.error, each.waited) for each in attempts] == list(
            zip((1, 2, 3), names, [0.0, *waits], strict=True)
        )


async def test_patience_ends_and_the_error_tells_of_every_try(clock: FakeClock) -> None:
    errors = [ServerError("broken", status=500 + number) for number in range(3)]
    with pytest.raises(ServerError) as caught:
        await retrying(Answers(*errors), CallContext(clock=clock), STEADY)
    assert caught.value is errors[2]
    assert [(each.status, each.waited) for each in caught.value.attempts] == [(500, 0.0), (501, 0.5), (502, 1.0)]


async def test_no_retries_means_none(clock: FakeClock) -> None:
    with pytest.raises(ServerError):
        await retrying(Answers(ServerError("broken")), CallContext(clock=clock), RetryPolicy(retries=0))
    assert clock.slept == []


def test_the_backoff_doubles_to_its_limit_and_jitter_only_shortens_it() -> None:
    error = ServerError("broken")
    steady = RetryPolicy(retries=9, jitter=0)
    assert [steady.wait(retry, error) for retry in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]
    shaken = [RetryPolicy().wait(0, error) for _ in range(50)]
    assert all(wait is not None and 0.375 <= wait <= 0.5 for wait in shaken)
    assert len(set(shaken)) > 1


@pytest.mark.parametrize(("deadline", "waits"), [(1000.6, [0.5]), (1000.5, [])])
async def test_a_wait_beyond_the_deadline_is_not_begun(clock: FakeClock, deadline: float, waits: list[float]) -> None:
    errors = [
        ServerError("broken", status=500, request_id=f"r{number}", provider="acme", model="m") for number in range(3)
    ]
    with pytest.raises(RequestTimeoutError, match=r"no time for a try in .* broken") as caught:
        await retrying(Answers(*errors), CallContext(clock=clock, deadline=deadline), STEADY)
    assert clock.slept == waits
    late, cause = caught.value, errors[len(waits)]
    assert late.__cause__ is cause
    assert (late.phase, late.retryable, late.status, late.request_id) == ("total", False, 500, cause.request_id)
    assert (late.provider, late.model, len(late.attempts)) == ("acme", "m", len(waits) + 1)


async def test_a_deadline_that_has_passed_is_said_before_the_call(clock: FakeClock) -> None:
    answers = Answers()
    with pytest.raises(RequestTimeoutError, match="deadline") as caught:
        await retrying(answers, CallContext(clock=clock, deadline=999.0), STEADY)
    assert (caught.value.phase, caught.value.retryable, answers.attempts) == ("total", False, [])
    assert caught.value.attempts == ()  # none was made


async def test_what_is_no_error_of_ours_is_not_retried(clock: FakeClock) -> None:
    with pytest.raises(KeyError):
        await retrying(Answers(KeyError("bug")), CallContext(clock=clock), STEADY)


class Streams:
    """Open one stream after the other: each the events to give, an error among them raised."""

    def __init__(self, *streams: list[Event | BaseException] | BaseException) -> None:
        self.streams = list(streams)
        self.left: list[type[BaseException] | None] = []

    @asynccontextmanager
    async def __call__(self, _: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
        stream = self.streams.pop(0)
        if isinstance(stream, BaseException):
            raise stream
        try:
            yield self._events(stream)
        except BaseException as error:
            self.left.append(type(error))
            raise
        self.left.append(None)

    async def _events(self, stream: list[Event | BaseException]) -> AsyncIterator[Event]:
        for event in stream:
            if isinstance(event, BaseException):
                raise event
            yield event


TEXT = PartStart(0, Text(text=""))


async def opening(
    streams: Streams, context: CallContext, policy: RetryPolicy = STEADY
) -> tuple[PeekedStream, tuple[Attempt, ...]]:
    return await retrying(lambda each: peek(streams(each)), context, policy)


async def test_a_stream_is_opened_again_until_its_first_event(clock: FakeClock) -> None:
    streams = Streams(
        OverloadedError("full"), [StreamStart(), Ping(), ServerError("broken")], [StreamStart(), TEXT, Ping()]
    )
    stream, attempts = await opening(streams, CallContext(clock=clock))
    assert [each.error for each in attempts] == ["OverloadedError", "ServerError", None]
    assert clock.slept == [0.5, 1.0]
    events = stream.assembled((), lambda origin: origin, attempts, {})
    assert [await anext(events) for _ in range(3)] == [StreamStart(attempts=attempts), TEXT, Ping()]
    await stream.manager.__aexit__(None, None, None)
    assert streams.left == [ServerError, None]


async def test_nothing_is_tried_again_after_the_first_event(clock: FakeClock) -> None:
    streams = Streams([TEXT, ServerError("broken")])
    stream, _ = await opening(streams, CallContext(clock=clock))
    events = stream.assembled((), lambda origin: origin, (), {})
    assert [await anext(events), await anext(events)] == [StreamStart(), TEXT]
    with pytest.raises(ServerError):
        await anext(events)
    await stream.manager.__aexit__(None, None, None)
    assert clock.slept == []


async def test_a_stream_that_ends_in_its_opening_is_no_error_here(clock: FakeClock) -> None:
    stream, _ = await opening(Streams([StreamStart()]), CallContext(clock=clock))
    assert await anext(stream.assembled((), lambda origin: origin, (), {})) == StreamStart()
    await stream.manager.__aexit__(None, None, None)


async def test_a_stream_whose_patience_ends_is_closed(clock: FakeClock) -> None:
    streams = Streams([ServerError("broken")])
    with pytest.raises(ServerError) as caught:
        await opening(streams, CallContext(clock=clock), RetryPolicy(retries=0))
    assert len(caught.value.attempts) == 1
    assert streams.left == [ServerError]
    with pytest.raises(RequestTimeoutError):
        await opening(streams, CallContext(clock=clock, deadline=1.0))


def test_retries_are_whole() -> None:
    wrong: Any = 1.5
    with pytest.raises(ValueError, match="a whole number from 0"):
        RetryPolicy(retries=wrong)
