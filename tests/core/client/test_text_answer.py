"""A door that returns text never returns an empty or a cut one without a word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from core.scripted import Scripted
from dragoman import (
    Cap,
    Capabilities,
    Finish,
    LLMConfig,
    Message,
    NoAnswerError,
    OutputError,
    PartStart,
    Reasoning,
    Refusal,
    RefusalError,
    ResponseSnapshot,
    ServerError,
    StreamingLLM,
    Text,
    TextDelta,
    ToolCall,
    TruncatedOutputError,
    build_response,
)
from dragoman.plugins.registry import installed
from dragoman.spec.answers import read_answer

CALL = ToolCall(name="f", call_id="1", arguments="{}")
TEXT = Text(text="Hello")


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


async def complete(llm: StreamingLLM, **overrides: Any) -> str:
    return await llm.completion("Hi", **overrides)


async def converse(llm: StreamingLLM, **overrides: Any) -> str:
    return await llm.chat_completion([Message("user", "Hi")], **overrides)


async def stream(llm: StreamingLLM, **overrides: Any) -> str:
    return "".join([piece async for piece in llm.streaming_completion("Hi", **overrides)])


Door = Callable[..., Awaitable[str]]
DOORS = pytest.mark.parametrize("door", [complete, converse, stream])


def answering(
    door: Door,
    parts: list[Any],
    reason: str,
    *,
    raw: str | None = None,
    known: Capabilities | None = None,
    **config: Any,
) -> StreamingLLM:
    events: list[Any] = []
    for index, part in enumerate(parts):
        events += [PartStart(index, part)]
        if isinstance(part, Text):
            events[-1:] = [PartStart(index, Text(text="")), TextDelta(index, part.text)]
    finish = Finish(reason=reason, raw=raw)
    script = [*events, ResponseSnapshot(finish=finish)] if door is stream else build_response(parts, finish)
    installed().register(Scripted(script, script, capabilities=known), provider="scripted")
    return StreamingLLM(LLMConfig("scripted/m", num_retries=0, **config))


@DOORS
@pytest.mark.parametrize(
    ("parts", "reason", "error", "words"),
    [
        ([], "stop", NoAnswerError, "the answer holds no text"),
        ([Reasoning(text="hm")], "stop", NoAnswerError, "no text"),
        ([Text(text=" \n")], "stop", NoAnswerError, "no text"),
        ([TEXT], "length", TruncatedOutputError, "cut by the limit of 4096 tokens"),
        ([], "length", TruncatedOutputError, "give a greater max_tokens="),
        ([TEXT], "content_filter", RefusalError, "content filter"),
        ([Refusal(text="I will not.")], "stop", RefusalError, "declined to answer: I will not."),
        ([TEXT], "refusal", RefusalError, "declined"),
        ([CALL], "tool_calls", OutputError, r"calls tools \(f\)"),
        ([TEXT, CALL], "stop", OutputError, r"calls tools \(f\)"),
        ([TEXT], "paused", TruncatedOutputError, "not complete"),
        ([TEXT], "error", TruncatedOutputError, "not complete"),
    ],
)
async def test_what_is_no_whole_text_is_an_error_with_the_answer(
    door: Door, parts: list[Any], reason: str, error: Any, words: str
) -> None:
    llm = answering(door, parts, reason)
    with pytest.raises(error, match=words) as caught:
        await door(llm)
    assert caught.value.partial is not None
    assert caught.value.partial.message.parts == tuple(parts)
    assert "generate()" in str(caught.value)


@DOORS
@pytest.mark.parametrize(
    ("parts", "reason"),
    [([TEXT], "stop"), ([Reasoning(text="hm"), TEXT], "stop"), ([TEXT], "other")],
)
async def test_a_whole_text_is_returned(door: Door, parts: list[Any], reason: str) -> None:
    assert await door(answering(door, parts, reason)) == "Hello"


@DOORS
async def test_a_text_that_is_cut_by_the_caller_s_own_limit_is_returned(door: Door) -> None:
    assert await door(answering(door, [TEXT], "length"), max_tokens=2) == "Hello"
    assert await door(answering(door, [TEXT], "length", max_tokens=2)) == "Hello"
    with pytest.raises(TruncatedOutputError):
        await door(answering(door, [], "length"), max_tokens=2)


@DOORS
async def test_a_limit_that_is_not_the_caller_s_cuts_nothing_in_silence(door: Door) -> None:
    bare = answering(door, [TEXT], "length")
    bare.config = LLMConfig("scripted/m", num_retries=0, max_tokens=None)
    with pytest.raises(TruncatedOutputError, match="cut by the limit on its length"):
        await door(bare)
    with pytest.raises(TruncatedOutputError):
        await door(answering(door, [TEXT], "length", raw="model_context_window_exceeded"), max_tokens=50)
    lowered = answering(door, [TEXT], "length", known=Capabilities(settings={"max_tokens": Cap(maximum=10)}))
    with pytest.raises(TruncatedOutputError):
        await door(lowered, max_tokens=50, on_unsupported="adjust")
    assert await door(lowered, max_tokens=5) == "Hello"


@DOORS
async def test_the_limit_is_that_of_the_model_that_answers(door: Door) -> None:
    failing = Scripted(*[ServerError("down")] * 2, name="failing")
    fallback = LLMConfig("scripted/m", max_tokens=2, num_retries=0)
    answering(door, [TEXT], "length")
    installed().register(failing, provider="failing")
    llm = StreamingLLM(LLMConfig("failing/m", num_retries=0, fallbacks=[fallback]))
    assert await door(llm) == "Hello"
    llm.config = llm.config.replace(max_tokens=2, fallbacks=[fallback.replace(max_tokens=None)])
    with pytest.raises(TruncatedOutputError):
        await door(llm)


async def test_nothing_of_a_stream_is_withheld_before_the_error() -> None:
    pieces = answering(stream, [TEXT], "length").streaming_completion("Hi")
    assert await anext(pieces) == "Hello"
    with pytest.raises(TruncatedOutputError):
        await anext(pieces)


def test_an_answer_that_was_cut_by_another_limit_names_it() -> None:
    cut = build_response([Text(text="1")], Finish(reason="length", raw="max_time"))
    with pytest.raises(
        TruncatedOutputError, match="the limit that the provider calls 'max_time', which is not max_tok"
    ):
        read_answer(cut, int)
