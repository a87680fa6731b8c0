"""Calls that somebody has to approve, and runs that go on in another process."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from core.client.tool_turns import asks, call, llm_that
from core.scripted import Scripted, say
from dragoman import LLM, InvalidRequestError, Message, Run, Tool, ToolCall, TurnLimitError

RAN: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    RAN.clear()


def refund(order: int) -> str:
    """Pay an order back."""
    RAN.append(f"refund {order}")
    return f"refunded {order}"


def look(order: int) -> str:
    """Look at an order."""
    RAN.append(f"look {order}")
    return f"order {order}"


ASKING = [Tool.from_function(refund, approve="ask"), look]


def elsewhere(run: Run[Any]) -> Run[Any]:
    return Run.from_dict(json.loads(json.dumps(run.to_dict())))


def texts(run: Run[Any]) -> list[str]:
    return [result.text for result in run.turns[0].results]


async def paused_run(scripted: Scripted) -> Run[Any]:
    llm = llm_that(scripted, asks(call("refund", 1, order=1), call("look", 2, order=2), call("refund", 3, order=3)))
    return await llm.run("Go", tools=ASKING)


async def test_a_run_pauses_where_somebody_has_to_approve_and_the_others_run_once(scripted: Scripted) -> None:
    run = await paused_run(scripted)
    assert [each.call_id for each in run.pending] == ["c1", "c3"]
    assert RAN == ["look 2"]
    assert (run.text, run.is_done, run.interrupted) == ("", False, ())
    llm = llm_that(scripted, say("Done"))
    half = await llm.run(elsewhere(run).approve("c3"), tools=ASKING)
    assert [each.call_id for each in half.pending] == ["c1"]
    assert RAN == ["look 2", "refund 3"]
    whole = await llm.run(elsewhere(half).deny("c1", "too late"), tools=ASKING)
    assert (whole.text, texts(whole)) == ("Done", ["too late", "order 2", "refunded 3"])
    assert RAN == ["look 2", "refund 3"]
    assert len(scripted.asked) == 2


async def test_a_paused_run_waits_as_long_as_nobody_decides(scripted: Scripted) -> None:
    run = await paused_run(scripted)
    again = await llm_that(scripted).run(elsewhere(run), tools=ASKING)
    assert again == run
    assert RAN == ["look 2"]


async def test_an_approval_is_good_once_in_a_process(scripted: Scripted) -> None:
    run = (await paused_run(scripted)).deny("c1").approve("c3")
    assert (await llm_that(scripted, say("Done")).run(elsewhere(run), tools=ASKING)).text == "Done"
    with pytest.raises(InvalidRequestError, match="the approval of the call 'c3' was used by another run") as caught:
        await llm_that(scripted, say("Done")).run(elsewhere(run), tools=ASKING)
    assert RAN == ["look 2", "refund 3"]
    assert caught.value.run is not None
    assert caught.value.run.pending == ()


async def test_an_approval_is_not_used_up_by_a_report_that_fails(scripted: Scripted) -> None:
    run = (await paused_run(scripted)).deny("c1").approve("c3")

    def full(_: Run[Any]) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011  # raised above
        await llm_that(scripted, say("Done")).run(run, tools=ASKING, on_step=full)
    assert RAN == ["look 2"]
    assert (await llm_that(scripted, say("Done")).run(run, tools=ASKING)).text == "Done"
    assert RAN == ["look 2", "refund 3"]


async def test_an_approval_is_for_the_arguments_that_were_seen(scripted: Scripted) -> None:
    data = (await paused_run(scripted)).deny("c1").approve("c3").to_dict()
    changed = json.loads(json.dumps(data).replace('{\\"order\\": 3}', '{\\"order\\": 4}'))
    run = await llm_that(scripted).run(Run.from_dict(changed), tools=ASKING)
    assert [each.arguments for each in run.pending] == ['{"order": 4}']
    freed = await llm_that(scripted).run(Run.from_dict(changed), tools=[refund, look])  # no tool asks any longer
    assert [each.arguments for each in freed.pending] == ['{"order": 4}']
    assert RAN == ["look 2"]


async def test_a_function_decides_about_each_call(scripted: Scripted) -> None:
    def decide(each: ToolCall) -> Any:
        assert threading.current_thread() is not threading.main_thread()
        return {1: True, 2: False, 3: "ask"}[each.parse(refund)["order"]]

    calls = [call("refund", number, order=number) for number in (1, 2, 3)]
    run = await llm_that(scripted, asks(*calls)).run("Go", tools=[Tool.from_function(refund, approve=decide)])
    assert [record.status for record in run.turns[0].calls] == ["finished", "finished", "waiting"]
    assert texts(run) == ["refunded 1", "the user denied this call"]
    assert run.turns[0].results[1].outcome == "denied"
    assert RAN == ["refund 1"]


async def test_questions_are_asked_one_at_a_time_in_the_order_of_calls(scripted: Scripted) -> None:
    asked: list[str] = []
    asking = 0

    async def decide(each: ToolCall) -> bool:
        nonlocal asking
        asking += 1
        assert asking == 1
        asked.append(each.call_id)
        await asyncio.sleep(0.002)
        asking -= 1
        return True

    calls = [call("look", number, order=number) for number in range(5)]
    run = await llm_that(scripted, asks(*calls), say("Done")).run("Go", tools=[look], approve=decide)
    assert asked == ["c0", "c1", "c2", "c3", "c4"]
    assert run.text == "Done"


async def test_what_a_tool_says_of_approval_goes_before_what_the_run_says(scripted: Scripted) -> None:
    free = Tool.from_function(look, approve=lambda _: True)
    llm = llm_that(scripted, asks(call("look", 1, order=1), call("refund", 2, order=2)))
    run = await llm.run("Go", tools=[free, refund], approve="ask")
    assert [each.name for each in run.pending] == ["refund"]
    assert RAN == ["look 1"]


async def test_calls_that_cannot_run_are_not_asked_about(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("refund", 1, order="x"), call("nothing", 2)), say("Sorry"))
    run = await llm.run("Go", tools=ASKING, approve="ask")
    assert [result.outcome for result in run.turns[0].results] == ["error", "error"]
    assert run.text == "Sorry"


@pytest.mark.parametrize("decision", [None, "yes", 1])
async def test_any_other_decision_is_an_error(scripted: Scripted, decision: Any) -> None:
    llm = llm_that(scripted, asks(call("look", order=1)))
    with pytest.raises(InvalidRequestError, match="approve of the tool 'look' must return True, False or 'ask', not"):
        await llm.run("Go", tools=[look], approve=lambda _: decision)
    assert RAN == []


async def test_an_approval_that_fails_stops_the_run(scripted: Scripted) -> None:
    def decide(_: ToolCall) -> bool:
        raise LookupError

    with pytest.raises(LookupError):
        await llm_that(scripted, asks(call("look", order=1))).run("Go", tools=[look], approve=decide)
    assert RAN == []


async def test_an_error_of_a_run_inside_carries_the_run_outside(scripted: Scripted) -> None:
    async def decide(_: ToolCall) -> bool:
        await LLM("echo").run("Inside", turns=1, tools=[look])
        return True

    with pytest.raises(TurnLimitError) as caught:
        await llm_that(scripted, asks(call("look", order=1))).run("Go", tools=[look], approve=decide)
    assert caught.value.run is not None
    assert caught.value.run.prompt == (Message("user", "Go"),)


async def crashed(scripted: Scripted) -> Run[Any]:
    """Return what was saved of a run whose process ended while a tool ran."""
    saved: list[Run[Any]] = []
    begun = asyncio.Event()

    async def hang(order: int) -> str:
        RAN.append(f"hang {order}")
        begun.set()
        await asyncio.sleep(60)
        return "never"

    llm = llm_that(scripted, asks(call("refund", 1, order=1)))
    tool = Tool.from_function(hang, name="refund")
    task = asyncio.create_task(llm.run("Go", tools=[tool], on_step=saved.append))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    RAN.clear()
    return elsewhere(saved[-1])


async def test_a_call_that_was_started_is_not_silently_run_again(scripted: Scripted) -> None:
    run = await crashed(scripted)
    assert run.interrupted == run.pending == (call("refund", 1, order=1),)
    llm = llm_that(scripted, say("Done"))
    assert await llm.run(run, tools=[refund]) == run
    assert RAN == []
    assert await llm.run(run, tools=[look]) == run  # without its tool, too
    assert texts(await llm.run(run.answer("c1", "it went through"), tools=[refund])) == ["it went through"]
    assert RAN == []
    scripted.script[:] = [say("Done")]
    assert texts(await llm.run(run.approve("c1"), tools=[refund])) == ["refunded 1"]
    assert RAN == ["refund 1"]


async def test_a_call_that_was_started_runs_again_if_asked_for(scripted: Scripted) -> None:
    run = await crashed(scripted)
    llm = llm_that(scripted, say("Done"))
    again = await llm.run(run, tools=ASKING, resume_started="again")
    assert [each.call_id for each in again.pending] == ["c1"]  # it needs an approval as it did before
    assert again.interrupted == ()
    assert (await llm.run(run, tools=[refund], resume_started="again")).text == "Done"
    assert RAN == ["refund 1"]


async def test_a_waiting_call_waits_whatever_is_done_about_started_ones(scripted: Scripted) -> None:
    run = await paused_run(scripted)
    assert await llm_that(scripted).run(run, tools=ASKING, resume_started="again") == run


@pytest.mark.parametrize("tools", [None, [look]])
async def test_a_call_that_was_approved_does_not_go_on_without_its_tool(scripted: Scripted, tools: Any) -> None:
    run = (await paused_run(scripted)).approve("c1").approve("c3")
    llm = llm_that(scripted, say("Done"))
    given = {} if tools is None else {"tools": tools}
    with pytest.raises(
        InvalidRequestError, match=r"'c1' of the tool 'refund', which is not among .*give tools="
    ) as caught:
        await llm.run(run, **given)
    assert caught.value.run is run
    with pytest.raises(InvalidRequestError, match="'refund'"):
        async with llm.stream_run(run, **given):
            pass
    assert len(scripted.asked) == 1
    assert (await llm.run(run, tools=ASKING)).text == "Done"
    assert RAN == ["look 2", "refund 1", "refund 3"]


async def test_what_waits_needs_no_tool(scripted: Scripted) -> None:
    run = await paused_run(scripted)
    llm = llm_that(scripted, say("Done"))
    assert (await llm.run(run)).pending == run.pending
    assert (await llm.run(run.deny("c1").answer("c3", "done"))).text == "Done"


async def test_a_call_that_was_not_begun_does_not_go_on_without_any_tool(scripted: Scripted) -> None:
    llm = llm_that(scripted, asks(call("look", order=1)), asks(call("lok", order=1)), say("Done"))
    with pytest.raises(TurnLimitError) as caught:
        await llm.run("Go", tools=[look], turns=1)
    run = caught.value.run
    assert run is not None
    with pytest.raises(InvalidRequestError, match=r"the tools that are given \(none\)"):
        await llm.run(run)
    with pytest.raises(TurnLimitError) as caught:
        await llm.run(run, tools=[look], turns=2)
    unknown = caught.value.run
    assert unknown is not None
    done = await llm.run(unknown, tools=[look])
    assert "no tool 'lok'" in done.turns[1].results[0].text


async def test_a_call_that_is_run_again_does_not_go_on_without_its_tool(scripted: Scripted) -> None:
    saved = list[Run[Any]]()
    llm = llm_that(scripted, asks(call("look", order=1)), say("Done"))
    await llm.run("Go", tools=[look], on_step=saved.append)
    [started, *_] = [each for each in saved if each.interrupted]
    with pytest.raises(InvalidRequestError, match="'look'"):
        await llm.run(elsewhere(started), tools=[refund], resume_started="again")
    assert (await llm.run(elsewhere(started), tools=[refund])).interrupted
