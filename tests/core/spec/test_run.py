from __future__ import annotations

import json

import pytest
from attrs import evolve, frozen

from core.scripted import say
from dragoman import (
    CallRecord,
    CallStatus,
    Finish,
    InvalidRequestError,
    Message,
    Response,
    Run,
    Text,
    ToolCall,
    ToolResult,
    Turn,
    Usage,
    build_response,
)

PROMPT = (Message("user", "Weather in Oslo and Bergen?"),)
OSLO = ToolCall(name="weather", call_id="c1", arguments='{"city": "Oslo"}')
BERGEN = ToolCall(name="weather", call_id="c2", arguments='{"city": "Bergen"}')


@frozen
class City:
    name: str


NO_USAGE = Usage()


def asking(*calls: ToolCall, usage: Usage = NO_USAGE) -> Response:
    return build_response(calls, Finish(reason="tool_calls"), usage=usage)


def waiting(call: ToolCall) -> CallRecord:
    return CallRecord(call=call).asked()


def run(*records: CallRecord) -> Run[None]:
    response = asking(*(record.call for record in records))
    return Run(prompt=PROMPT, turns=(Turn(response=response, calls=records),))


def test_messages_are_the_whole_conversation_with_results_in_the_order_of_calls() -> None:
    results = [ToolResult.of(call, f"Rain in {call.call_id}") for call in (OSLO, BERGEN)]
    records = [CallRecord(call=each).finished(result) for each, result in zip((OSLO, BERGEN), results, strict=True)]
    whole = evolve(run(*records), turns=(*run(*records).turns, Turn(response=say("Rain"))))
    answer = asking(OSLO, BERGEN).message
    assert whole.messages == (*PROMPT, answer, Message("tool", results), Message("assistant", "Rain"))
    assert (whole.text, whole.is_done, whole.is_open, whole.pending) == ("Rain", True, False, ())
    assert [each.text for each in whole.responses] == ["", "Rain"]
    assert not run(*records).is_done


def test_results_are_no_message_before_there_are_all() -> None:
    half = run(CallRecord(call=OSLO).finished(ToolResult.of(OSLO, "Rain")), waiting(BERGEN))
    assert half.messages == (*PROMPT, asking(OSLO, BERGEN).message)
    assert [each.text for each in half.turns[-1].results] == ["Rain"]
    assert (half.pending, half.interrupted, half.is_open, half.is_done) == ((BERGEN,), (), True, False)


def test_a_run_without_an_answer() -> None:
    empty = Run[City](prompt=PROMPT, kind=City)
    assert (empty.text, empty.messages, empty.responses, empty.pending, empty.is_done) == ("", PROMPT, (), (), False)
    assert empty.usage == Usage()
    with pytest.raises(InvalidRequestError, match="this run has no answer yet"):
        empty.response  # noqa: B018
    with pytest.raises(InvalidRequestError, match="no call with the id 'c1' waits; those that wait are: none"):
        empty.approve("c1")


def test_a_value_is_of_the_type_that_was_asked_for() -> None:
    known = Run[City](prompt=PROMPT, turns=(Turn(response=say('{"name": "Oslo"}')),), kind=City)
    assert known.value == City("Oslo")
    with pytest.raises(InvalidRequestError, match="this run was asked for no type; give run"):
        evolve(known, kind=None).value  # noqa: B018


def test_a_paused_answer_is_not_the_end() -> None:
    assert not Run[None](prompt=PROMPT, turns=(Turn(response=say("", "paused")),)).is_done


def test_an_approval_is_for_one_call_with_its_arguments() -> None:
    before = run(waiting(OSLO), waiting(BERGEN))
    after = before.approve("c1")
    assert (before.pending, after.pending) == ((OSLO, BERGEN), (BERGEN,))
    [approved, other] = after.turns[-1].calls
    assert (approved.is_approved, other.is_approved) == (True, False)
    changed = evolve(approved, call=evolve(OSLO, arguments='{"city": "Moscow"}'))
    assert not changed.is_approved
    assert not evolve(other, status=CallStatus.APPROVED, approval=approved.approval).is_approved
    assert not evolve(approved.asked(), status=CallStatus.APPROVED, approval=approved.approval).is_approved
    with pytest.raises(InvalidRequestError, match="no call with the id 'c1' waits; those that wait are: 'c2'"):
        after.approve("c1")


