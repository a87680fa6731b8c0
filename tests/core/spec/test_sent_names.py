"""Renamed tools have their own names in answers, and a call that stands for the answer is its text."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dragoman import (
    ArgumentsDelta,
    Finish,
    FinishReason,
    Part,
    PartStart,
    Reasoning,
    Response,
    ResponseSnapshot,
    Text,
    ToolCall,
    assemble,
    build_response,
    events_of,
)
from dragoman.spec.sent_names import EventNames, with_names

NAMES = {"f_1": "f.one", "give_answer": ""}
PARTS = st.lists(
    st.sampled_from(["f_1", "g", "give_answer"]).map(lambda name: ToolCall(name=name, call_id="c", arguments='{"a":1}'))
    | st.just(Text(text="hm"))
    | st.just(Reasoning(text="so")),
    min_size=1,
    max_size=4,
)


def called(parts: list[Part]) -> Response:
    numbered = [
        ToolCall(name=part.name, call_id=f"c{at}", arguments=part.arguments) if isinstance(part, ToolCall) else part
        for at, part in enumerate(parts)
    ]
    return build_response(numbered, Finish(reason=FinishReason.TOOL_CALLS))


def test_a_call_that_stands_for_the_answer_is_its_text() -> None:
    (part,) = with_names(called([ToolCall(name="give_answer", call_id="c", arguments="{}")]), NAMES).message.parts
    assert part == Text(text="{}")


@pytest.mark.parametrize("names", [NAMES, {"f_1": "f.one"}])
@given(PARTS)
def test_whole_and_streamed_are_the_same(names: dict[str, str], parts: list[Part]) -> None:
    response = called(parts)
    whole = with_names(response, names)
    seen = EventNames(names)

    streamed = assemble([seen.of(event) for event in events_of(response)][:-1])

    assert streamed.message == whole.message
    assert streamed.finish == whole.finish
    left = [part.name for part in whole.message.parts if isinstance(part, ToolCall)]
    assert "f_1" not in left
    assert whole.finish.reason == (FinishReason.TOOL_CALLS if left or "" not in names.values() else FinishReason.STOP)


def test_pieces_of_other_calls_are_left_as_they_are() -> None:
    seen = EventNames(NAMES)
    seen.of(PartStart(0, ToolCall(name="g", call_id="c")))
    delta, snapshot = ArgumentsDelta(0, "{"), ResponseSnapshot(served_model="m")
    assert seen.of(delta) is delta
    assert seen.of(snapshot) is snapshot
