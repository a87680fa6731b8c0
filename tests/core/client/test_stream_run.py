from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest
from attrs import frozen

from core.client.tool_turns import asks, call, llm_that, streamed
from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    ConfigurationError,
    Event,
    InvalidRequestError,
    NoAnswerError,
    OutputValidationError,
    ProtocolError,
    RunEvent,
    StreamEnd,
    StreamInterruptedError,
    SyncLLM,
    Tool,
    ToolFinished,
    ToolStarted,
    TruncatedOutputError,
    TurnEnd,
    TurnLimitError,
)
from dragoman.client.loop_thread import loop_thread


@frozen
class City:
    name: str


def weather(city: str) -> str:
    """Tell the weather."""
    return f"Rain in {city}"


def names(events: list[RunEvent]) -> list[str]:
    kept = (StreamEnd, ToolStarted, ToolFinished, TurnEnd)
    return [type(event).__name__ for event in events if isinstance(event, kept)]


async def test_a_run_is_streamed(scripted: Scripted) -> None:
    first = asks(call("weather", 1, city="Oslo"), call("weather", 2, city=5))
    llm = llm_that(scripted, streamed(first), spoken("Rain"))
    async with llm.stream_run("Weather?", tools=[weather], output=City) as stream:
        with pytest.raises(ProtocolError, match="the run has not ended"):
            stream.run  # noqa: B018
        events = [event async for event in stream]
    kinds = names(events)
    assert kinds[0] == "StreamEnd"
    assert sorted(kinds[1:4]) == ["ToolFinished", "ToolFinished", "ToolStarted"]
    assert kinds[4:] == ["TurnEnd", "StreamEnd", "TurnEnd"]
    ends = [event for event in events if isinstance(event, TurnEnd)]
    assert [end.number for end in ends] == [1, 2]
    assert ends[0].run.messages[-1].role == "tool"
    assert ends[-1].run == stream.run == stream.so_far
    assert [event.call.call_id for event in events if isinstance(event, ToolStarted)] == ["c1"]
    finished = {event.call.call_id: event.result for event in events if isinstance(event, ToolFinished)}
    assert [finished[each].outcome for each in ("c1", "c2")] == ["ok", "error"]
    errors = {event.call.call_id: type(event.error) for event in events if isinstance(event, ToolFinished)}
    assert errors == {"c1": type(None), "c2": OutputValidationError}
    assert stream.run.text == "Rain"


async def test_a_stream_and_a_whole_run_are_the_same(scripted: Scripted) -> None:
    answers = [asks(call("weather", city="Oslo")), say("Rain")]
    whole = await llm_that(scripted, *answers).run("Weather?", tools=[weather])
    async with llm_that(scripted, *map(streamed, answers)).stream_run("Weather?", tools=[weather]) as stream:
        collected = await stream.collect()
    assert collected.messages == whole.messages


async def test_the_text_of_a_run_is_streamed() -> None:
    async with LLM("echo").stream_run("Oslo", tools=[weather]) as stream:
        assert [piece async for piece in stream.text()] == ["Rain", " in", " Oslo"]
    assert stream.run.text == "Rain in Oslo"


async def test_a_text_is_never_silently_empty_or_cut(scripted: Scripted) -> None:
    async with llm_that(scripted, streamed(say(""))).stream_run("Go") as stream:
        with pytest.raises(NoAnswerError, match="the answer holds no text"):
            assert [piece async for piece in stream.text()] == []
    cut = streamed(say("Ra", "length"))
    async with llm_that(scripted, cut).stream_run("Go") as stream:
        with pytest.raises(TruncatedOutputError):
            assert [piece async for piece in stream.text()] == ["Ra"]
    async with llm_that(scripted, cut).stream_run("Go", max_tokens=1) as stream:
        assert [piece async for piece in stream.text()] == ["Ra"]
    with SyncLLM("echo").stream_run(" ") as sync, pytest.raises(NoAnswerError):
        list(sync.text())


async def test_a_streamed_run_pauses(scripted: Scripted) -> None:
    llm = llm_that(scripted, streamed(asks(call("weather", city="Oslo"))))
    async with llm.stream_run("Weather?", tools=[weather], approve="ask") as stream:
        assert names([event async for event in stream]) == ["StreamEnd"]
    async with llm.stream_run(stream.run, tools=[weather]) as waiting:
        assert [piece async for piece in waiting.text()] == []
    scripted.script[:] = [spoken("Rain")]
    async with llm.stream_run(stream.run.deny("c1"), tools=[weather]) as resumed:
        assert names([event async for event in resumed]) == ["TurnEnd", "StreamEnd", "TurnEnd"]
    scripted.script[:] = [spoken("Rain")]
    async with llm.stream_run(stream.run.approve("c1"), tools=[weather]) as resumed:
        kinds = names([event async for event in resumed])
    assert kinds == ["ToolStarted", "ToolFinished", "TurnEnd", "StreamEnd", "TurnEnd"]


