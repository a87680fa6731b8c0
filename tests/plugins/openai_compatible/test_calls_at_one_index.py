"""Calls of the Responses API at one output index and without item ids are told apart by their own ids and names."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import StreamEnd
from fuzz.dialects import DIALECTS
from fuzz.outcome import streamed
from properties.mutations import Piece, stream_of

ARGUMENTS = {"c1": '{"a":1}', "c2": '{"b":1}', "c3": "{}"}


ONE_ID = {"id": "fc_1"}


def event(kind: str, **members: Any) -> Piece:
    kind = f"response.{kind}"
    return Piece(kind, {"type": kind, "output_index": 0} | members)


def item(call_id: str, arguments: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": "f", "arguments": arguments}


def begun(call_id: str) -> list[Piece]:
    text = ARGUMENTS[call_id]
    deltas = [event("function_call_arguments.delta", delta=piece) for piece in (text[:3], text[3:]) if piece]
    return [event("output_item.added", item=item(call_id, "")), *deltas]


def done(call_id: str) -> Piece:
    return event("output_item.done", item=item(call_id, ARGUMENTS[call_id]))


STREAMS = {
    "never done": [each for call in ARGUMENTS for each in begun(call)],
    "done one by one": [each for call in ARGUMENTS for each in (*begun(call), done(call))],
    "done at the end": [*(each for call in ARGUMENTS for each in begun(call)), *map(done, ARGUMENTS)],
    "done in another order": [*(each for call in ARGUMENTS for each in begun(call)), *map(done, reversed(ARGUMENTS))],
    "never begun": [*map(done, ARGUMENTS)],
    "done twice": [
        *begun("c1"),
        *begun("c2"),
        *begun("c3"),
        done("c1"),
        done("c3"),
        done("c1"),
        done("c2"),
        done("c2"),
    ],
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("is_repeated", [False, True])
def test_each_call_has_its_arguments(name: str, *, is_repeated: bool) -> None:
    output = [item(call_id, arguments) for call_id, arguments in ARGUMENTS.items()] if is_repeated else []
    end = event("completed", response={"status": "completed", "output": output})
    outcome = streamed(DIALECTS["openai.responses"], [stream_of([*STREAMS[name], end])])
    last = outcome.events[-1]
    assert isinstance(last, StreamEnd)
    assert {call.call_id: call.arguments for call in last.response.tool_calls} == ARGUMENTS
    assert len(last.response.tool_calls) == len(ARGUMENTS)


@pytest.mark.parametrize("is_repeated", [False, True])
def test_calls_with_one_item_id_are_told_apart(*, is_repeated: bool) -> None:
    whole = [item(call_id, arguments) | ONE_ID for call_id, arguments in ARGUMENTS.items()]
    pairs = [(at, each, what) for at, each in enumerate(whole) for what in ("added", "done")]
    events = [event(f"output_item.{what}", output_index=at, item=each) for at, each, what in pairs]
    end = event("completed", response={"status": "completed", "output": whole if is_repeated else []})
    last = streamed(DIALECTS["openai.responses"], [stream_of([*events, end])]).events[-1]
    assert isinstance(last, StreamEnd)
    assert [(call.call_id, call.arguments) for call in last.response.tool_calls] == [*ARGUMENTS.items()]
