"""Another model is asked until the first output, also in place of an answer that is not wanted; all of it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from attrs import frozen

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    Adjustment,
    AuthenticationError,
    Binding,
    ConfigurationError,
    ContentFilterError,
    ContextWindowExceededError,
    DragomanError,
    Event,
    Finish,
    InvalidRequestError,
    LLMConfig,
    Message,
    NoAnswerError,
    OverloadedError,
    PartStart,
    Ping,
    PluginError,
    RateLimitError,
    Reasoning,
    ReasoningDelta,
    Refusal,
    RefusalError,
    RequestTimeoutError,
    Response,
    ResponseSnapshot,
    RetryBudget,
    RetryPolicy,
    ServerError,
    StreamCall,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    SyncLLM,
    Text,
    TextDelta,
    ToolCall,
    UnsupportedError,
    Usage,
    UsageSnapshot,
    build_response,
    hookimpl,
    installed,
)

DONE = ResponseSnapshot(finish=Finish(reason="stop"))
OPENING: list[Event] = [StreamStart(), Ping(), UsageSnapshot(Usage(input_tokens=3)), PartStart(0, Text(text=""))]
REFUSED = build_response([Refusal(text="no")], Finish(reason="refusal"))
EMPTY = build_response([Reasoning(text="hm"), Text(text=" \n")], Finish(reason="stop"))
CUT = say("Hel", "length")
CALL = build_response([ToolCall(name="look", call_id="1")], Finish(reason="tool_calls"))


def llm(*fallbacks: str, **options: Any) -> LLM:
    return LLM(LLMConfig(model="scripted/a", fallbacks=[*fallbacks] or ["scripted/b"], num_retries=0, **options))


def models(scripted: Scripted) -> list[str]:
    return [request.model for request in scripted.asked]


def passed_over(response: Response | StreamStart) -> list[tuple[Any, Any, str]]:
    return [(each.asked, each.sent, each.reason) for each in response.adjustments if each.feature == "model"]


@pytest.fixture(params=["core", "middleware"])
def wrapped(request: pytest.FixtureRequest, scripted: Scripted) -> None:
    """Let streams come from the core, or through middleware that hands on a generator of its own."""

    class Middleware:
        @hookimpl(wrapper=True)
        def dragoman_stream(self, binding: Binding) -> Any:
            call: StreamCall = yield

            @asynccontextmanager
            async def wrapper(asked: Any, context: Any) -> AsyncIterator[AsyncIterator[Event]]:
                async with call(asked, context) as events:
                    yield (event async for event in events)

            return wrapper

    if request.param == "middleware":
        installed().register(Middleware())


@pytest.mark.parametrize("error", [ServerError("down"), StreamInterruptedError("cut")])
async def test_a_stream_falls_back_until_its_first_output(scripted: Scripted, wrapped: None, error: Any) -> None:
    scripted.script = [[*OPENING, error], [*OPENING, ServerError("full")], [*OPENING, TextDelta(0, "Hi"), DONE]]
    async with llm("scripted/b", "scripted/c").stream("Hi") as stream:
        events = [event async for event in stream]
    assert models(scripted) == ["a", "b", "c"]
    assert [type(event) for event in events[:4]] == [type(event) for event in OPENING]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hi"]
    start, response = events[0], stream.response
    assert isinstance(start, StreamStart)
    assert start.adjustments == response.adjustments
    assert start.attempts == response.attempts
    assert passed_over(response) == [
        ("scripted/a", "scripted/c", f"{type(error).__name__}: {error}"),
        ("scripted/b", "scripted/c", "ServerError: scripted (b) reported an error: full"),
    ]
    assert [(each.model, each.number, each.error) for each in response.attempts] == [
        ("scripted/a", 1, type(error).__name__),
        ("scripted/b", 1, "ServerError"),
        ("scripted/c", 1, None),
    ]
    assert events[-1] == StreamEnd(response)


async def test_a_stream_falls_back_no_more_after_its_first_output(scripted: Scripted) -> None:
    scripted.script = [[*OPENING, TextDelta(0, "Hi"), ServerError("down")]]
    async with llm(fall_back_on="empty").stream("Hi") as stream:
        with pytest.raises(ServerError):
            await stream.collect()
    assert models(scripted) == ["a"]


async def test_an_answer_tells_of_all_models_and_attempts(scripted: Scripted) -> None:
    scripted.script = [OverloadedError("full"), OverloadedError("full"), say("Hi")]
    config = LLMConfig(
        model="scripted/a", fallbacks=["scripted/b"], retry={"retries": 1, "first_wait": 0.0, "budget": False}
    )
    response = await LLM(config).generate("Hi")
    assert response.adjustments == (
        Adjustment(
            kind="coerced",
            feature="model",
            asked="scripted/a",
            sent="scripted/b",
            reason="OverloadedError: scripted (a) reported an error after 2 attempts: full",
        ),
    )
    assert [(each.model, each.number) for each in response.attempts] == [
        ("scripted/a", 1),
        ("scripted/a", 2),
        ("scripted/b", 1),
    ]


async def test_without_a_fallback_attempts_name_no_model(scripted: Scripted) -> None:
    scripted.script = [say("Hi")]
    response = await llm(fall_back_on="empty").generate("Hi")
    assert [each.model for each in response.attempts] == [None]
    assert not response.adjustments


UNWANTED = [("refused", REFUSED), ("empty", EMPTY), ("truncated", CUT)]


@pytest.mark.parametrize(("word", "answer"), UNWANTED)
async def test_an_answer_may_be_replaced(scripted: Scripted, word: str, answer: Response) -> None:
    scripted.script = [answer, say("Hi")]
    response = await llm(fall_back_on=[word]).generate("Hi")
    assert response.text == "Hi"
    assert passed_over(response) == [("scripted/a", "scripted/b", f"the answer is {word}")]
    assert [each.model for each in response.attempts] == ["scripted/a", "scripted/b"]
    others = [other for name, other in UNWANTED if name != word]
    scripted.script = [*others, CALL]
    for other in [*others, CALL]:
        assert (await llm(fall_back_on=[word]).generate("Hi")).message == other.message


class Later:
    """Something to await that is not a coroutine."""

    def __await__(self) -> Iterator[None]:
        return iter([])

    def __bool__(self) -> bool:
        return True


async def test_a_function_that_has_to_be_awaited_is_refused(scripted: Scripted) -> None:
    async def is_short(response: Response) -> bool:
        return len(response.text) < 8

    with pytest.raises(ConfigurationError, match="fall_back_on takes functions that need no await, not the coroutine"):
        llm(fall_back_on=["empty", is_short])
    scripted.script = [say("short"), say("short")]
    with pytest.raises(TypeError, match="must return whether the answer is not wanted, not something to await"):
        await llm(fall_back_on=lambda response: is_short(response)).generate("Hi")  # noqa: PLW0108  # it is not async
    with pytest.raises(TypeError, match="must return whether the answer is not wanted, not something to await"):
        await llm(fall_back_on=lambda _: Later()).generate("Hi")


async def test_a_function_may_choose(scripted: Scripted) -> None:
    scripted.script = [say("short"), say("long enough")]
    response = await llm(fall_back_on=lambda response: len(response.text) < 8).generate("Hi")
    assert response.text == "long enough"
    assert passed_over(response) == [("scripted/a", "scripted/b", "the answer is not wanted")]


async def test_a_function_sees_the_value(scripted: Scripted) -> None:
    @frozen
    class City:
        name: str

    scripted.script = [say('{"name": ""}'), say('{"name": "Oslo"}')]
    response = await llm(fall_back_on=[lambda response: not response.value.name]).generate("Hi", output=City)
    assert response.value == City("Oslo")


async def test_the_last_answer_stays_if_no_other_model_does_better(scripted: Scripted) -> None:
    scripted.script = [say("one", "length"), say("two", "length"), ServerError("down")]
    client = llm("scripted/b", "scripted/c", fall_back_on="truncated")
    response = await client.generate("Hi")
    assert response.text == "two"
    assert passed_over(response) == [
        ("scripted/a", "scripted/b", "the answer is truncated"),
        ("scripted/c", "scripted/b", "ServerError: scripted (c) reported an error: down"),
    ]
    assert [(each.model, each.error) for each in response.attempts] == [
        ("scripted/a", None),
        ("scripted/c", "ServerError"),
        ("scripted/b", None),
    ]
    scripted.script = [say("one", "length"), ServerError("down"), say("three", "length")]
    assert (await client.generate("Hi")).text == "three"


async def test_text_doors_fall_back_too(scripted: Scripted) -> None:
    scripted.script = [EMPTY, say("Hi"), REFUSED, ServerError("down"), EMPTY, say("Hi")]
    client = llm(fall_back_on=["empty", "refused"])
    assert await client.chat_completion([Message("user", "Hi")]) == "Hi"
    with pytest.raises(RefusalError):
        await client.completion("Hi")
    assert await client.completion("Hi") == "Hi"


REFUSAL: list[Event] = [PartStart(0, Refusal(text="")), TextDelta(0, "no"), DONE]


@pytest.mark.parametrize(
    ("word", "events"),
    [
        ("refused", REFUSAL),
        ("empty", [*OPENING, DONE]),
        ("truncated", [ResponseSnapshot(finish=Finish(reason="length"))]),
    ],
)
async def test_a_stream_without_output_may_be_replaced(
    scripted: Scripted, wrapped: None, word: str, events: list[Any]
) -> None:
    scripted.script = [events, spoken("Hi")]
    async with llm(fall_back_on=word).stream("Hi") as stream:
        response = await stream.collect()
    assert response.text == "Hi"
    assert passed_over(response) == [("scripted/a", "scripted/b", f"the answer is {word}")]
    assert len(scripted.left) == 2


async def test_a_stream_with_output_stays(scripted: Scripted, wrapped: None) -> None:
    said = [*REFUSAL[:2], PartStart(1, Reasoning()), ReasoningDelta(1, "hm"), TextDelta(0, "!"), DONE]
    scripted.script = [said]
    async with llm(fall_back_on="refused").stream("Hi") as stream:
        events = [event async for event in stream]
    assert [event for event in events if isinstance(event, TextDelta | ReasoningDelta)] == [
        TextDelta(0, "no"),
        ReasoningDelta(1, "hm"),
        TextDelta(0, "!"),
    ]
    assert stream.response.refusal == "no!"


async def test_the_last_stream_stays_if_no_other_model_does_better(scripted: Scripted, wrapped: None) -> None:
    scripted.script = [REFUSAL, ServerError("down"), REFUSAL, REFUSAL]
    client = llm(fall_back_on="refused")
    for sent, reason in (
        ("scripted/a", "ServerError: scripted (b) reported an error: down"),
        ("scripted/b", "the answer is refused"),
    ):
        async with client.stream("Hi") as stream:
            events = [event async for event in stream]
        assert stream.response.refusal == "no"
        (asked,) = {"scripted/a", "scripted/b"} - {sent}
        assert passed_over(stream.response) == [(asked, sent, reason)]
        assert isinstance(events[0], StreamStart)
        assert passed_over(events[0]) == [(asked, sent, reason)]
        assert [each.model for each in stream.response.attempts] == [asked, sent]
        assert events[-1] == StreamEnd(stream.response)


async def test_a_stream_that_is_left_while_it_is_looked_at_is_closed(scripted: Scripted) -> None:
    def fail(response: Response) -> bool:
        raise KeyError(response.text)

    scripted.script = [REFUSAL]
    with pytest.raises(KeyError):
        async with llm(fall_back_on=fail).stream("Hi"):
            pass
    assert scripted.left == [KeyError]


async def test_notes_of_three_streams_stand_once(scripted: Scripted) -> None:
    scripted.script = [ServerError("down"), REFUSAL, AuthenticationError("no")]
    async with llm("scripted/b", "scripted/c", fall_back_on="refused").stream("Hi") as stream:
        response = await stream.collect()
    assert [each[:2] for each in passed_over(response)] == [("scripted/a", "scripted/b"), ("scripted/c", "scripted/b")]
    assert [each.model for each in response.attempts] == ["scripted/a", "scripted/c", "scripted/b"]


@pytest.mark.parametrize(
    ("condition", "error", "falls_back"),
    [
        (None, ServerError("down"), True),
        (None, ContextWindowExceededError("long"), True),
        (None, ContentFilterError("no"), False),
        (None, NoAnswerError("none"), False),
        (None, UnsupportedError("no"), False),
        (RateLimitError, RateLimitError("slow"), True),
        (RateLimitError, ServerError("down"), False),
        ((RateLimitError, UnsupportedError), UnsupportedError("no"), True),
        ("refused", ContentFilterError("no"), True),
        ("refused", ServerError("down"), True),
        ("empty", NoAnswerError("none"), True),
        ([DragomanError, "empty"], ContentFilterError("no"), True),
    ],
)
async def test_which_errors_another_model_is_asked_after(
    scripted: Scripted,
    condition: Any,
    error: DragomanError,
    falls_back: bool,  # noqa: FBT001
) -> None:
    scripted.script = [error, say("Hi")]
    client = llm(fall_back_on=condition)
    if falls_back:
        assert (await client.generate("Hi")).text == "Hi"
    else:
        with pytest.raises(type(error)):
            await client.generate("Hi")
    assert len(scripted.asked) == 1 + falls_back


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("emtpy", "no word 'emtpy'.*did you mean 'empty'"),
        (5, "fall_back_on takes classes of errors of Dragoman, 'empty', 'refused', 'truncated', or functions"),
        ([KeyError], "fall_back_on takes"),
        ([None], "fall_back_on takes"),
        (int, "fall_back_on takes"),
    ],
)
def test_a_condition_is_checked_at_once(condition: Any, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        LLM(LLMConfig(model="echo", fall_back_on=condition))


@pytest.mark.parametrize("given", ["config", "call"])
async def test_a_slow_beginning_falls_back(scripted: Scripted, given: str) -> None:
    scripted.script = [spoken("Hi"), say("Hi"), say("Hi")]
    config = {"first_output_timeout": 0.05} if given == "config" else {}
    call = {"first_output_timeout": 0.05} if given == "call" else {}
    slow = LLM(LLMConfig(model="echo", stall=0.5, num_retries=0, fallbacks=["scripted/b"], **config))
    async with slow.stream("Hi", **call) as stream:
        response = await stream.collect()
    assert response.text == "Hi"
    assert "did not begin within 0.05 s" in response.adjustments[-1].reason
    response = await slow.generate("Hi", **call)
    assert response.text == "Hi"
    assert "did not begin within 0.05 s" in response.adjustments[-1].reason
    assert "comes as a whole" in response.adjustments[-1].reason
    assert await slow.completion("Hi", **call) == "Hi"


async def test_a_time_limit_of_a_provider_itself_is_told_as_it_is(scripted: Scripted) -> None:
    scripted.script = [TimeoutError("its own"), RequestTimeoutError("ours", phase="idle", retryable=False)]
    client = LLM(LLMConfig(model="scripted/a", first_output_timeout=60, num_retries=0))
    with pytest.raises(PluginError, match="its own"):
        await client.generate("Hi")
    with pytest.raises(RequestTimeoutError, match="ours"):
        await client.generate("Hi")


async def test_a_slow_beginning_is_an_error_without_a_fallback() -> None:
    client = LLM(LLMConfig(model="echo", stall=0.5, first_output_timeout=0.02, retry={"retries": 1, "first_wait": 0.0}))
    with pytest.raises(RequestTimeoutError) as caught:
        async with client.stream("Hi"):
            pass
    assert (caught.value.phase, len(caught.value.attempts)) == ("first_output", 2)
    for call in (client.completion("Hi"), client.generate("Hi"), client.extract(str, "Hi"), client.run("Hi")):
        with pytest.raises(RequestTimeoutError, match="one that is not streamed comes as a whole") as caught:
            await call
        assert (caught.value.phase, len(caught.value.attempts)) == ("first_output", 2)
    quick = LLM(LLMConfig(model="echo", first_output_timeout=60))
    assert await quick.completion("Hi") == "Hi"


async def test_the_configuration_tells_of_retries(scripted: Scripted) -> None:
    told: list[tuple[int, str]] = []
    scripted.script = [OverloadedError("full"), say("Hi")] * 3
    for retry in ({"retries": 3, "first_wait": 0.0}, RetryPolicy(first_wait=0.0, budget=RetryBudget()), None):
        config = LLMConfig(
            model="scripted/a", retry=retry, on_retry=lambda attempt, error, _: told.append((attempt, error.message))
        )
        assert (await LLM(config).generate("Hi")).text == "Hi"
    assert told == [(1, "full")] * 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retry": 5}, "retry must be a RetryPolicy or a mapping"),
        ({"retry": {"retires": 5}}, "no argument 'retires'.*did you mean 'retries'"),
        ({"retry": {"retries": -1}}, "retries must be a whole number"),
        ({"retry": {"retries": 1}, "num_retries": 2}, "two ways to say the same"),
        ({"on_retry": 5}, "on_retry must be callable"),
        ({"first_output_timeout": -1}, "first_output_timeout"),
    ],
)
def test_patience_is_checked_at_once(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        LLMConfig(model="echo", **options)


def test_it_is_the_same_without_await(scripted: Scripted) -> None:
    scripted.script = [REFUSED, say("Hi"), REFUSAL, spoken("Hi")]
    client = SyncLLM(LLMConfig(model="scripted/a", fallbacks=["scripted/b"], fall_back_on="refused"))
    assert client.generate("Hi").text == "Hi"
    with client.stream("Hi") as stream:
        assert [*stream.text()] == ["Hi"]


@pytest.mark.parametrize(
    ("fallbacks", "words"),
    [
        ([{"model": "echo", "stal": 1.0}], r"fallbacks\[0\]: echo has no option 'stal'; did you mean 'stall'"),
        ([{"model": "echo"}, {"model": "echo", "stall": "long"}], r"fallbacks\[1\]: wrong option for echo: .*stall"),
        ([LLMConfig(model="echo", options={"echo": {"stal": 1.0}})], r"fallbacks\[0\]: echo has no option 'stal'"),
        ([{"model": "echo", "options": {"opnai": {"stall": 1.0}}}], r"fallbacks\[0\]: .*did you mean 'openai'"),
        ([{"model": "openai/m", "tempature": 1}], r"fallbacks\[0\]: openai has no option 'tempature'"),  # without a key
    ],
)
def test_an_option_that_a_fallback_does_not_have_is_an_error_before_anything_is_sent(
    scripted: Scripted, fallbacks: list[Any], words: str
) -> None:
    with SyncLLM(LLMConfig(model="scripted/a", fallbacks=fallbacks)) as client:
        doors: list[Any] = [client.generate, client.chat_completion, client.build_request]
        for door in doors:
            with pytest.raises(InvalidRequestError, match=words):
                door([{"role": "user", "content": "Hi"}])
        with pytest.raises(InvalidRequestError, match=words), client.stream("Hi"):
            pass
        assert scripted.asked == []
        client.config.kwargs["fallbacks"] = ["echo"]
        scripted.script = [say("Hello")]
        assert client.generate("Hi").text == "Hello"
        client.config.kwargs["fallbacks"] = fallbacks
        with pytest.raises(InvalidRequestError, match=words):
            client.generate("Hi")


def test_an_option_for_the_provider_of_a_bare_fallback_is_checked_too(scripted: Scripted) -> None:
    with (
        SyncLLM(LLMConfig(model="scripted/a", fallbacks=["echo"], options={"echo": {"stal": 1}})) as client,
        pytest.raises(InvalidRequestError, match=r"fallbacks\[0\]: echo has no option 'stal'"),
    ):
        client.generate("Hi")
    assert scripted.asked == []


def test_what_else_is_wrong_with_a_fallback_is_told_when_it_is_asked(scripted: Scripted) -> None:
    scripted.script = [say("Hello"), ServerError("down")]
    fallbacks = [{"model": "echo", "stall": 0.0, "proxy": "http://proxy.test"}]  # of a provider without connections
    with SyncLLM(LLMConfig(model="scripted/a", fallbacks=fallbacks, num_retries=0)) as client:
        assert client.generate("Hi").text == "Hello"
        with pytest.raises(ServerError, match="down") as caught:
            client.generate("Hi")
    assert "makes no HTTP connections of its own" in caught.value.__notes__[0]


def test_an_option_that_only_others_have_is_left_out_of_a_fallback_where_the_policy_says_so(scripted: Scripted) -> None:
    scripted.script = [say("Hello")]
    fallbacks = [{"model": "echo", "prompt_cache_key": "x", "on_unsupported": "adjust"}]
    with SyncLLM(LLMConfig(model="scripted/a", fallbacks=fallbacks)) as client:
        assert client.generate("Hi").text == "Hello"


def test_the_plugin_of_a_fallback_without_options_is_not_imported(scripted: Scripted) -> None:
    scripted.script = [say("Hello"), say("Hello")]
    with SyncLLM(LLMConfig(model="scripted/a", fallbacks=["echo", {"model": "echo/b"}])) as client:
        assert client.generate("Hi").text == "Hello"
        assert client._llm._model.fallbacks == {}  # noqa: SLF001  # what is bound has no public name


@pytest.mark.parametrize(
    ("fallbacks", "words"),
    [
        (["echo", {"modle": "echo"}], r"fallbacks\[1\]: a fallback must name its model; it has modle"),
        ([{"model": "echo", "temperature": "hot"}], r"fallbacks\[0\]: temperature must be a number, not 'hot'"),
        (["echo", 3], r"fallbacks\[1\]: a fallback must be a model or a configuration, not int"),
    ],
)
def test_the_error_about_a_fallback_says_which_one(fallbacks: list[Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        LLM("echo", fallbacks=fallbacks)
