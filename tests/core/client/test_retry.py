from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.scripted import FakeClock
from dragoman import (
    ArgumentsDelta,
    Attempt,
    AuthenticationError,
    BadRequestError,
    Bytes,
    CallContext,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    Event,
    Finish,
    InvalidRequestError,
    Media,
    MediaDelta,
    NoAnswerError,
    NotFoundError,
    OverloadedError,
    PartEnd,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    Raw,
    Reasoning,
    ReasoningDelta,
    RedirectError,
    RequestTimeoutError,
    ResponseSnapshot,
    Seal,
    SealUpdate,
    ServerError,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
    ToolCall,
    Usage,
    UsageSnapshot,
)
from dragoman.client.retry import retrying
from dragoman.client.stream_assembly import PeekedStream, is_output, peek
from dragoman.spec.retry_policy import RetryPolicy

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
HALLO = TextDelta(0, "Hallo")
DONE = ResponseSnapshot(finish=Finish(reason="stop"))


async def opening(
    streams: Streams, context: CallContext, policy: RetryPolicy = STEADY
) -> tuple[PeekedStream, tuple[Attempt, ...]]:
    return await retrying(lambda each: peek(streams(each)), context, policy)


BEFORE: list[Event] = [
    StreamStart(),
    Ping(),
    Raw({"type": "response.created"}),
    UsageSnapshot(Usage(input_tokens=3)),
    ResponseSnapshot(response_id="1"),
    PartStart(0, Reasoning()),
    ReasoningDelta(0, ""),
    SealUpdate(0, Seal(issuer="me", payload="x")),
    PartStop(0),
    PartStart(1, Text(text="")),
    TextDelta(1, ""),
    PartUpdate(1, Text(text="")),
]
"""What a server may send before the first output."""


@pytest.mark.parametrize(
    ("output", "told"),
    [
        *[
            (each, [each])
            for each in (
                TextDelta(1, "Hi"),
                PartStart(2, ToolCall(name="look", call_id="1")),
                PartStart(2, Media(media_type="image/png", source=Bytes(data=b""))),
                DONE,
            )
        ],
        (PartStart(2, Text(text="Hi")), [PartStart(2, Text(text="")), TextDelta(2, "Hi")]),
        (PartStart(2, Reasoning(text="hm")), [PartStart(2, Reasoning()), ReasoningDelta(2, "hm")]),
        (PartUpdate(1, Text(text="Hi")), [TextDelta(1, "Hi"), PartUpdate(1, Text(text="Hi"))]),
    ],
)
async def test_a_stream_is_opened_again_until_its_first_output(
    clock: FakeClock, output: Event, told: list[Event]
) -> None:
    streams = Streams(OverloadedError("full"), [*BEFORE, ServerError("broken")], [*BEFORE, output, Ping()])
    stream, attempts = await opening(streams, CallContext(clock=clock))
    assert [each.error for each in attempts] == ["OverloadedError", "ServerError", None]
    assert clock.slept == [0.5, 1.0]
    events = stream.assembled((), lambda origin: origin, attempts, {})
    seen = [await anext(events) for _ in BEFORE]
    assert seen[0] == StreamStart(attempts=attempts)
    assert [await anext(events) for _ in range(len(told) + 1)] == [*told, Ping()]
    assert [type(each) for each in seen[1:] if not isinstance(each, PartEnd)] == [
        type(each) for each in BEFORE[1:] if not isinstance(each, PartStop)
    ]
    await stream.manager.__aexit__(None, None, None)
    assert streams.left == [ServerError, None]


async def test_a_fragment_of_arguments_is_output(clock: FakeClock) -> None:
    assert is_output(ArgumentsDelta(0, "{"))
    assert not is_output(ArgumentsDelta(0, ""))
    assert is_output(MediaDelta(0, b"x"))


async def test_nothing_is_tried_again_after_the_first_output(clock: FakeClock) -> None:
    streams = Streams([TEXT, HALLO, ServerError("broken")])
    stream, _ = await opening(streams, CallContext(clock=clock))
    events = stream.assembled((), lambda origin: origin, (), {})
    assert [await anext(events) for _ in range(3)] == [StreamStart(), TEXT, HALLO]
    with pytest.raises(ServerError):
        await anext(events)
    await stream.manager.__aexit__(None, None, None)
    assert clock.slept == []


@pytest.mark.parametrize("first", [[], [StreamStart()], BEFORE])
async def test_a_stream_that_ends_before_its_first_output_is_opened_again(clock: FakeClock, first: list[Any]) -> None:
    stream, attempts = await opening(Streams(first, [TEXT, HALLO]), CallContext(clock=clock))
    assert [each.error for each in attempts] == ["StreamInterruptedError", None]
    await stream.manager.__aexit__(None, None, None)


