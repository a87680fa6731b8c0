"""What becomes of a run whose tools fail, take too long or are cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.client.tool_turns import asks, call, llm_that
from core.scripted import Scripted, say
from dragoman import Run, Tool, ToolCall, ToolError


def fails(kind: str) -> str:
    errors: dict[str, BaseException] = {
        "value": ValueError("no such city"),
        "group": ExceptionGroup("two", [ValueError("a"), KeyError("b")]),
        "stop": StopIteration(5),
        "timeout": TimeoutError("the server is slow"),
        "exit": SystemExit(3),
        "cancel": asyncio.CancelledError("gone"),
    }
    raise errors[kind]


async def is_cancelled() -> str:
    """Wait for what somebody else has cancelled."""
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task
    return "slept"


async def fails_later(kind: str) -> str:
    return fails(kind)


def odd() -> object:
    return object()


def lists_files(kind: str) -> object:
    """Return names of files that are not UTF-8, as the file system gives them."""
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    if kind == "error":
        raise ValueError(name)
    return name if kind == "text" else {"files": [name]}


TOLD: list[tuple[ToolCall, str]] = [
    (call("fails", kind="value"), "ValueError: no such city"),
    (call("fails_later", kind="value"), "ValueError: no such city"),
    (call("fails", kind="group"), "ExceptionGroup: two (2 sub-exceptions)"),
    (call("fails", kind="stop"), "RuntimeError: coroutine raised StopIteration"),
    (call("fails", kind="timeout"), "TimeoutError: the server is slow"),
    (call("fails_later", kind="timeout"), "TimeoutError: the server is slow"),
    (call("fails", kind="exit"), "RuntimeError: the function ended with SystemExit(3)"),
    (call("fails_later", kind="exit"), "RuntimeError: the function ended with SystemExit(3)"),
    (call("fails", kind="cancel"), "RuntimeError: the function ended with CancelledError('gone')"),
    (call("is_cancelled"), "RuntimeError: the function ended with CancelledError()"),
    (call("lists_files", kind="text"), r"has '\udce9', which UTF-8 cannot represent; decode it with errors='replace'"),
    (call("lists_files", kind="data"), r"has '\udce9', which UTF-8 cannot represent"),
    (call("lists_files", kind="error"), "ValueError: caf"),
    (call("fails", kind="?"), "KeyError: '?'"),
    (call("fails", kind=5), "OutputValidationError: the arguments of tool call 'fails' (c1) do not fit: expected str"),
    (call("fails", kin="x"), "unknown key 'kin' @ $"),
    (call("fails"), "required field missing: 'kind' @ $"),
    (
        call("failz", kind="x"),
        "no tool 'failz'; the tools are: fails, fails_later, odd, is_cancelled, lists_files; did you mean 'fails'?",
    ),
    (ToolCall(name="fails", call_id="c1", arguments='{"kind": '), "are not JSON"),
    (call("odd"), "object is not a value that JSON can represent"),
]
TOOLS = [fails, fails_later, odd, is_cancelled, lists_files]


@pytest.mark.parametrize(("failing", "text"), TOLD)
async def test_the_model_is_told_of_a_failure(scripted: Scripted, failing: ToolCall, text: str) -> None:
    llm = llm_that(scripted, asks(failing), say("Sorry"))
    run = await llm.run("Go", tools=TOOLS)
    [result] = run.turns[0].results
    assert text in result.text
    assert (result.outcome, result.call_id, run.text) == ("error", "c1", "Sorry")
    assert result.text.encode()


@pytest.mark.parametrize(("failing", "text"), TOLD)
async def test_a_failure_is_raised_if_asked_for(scripted: Scripted, failing: ToolCall, text: str) -> None:
    llm = llm_that(scripted, asks(failing), say("Sorry"))
    with pytest.raises(ToolError) as caught:
        await llm.run("Go", tools=TOOLS, on_tool_error="raise")
    error = caught.value
    assert text in str(error)
    assert f"the tool {failing.name!r} failed (call c1): " in str(error)
    assert error.call == failing
    assert isinstance(error.__cause__, Exception)
    assert error.run is not None
    assert error.run.is_open
    assert len(scripted.asked) == 1
    assert (await llm.run(_decided(error.run), tools=TOOLS)).text == "Sorry"


def _decided(run: Run[Any]) -> Run[Any]:
    for each in run.pending:
        run = run.answer(each.call_id, "known")
    return run


async def test_a_failure_is_logged_without_its_content(scripted: Scripted, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "dragoman.client.run_calls")
    await llm_that(scripted, asks(call("fails", kind="value")), say("Sorry")).run("Go", tools=TOOLS)
    assert caplog.messages == ["the tool fails failed with ValueError (call c1)"]


async def test_without_tools_a_call_is_told_that_there_are_none(scripted: Scripted) -> None:
    run = await llm_that(scripted, asks(call("x")), say("Sorry")).run("Go")
    assert "there is no tool 'x'; the tools are: none" in run.turns[0].results[0].text


async def test_where_one_raises_the_others_are_cancelled_and_awaited(scripted: Scripted) -> None:
    ended: list[str] = []
    both = asyncio.Event()

    async def fail() -> None:
        await both.wait()
        message = "broken"
        raise ValueError(message)

    async def wait() -> None:
        both.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cancelled")

    def quick() -> str:
        return "done"

    llm = llm_that(scripted, asks(call("quick", 1), call("fail", 2), call("wait", 3)))
    with pytest.raises(ToolError, match="broken") as caught:
        await llm.run("Go", tools=[fail, wait, quick], on_tool_error="raise")
    assert ended == ["cancelled"]
    run = caught.value.run
    assert run is not None
    assert [record.status for record in run.turns[0].calls][1:] == ["started", "started"]
    assert "c3" in {each.call_id for each in run.interrupted}


async def test_cancelling_a_run_cancels_and_awaits_its_tools(scripted: Scripted) -> None:
    begun, ended = asyncio.Event(), list[str]()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("cancelled")

    llm = llm_that(scripted, asks(call("wait", 1), call("wait", 2)))
    task = asyncio.create_task(llm.run("Go", tools=[wait]))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cancelled", "cancelled"]


async def test_nobody_waits_for_a_thread_of_a_cancelled_run(scripted: Scripted) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def wait(kind: str) -> Any:
        begun.set()
        go_on.wait(20)
        ended.set()
        return fails_later(kind) if kind else None  # a coroutine that nobody awaits any longer

    llm = llm_that(scripted, asks(call("wait", 1, kind="value"), call("wait", 2, kind="")))
    task = asyncio.create_task(llm.run("Go", tools=[wait]))
    await asyncio.to_thread(begun.wait, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(20)
    for thread in [each for each in threading.enumerate() if each.name == "dragoman-tool"]:
        thread.join(20)
    await asyncio.sleep(0)


def test_a_thread_may_end_after_its_event_loop(scripted: Scripted) -> None:
    go_on, tools = threading.Event(), set(threading.enumerate())

    def wait() -> None:
        go_on.wait(20)

    async def late() -> Run[Any]:
        return await llm_that(scripted, asks(call("wait")), say("Late")).run("Go", tools=[wait], tool_timeout=0.01)

    run = asyncio.run(late())
    assert run.turns[0].results[0].text == "TimeoutError: the tool did not finish within 0.01 seconds"
    [thread] = [each for each in threading.enumerate() if each not in tools]
    go_on.set()
    thread.join(20)
    assert not thread.is_alive()


async def test_each_execution_has_a_time_limit(scripted: Scripted) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def pause() -> str:
        await asyncio.sleep(0.05)
        return "rested"

    patient = Tool.from_function(pause, timeout=30)
    llm = llm_that(scripted, asks(call("wait", 1), call("pause", 2)), say("Done"))
    run = await llm.run("Go", tools=[wait, patient], tool_timeout=0.02)
    assert [result.text for result in run.turns[0].results] == [
        "TimeoutError: the tool did not finish within 0.02 seconds",
        "rested",
    ]
    assert ended == ["cancelled"]


class StopNow(BaseException):
    """Stand for an interrupt, which no tool error handling may catch."""


def yields(count: int) -> Iterator[str]:
    for _ in range(count):
        yield threading.current_thread().name


async def yields_later(count: int) -> AsyncIterator[str]:
    for number in range(count):
        await asyncio.sleep(0)
        yield f"{number} in {threading.current_thread().name}"


def is_slow_to_yield() -> Iterator[int]:
    time.sleep(1)
    yield 1


async def never_yields() -> AsyncIterator[int]:
    await asyncio.sleep(60)
    yield 1


async def test_what_generators_yield_is_the_result_and_they_run_where_their_functions_do(scripted: Scripted) -> None:
    llm = llm_that(
        scripted, asks(call("yields", count=2), call("yields_later", count=2), call("yields", count=0)), say("-")
    )
    run = await llm.run("Go", tools=[yields, yields_later])
    texts = [result.text for result in run.turns[0].results]
    here = threading.current_thread().name
    assert texts == ['["dragoman-tool", "dragoman-tool"]', f'["0 in {here}", "1 in {here}"]', "[]"]


async def test_a_generator_has_a_time_limit(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("is_slow_to_yield"), call("never_yields")), say("-"))
    run = await llm.run("Go", tools=[is_slow_to_yield, never_yields], tool_timeout=0.05)
    late = "TimeoutError: the tool did not finish within 0.05 seconds"
    assert [result.text for result in run.turns[0].results] == [late, late]


async def stops() -> None:
    raise StopNow


def stops_in_thread() -> None:
    raise StopNow


async def group_stops() -> None:
    message = "mixed"
    raise BaseExceptionGroup(message, [ValueError(), StopNow()])


@pytest.mark.parametrize(
    ("tool", "kind"),
    [
        (stops, StopNow),
        (stops_in_thread, StopNow),
        (group_stops, BaseExceptionGroup),
    ],
)
async def test_what_is_no_error_passes_through(scripted: Scripted, tool: Any, kind: type[BaseException]) -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    llm = llm_that(scripted, asks(call("wait", 1), call(tool.__name__, 2)))
    with pytest.raises(kind):
        await llm.run("Go", tools=[wait, tool])
    assert ended == ["cancelled"]


async def interrupts() -> None:
    raise KeyboardInterrupt


def test_an_interrupt_in_a_tool_ends_the_program(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("interrupts")))
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(llm.run("Go", tools=[interrupts]))