def test_a_call_is_denied_or_answered_without_running() -> None:
    decided = run(waiting(OSLO), waiting(BERGEN)).deny("c1", "not today").answer("c2", {"rain": True})
    [first, second] = decided.turns[-1].results
    assert (first.text, first.outcome) == ("not today", "denied")
    assert (second.text, second.outcome) == ('{"rain": true}', "ok")
    assert run(waiting(OSLO)).deny("c1").turns[-1].results[0].text == "the user denied this call"
    assert run(waiting(OSLO)).answer("c1", ValueError("gone")).turns[-1].results[0].outcome == "error"
    with pytest.raises(InvalidRequestError, match="waits"):
        decided.deny("c1")


def test_what_was_started_or_has_an_unknown_status_waits_for_a_decision() -> None:
    started = run(CallRecord(call=OSLO).asked(CallStatus.STARTED), CallRecord(call=BERGEN, status="some day"))
    assert started.pending == (OSLO, BERGEN)
    assert started.interrupted == (OSLO,)
    assert started.approve("c1").pending == (BERGEN,)


def test_a_run_is_plain_data() -> None:
    whole = run(waiting(OSLO).approved(), CallRecord(call=BERGEN).finished(ToolResult.of(BERGEN, {"rain": 1.5})))
    seen = evolve(whole, turns=(evolve(whole.turns[0], response=evolve(whole.turns[0].response, raw=object())),))
    again = Run.from_dict(json.loads(json.dumps(evolve(seen, kind=City).to_dict())))
    assert again == whole
    assert again.turns[0].calls[0].is_approved
    with pytest.raises(InvalidRequestError, match=r"the data does not fit .*unknown key 'turn'"):
        Run.from_dict({"prompt": [], "turn": []})


def test_usage_is_that_of_all_turns() -> None:
    def of(*reports: Usage) -> Usage:
        return Run[None](
            prompt=PROMPT, turns=tuple(Turn(response=asking(OSLO, usage=usage)) for usage in reports)
        ).usage

    first = Usage(input_tokens=10, output_tokens=3, cache_read_tokens=4, raw={"x": 1})
    assert of(first, Usage(input_tokens=20, output_tokens=5)) == Usage(
        input_tokens=30, output_tokens=8, cache_read_tokens=4
    )
    assert of(first, Usage(output_tokens=5)) == Usage(output_tokens=8, cache_read_tokens=4)


def test_an_answer_of_several_parts_has_one_text() -> None:
    response = build_response([Text(text="Rain"), OSLO], Finish(reason="stop"))
    assert Run[None](prompt=PROMPT, turns=(Turn(response=response),)).text == "Rain"


def test_usage_and_cost_are_those_of_all_answers() -> None:
    def costing(cost: float | None, tokens: int) -> Response:
        return build_response(
            [Text(text="{}")],
            Finish(reason="stop"),
            usage=Usage(input_tokens=tokens, output_tokens=1),
            metadata={} if cost is None else {"cost": cost},
        )

    repaired = evolve(costing(0.25, 20), rejected=(costing(0.5, 3),))
    whole = Run(prompt=PROMPT, turns=(Turn(response=costing(0.25, 100)), Turn(response=repaired)))
    cost = whole.cost()
    assert cost is not None
    assert (cost.amount, cost.source) == (1, "provider")
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (123, 3)

    unknown = evolve(whole, turns=(*whole.turns, Turn(response=evolve(costing(None, 1), usage=Usage()))))
    assert unknown.cost() is None
    assert Run(prompt=PROMPT).cost() is None