async def test_leaving_cancels_and_awaits_the_tools(scripted: Scripted) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cancelled")

    llm = llm_that(scripted, streamed(asks(call("wait", 1), call("wait", 2))))
    async with llm.stream_run("Go", tools=[wait]) as stream:
        async for event in stream:
            if isinstance(event, ToolStarted):
                await asyncio.sleep(0.01)  # the other begins as well
                break
    assert ended == ["cancelled", "cancelled"]
    assert len(stream.so_far.interrupted) == 2


async def test_leaving_hangs_up(scripted: Scripted) -> None:
    async with llm_that(scripted, spoken("Rain")).stream_run("Go") as stream:
        await anext(stream)
    assert scripted.left == [GeneratorExit]


async def test_a_second_reader_is_refused_and_the_first_goes_on(scripted: Scripted) -> None:
    started, may_end = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        started.set()
        await may_end.wait()
        return "over"

    llm = llm_that(scripted, streamed(asks(call("wait"))), spoken("Done"))
    async with llm.stream_run("Go", tools=[wait]) as stream:
        reader = asyncio.create_task(stream.collect())
        await started.wait()
        with pytest.raises(ConfigurationError, match="another task reads this run"):
            await anext(stream)
        may_end.set()
        assert (await reader).text == "Done"


async def test_leaving_ends_the_wait_of_a_reader_in_another_task(scripted: Scripted) -> None:
    started, ended = asyncio.Event(), list[str]()

    async def wait() -> str:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cancelled")
        return "over"

    llm = llm_that(scripted, streamed(asks(call("wait"))), spoken("Done"))
    async with llm.stream_run("Go", tools=[wait]) as stream:
        reader = asyncio.create_task(stream.collect())
        await started.wait()
    assert ended == ["cancelled"]
    with pytest.raises(StreamInterruptedError, match="left by another task") as caught:
        await reader
    assert len(stream.so_far.interrupted) == 1
    assert caught.value.run is stream.so_far
    with pytest.raises(ProtocolError, match="the run was left before its end"):
        await stream.collect()


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_reader_that_is_cancelled_itself_is_cancelled(scripted: Scripted, *, leaves: bool) -> None:
    started = asyncio.Event()

    async def wait() -> str:
        started.set()
        await asyncio.sleep(60)
        return "over"

    llm = llm_that(scripted, streamed(asks(call("wait"))), spoken("Done"))
    async with llm.stream_run("Go", tools=[wait]) as stream:
        reader = asyncio.create_task(stream.collect())
        await started.wait()
        reader.cancel()
        if not leaves:
            await asyncio.wait([reader])
    with pytest.raises(asyncio.CancelledError):
        await reader


async def test_tools_go_on_while_nobody_reads(scripted: Scripted) -> None:
    ran = asyncio.Event()

    async def note() -> None:
        ran.set()

    llm = llm_that(scripted, streamed(asks(call("note", 1), call("note", 2))), spoken("Done"))
    async with llm.stream_run("Go", tools=[note]) as stream:
        async for event in stream:
            if isinstance(event, ToolStarted):
                break
        await asyncio.wait_for(ran.wait(), 20)
        assert (await stream.collect()).text == "Done"


async def test_errors_of_a_streamed_run_carry_it(scripted: Scripted) -> None:
    cut: list[Event | BaseException] = spoken("Ra")[:2]
    llm = llm_that(scripted, streamed(asks(call("weather", city="Oslo"))), cut)
    with pytest.raises(StreamInterruptedError) as caught:
        async with llm.stream_run("Go", tools=[weather]) as stream:
            await stream.collect()
    assert caught.value.run is not None
    assert [result.text for result in caught.value.run.turns[0].results] == ["Rain in Oslo"]
    llm = llm_that(scripted, streamed(asks(call("weather", city="Oslo"))))
    with pytest.raises(TurnLimitError):
        async with llm.stream_run("Go", tools=[weather], turns=1) as stream:
            await stream.collect()


async def test_wrong_arguments_are_refused_on_entry() -> None:
    with pytest.raises(InvalidRequestError, match="turns must be"):
        async with LLM("echo").stream_run("Go", turns=0):
            pass


async def test_a_run_that_goes_on_is_not_copied() -> None:
    async with LLM("echo").stream_run("Go") as stream:
        with pytest.raises(TypeError, match="take so_far"):
            pickle.dumps(stream)


def test_a_run_is_streamed_without_await() -> None:
    tools: list[Any] = [Tool.from_function(weather)]
    with SyncLLM("echo").stream_run("Oslo", tools=tools) as stream:
        assert list(stream.text()) == ["Rain", " in", " Oslo"]
        assert stream.run.text == "Rain in Oslo"
    with SyncLLM("echo").stream_run("Oslo", tools=tools, output=City) as stream:
        first = next(iter(stream))
        assert type(first).__name__ == "StreamStart"
        assert stream.so_far.turns == ()
        assert stream.collect().value == City("Rain in Oslo")


def test_a_forked_child_leaves_a_run_to_its_parent() -> None:
    thread = loop_thread()
    own = thread.process
    with SyncLLM("echo").stream_run("Oslo") as stream:
        thread.process = -1  # what a forked child sees
    thread.process = own
    assert stream.collect().text == "Oslo"  # it was not closed
