"""Renamed tools have their own names in answers, and a call that stands for the answer is its text."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from dragoman import (
    ArgumentsDelta,
    Event,
    Finish,
    FinishReason,
    OutputValidationError,
    Part,
    PartStart,
    PartStop,
    PartUpdate,
    Reasoning,
    Response,
    ResponseSnapshot,
    Text,
    ToolCall,
    assemble,
    build_response,
)
from dragoman.spec.assembly import provider_events
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
    numbered = [evolve(part, call_id=f"c{at}") if isinstance(part, ToolCall) else part for at, part in enumerate(parts)]
    return build_response(numbered, Finish(reason=FinishReason.TOOL_CALLS))


def renamed(response: Response, names: Mapping[str, str]) -> tuple[Response, EventNames]:
    """Return the answer that a reader of the stream of *response* sees."""
    seen = EventNames(names)
    events = [each for event in provider_events(response) for each in seen.of(event)]
    return assemble([*events, *seen.close()]), seen


def test_a_call_that_stands_for_the_answer_is_its_text() -> None:
    (part,) = with_names(called([ToolCall(name="give_answer", call_id="c", arguments="{}")]), NAMES).message.parts
    assert part == Text(text="{}")


@pytest.mark.parametrize("names", [NAMES, {"f_1": "f.one"}])
@given(PARTS)
def test_whole_and_streamed_are_the_same(names: dict[str, str], parts: list[Part]) -> None:
    response = called(parts)
    whole = with_names(response, names)
    streamed, seen = renamed(response, names)

    assert streamed.message == whole.message
    assert (streamed.finish, streamed.metadata, seen.notes) == (whole.finish, whole.metadata, whole.adjustments)
    left = [part.name for part in whole.message.parts if isinstance(part, ToolCall)]
    assert "f_1" not in left
    assert whole.finish.reason == (FinishReason.TOOL_CALLS if left or "" not in names.values() else FinishReason.STOP)


def pieces_of(response: Response, data: st.DataObject) -> list[Event]:
    """Return the events of *response* with the names of its calls late, or in pieces before the arguments."""
    events: list[Event] = []
    for event in provider_events(response):
        part = event.part if isinstance(event, PartStart) else None
        if not isinstance(event, PartStart) or not isinstance(part, ToolCall):
            events.append(event)
            continue
        cut = data.draw(st.integers(0, len(part.name)))
        events.append(PartStart(event.index, evolve(part, name=part.name[:cut])))
        more: list[Event] = [PartUpdate(event.index, part)]
        if not cut and data.draw(st.booleans()):
            more = [ArgumentsDelta(event.index, " "), *more]
        events += more
    return events


@given(PARTS, st.data())
def test_a_name_may_come_late_and_in_pieces(parts: list[Part], data: st.DataObject) -> None:
    response = called(parts)
    seen = EventNames(NAMES | {"give": "other"})
    given_ = [each for event in pieces_of(response, data) for each in seen.of(event)]
    streamed = assemble([*given_, *seen.close()])

    whole, _ = renamed(response, NAMES)
    assert [*map(stripped, streamed.message.parts)] == [*map(stripped, whole.message.parts)]
    assert (streamed.finish, streamed.metadata) == (whole.finish, whole.metadata)


def stripped(part: Part) -> Part:
    if isinstance(part, ToolCall):
        return evolve(part, arguments=part.arguments.strip())
    return evolve(part, text=part.text.strip()) if isinstance(part, Text) else part


ANSWER = ToolCall(name="give_answer", call_id="c", arguments='{"a": 1}')


@pytest.mark.parametrize(
    ("parts", "text", "reasoning"),
    [
        ([Text(text="Sure: "), ANSWER], '{"a": 1}', "Sure: "),
        ([ANSWER, Text(text="There.")], '{"a": 1}', "There."),
        ([Reasoning(text="so "), Text(text="hm"), ANSWER], '{"a": 1}', "so hm"),
        ([Text(text='{"a": 2}')], '{"a": 2}', ""),
        ([Text(text="hm"), ToolCall(name="g", call_id="c")], "hm", ""),
        ([Text(text="hm"), ToolCall(name="s", call_id="c", server_side=True), ANSWER], '{"a": 1}', "hm"),
    ],
)
def test_the_text_is_the_answer_alone(parts: list[Part], text: str, reasoning: str) -> None:
    whole = with_names(called(parts), NAMES)
    assert (whole.text, whole.reasoning) == (text, reasoning)


def test_the_same_answer_again_is_left_out_with_a_note() -> None:
    again = ToolCall(name="give_answer", call_id="c", arguments='{ "a":1 }')
    whole = with_names(called([ANSWER, ToolCall(name="g", call_id="c", arguments="{}"), again]), NAMES)
    assert [type(part) for part in whole.message.parts] == [Text, ToolCall]
    assert whole.text == ANSWER.arguments
    assert [(note.kind, note.feature, note.reason) for note in whole.adjustments] == [
        ("dropped", "answer", "the model gave its answer again")
    ]
    assert not whole.metadata


@pytest.mark.parametrize("other", ['{"a": 2}', '{"a": '])
def test_another_answer_is_an_error_where_a_value_is_read(other: str) -> None:
    whole = with_names(called([ANSWER, evolve(ANSWER, arguments=other)]), NAMES)
    assert (whole.text, whole.metadata) == (ANSWER.arguments, {"other_answers": [other]})
    assert [note.reason for note in whole.adjustments] == ["the model gave another answer besides"]
    with pytest.raises(OutputValidationError, match="several answers"):
        whole.parse(dict[str, int])


def test_nothing_waits_longer_than_it_must() -> None:
    seen = EventNames(NAMES)
    call = PartStart(0, ToolCall(name="h", call_id="c"))
    assert seen.of(call) == [call]
    delta, snapshot = ArgumentsDelta(0, "{"), ResponseSnapshot(served_model="m")
    assert seen.of(delta) == [delta]
    assert seen.of(snapshot) == [snapshot]
    text = PartStart(1, Text(text=""))
    assert seen.of(text) == []
    assert seen.of(PartStart(2, ToolCall(name="h", call_id="d"))) == [
        text,
        PartStart(2, ToolCall(name="h", call_id="d")),
    ]


def test_the_parts_of_an_answer_are_whole_in_an_update_too() -> None:
    seen = EventNames(NAMES)
    events = [PartStart(0, evolve(ANSWER, name="", arguments="")), PartUpdate(0, ANSWER), PartStop(0)]
    events += [PartStart(1, evolve(ANSWER, arguments="")), PartUpdate(1, evolve(ANSWER, arguments="{}")), PartStop(1)]
    given_ = [each for event in events for each in seen.of(event)]
    finish = ResponseSnapshot(finish=Finish(reason="tool_calls"))
    found = assemble([*given_, *seen.of(finish), *seen.close()])
    assert (found.text, found.metadata) == (ANSWER.arguments, {"other_answers": ["{}"]})


@pytest.mark.parametrize("start", [0, 2])
def test_a_part_out_of_turn_is_still_an_error(start: int) -> None:
    seen = EventNames(NAMES)
    events = [PartStart(0, ANSWER), PartStart(start, ANSWER), ArgumentsDelta(9, "{")]
    given_ = [each for event in events for each in seen.of(event)]
    assert given_[-1] == ArgumentsDelta(9, "{")
    other = ToolCall(name="g", call_id="d")
    given_ = [each for event in [PartStart(0, ANSWER), PartStart(start, other)] for each in EventNames(NAMES).of(event)]
    assert [each.index for each in given_ if isinstance(each, PartStart)] != [0, 1]