async def test_an_error_before_the_first_output_tells_what_is_known(clock: FakeClock) -> None:
    with pytest.raises(ServerError) as caught:
        await opening(Streams([*BEFORE, ServerError("broken")]), CallContext(clock=clock), RetryPolicy(retries=0))
    assert caught.value.partial is not None
    assert caught.value.partial.usage == Usage(input_tokens=3)
    assert caught.value.partial.origin.response_id == "1"
    with pytest.raises(ServerError) as caught:
        await opening(Streams([Ping(), ServerError("broken")]), CallContext(clock=clock), RetryPolicy(retries=0))
    assert caught.value.partial is not None
    with pytest.raises(ServerError) as caught:
        await opening(
            Streams([TextDelta(3, ""), ServerError("broken")]), CallContext(clock=clock), RetryPolicy(retries=0)
        )
    assert caught.value.partial is not None


class Slow:
    """Stream pings until it is left."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error
        self.left: list[object] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Event]]:
        try:
            yield self._events()
        except BaseException as error:
            self.left.append(type(error))
            raise

    async def _events(self) -> AsyncIterator[Event]:
        if self.error is not None:
            raise self.error
        while True:
            yield Ping()
            await asyncio.sleep(0.001)


async def test_the_first_output_may_be_limited() -> None:
    slow = Slow()
    with pytest.raises(RequestTimeoutError, match=r"did not begin within 0.02 s \(first_output_timeout\)") as caught:
        await peek(slow.open(), 0.02)
    assert (caught.value.phase, caught.value.retryable) == ("first_output", True)
    assert slow.left == [asyncio.CancelledError]
    stream = await peek(Streams([TEXT, HALLO])(CallContext()), 5.0)
    await stream.manager.__aexit__(None, None, None)


@pytest.mark.parametrize("error", [RequestTimeoutError("idle", phase="idle"), TimeoutError("theirs")])
async def test_other_limits_are_not_mistaken_for_it(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        await peek(Slow(error).open(), 5.0)
    assert caught.value is error


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


async def test_what_is_told_of_each_retry(clock: FakeClock) -> None:
    told: list[tuple[int, str, float]] = []

    async def tell(attempt: int, error: DragomanError, wait: float) -> None:
        told.append((attempt, type(error).__name__, wait))

    for callback in (lambda *each: told.append((each[0], type(each[1]).__name__, each[2])), tell):
        told.clear()
        answers = Answers(OverloadedError("full"), ServerError("broken"))
        await retrying(answers, CallContext(clock=clock), RetryPolicy(jitter=0, on_retry=callback))
        assert told == [(1, "OverloadedError", 0.5), (2, "ServerError", 1.0)]


async def test_a_callback_may_end_the_call(clock: FakeClock) -> None:
    def stop(attempt: int, error: DragomanError, wait: float) -> None:
        raise error

    def fail(*_: object) -> None:
        raise KeyError(1)

    with pytest.raises(OverloadedError):
        await retrying(Answers(OverloadedError("full")), CallContext(clock=clock), RetryPolicy(on_retry=stop))
    with pytest.raises(KeyError) as caught:
        await retrying(Answers(OverloadedError("full")), CallContext(clock=clock), RetryPolicy(on_retry=fail))
    assert caught.value.__notes__ == ["raised by on_retry, called for try 1 of a call"]
    assert clock.slept == []


async def test_other_errors_are_tried_again_on_request(clock: FakeClock) -> None:
    policy = RetryPolicy(jitter=0, also_on=(NoAnswerError,))
    _, attempts = await retrying(Answers(NoAnswerError("nothing")), CallContext(clock=clock), policy)
    assert [each.error for each in attempts] == ["NoAnswerError", None]
    with pytest.raises(NoAnswerError):
        await retrying(Answers(NoAnswerError("nothing")), CallContext(clock=clock), STEADY)


async def test_without_a_budget_every_call_has_its_retries(clock: FakeClock) -> None:
    policy = RetryPolicy(jitter=0, retries=1, budget=False)
    for _ in range(50):
        await retrying(Answers(ServerError("broken")), CallContext(clock=clock), policy)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ({"budget": 5}, "budget must be a RetryBudget, None for that of the endpoint, or False, not 5"),
        ({"also_on": [NoAnswerError]}, "also_on must be a tuple of error classes"),
        ({"also_on": (KeyError,)}, "also_on must be a tuple of error classes"),
        ({"on_retry": 5}, "on_retry must be callable"),
    ],
)
def test_a_policy_is_checked(argument: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        RetryPolicy(**argument)
