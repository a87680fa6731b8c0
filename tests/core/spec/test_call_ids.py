"""Each call of an answer has an id, and no two have the same, whole or streamed."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dragoman import ArgumentsDelta, Finish, PartStart, PartUpdate, ResponseSnapshot, Text, ToolCall, assemble
from dragoman.spec.assembly import Assembler, build_response
from dragoman.spec.events import StreamStart

STOP = Finish(reason="stop")


def call(call_id: str, *, server_side: bool = False, arguments: str = "{}", **more: object) -> ToolCall:
    return ToolCall(name="f", call_id=call_id, arguments=arguments, server_side=server_side, metadata=more)


def ids(*calls: ToolCall) -> list[str]:
    return [each.call_id for each in build_response(calls, STOP).message.of_type(ToolCall)]


@pytest.mark.parametrize(
    ("given", "own"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_1", "a_2"]),
        (["", ""], ["call_0", "call_1"]),
        (["call_1", ""], ["call_1", "call_1_1"]),
        (["a_1", "a", "a", "a"], ["a_1", "a", "a_2", "a_3"]),
    ],
)
def test_ids(given: list[str], own: list[str]) -> None:
    assert ids(*map(call, given)) == own


def test_what_the_provider_runs_itself_keeps_its_id() -> None:
    assert ids(call("a", server_side=True), call("a"), call("", server_side=True)) == ["a", "a_0", ""]


@given(st.lists(st.sampled_from(["", "a", "a_1", "a_2", "call_0", "call_1"]), max_size=8))
def test_no_two_are_the_same_and_streams_agree(given: list[str]) -> None:
    calls = [call(each) for each in given]
    own = ids(*calls)
    events = [PartStart(index, each) for index, each in enumerate(calls)]
    streamed = assemble([*events, ResponseSnapshot(finish=STOP)])

    assert len({*own}) == len(own)
    assert all(own)
    assert [each.call_id for each in streamed.tool_calls] == own


def test_an_answer_without_calls_is_left_alone() -> None:
    parts = (Text(text="a"), Text(text="b"))
    assert build_response(parts, STOP).message.parts == parts


def test_updates_keep_the_id_of_their_call_unless_they_bring_another() -> None:
    assembler = Assembler(StreamStart())
    seen = [assembler.feed(PartStart(index, call("c", arguments=""))) for index in range(2)]
    update = PartUpdate(1, call("c", arguments='{"a":1}{"a":1}'))
    seen.append(assembler.feed(update))
    seen.append(assembler.feed(PartUpdate(1, call("d", arguments=""))))
    seen.append(assembler.feed(PartUpdate(0, call("c"))))
    assembler.feed(ResponseSnapshot(finish=STOP))

    assert [each.part.call_id for each in seen if isinstance(each, PartStart | PartUpdate)] == [
        "c",
        "c_1",
        "c_1",
        "d",
        "c",
    ]
    assert [each.arguments for each in assembler.partial().tool_calls] == ["{}", '{"a":1}']


def test_updates_of_what_the_provider_runs_are_left_alone() -> None:
    assembler = Assembler(StreamStart())
    assembler.feed(PartStart(0, call("c", server_side=True)))
    update = PartUpdate(0, call("d", server_side=True))
    assert assembler.feed(update) is update


def test_the_input_of_a_custom_tool_is_a_text() -> None:
    twice = '{"a":1}{"a":1}'
    start = PartStart(0, call("c", arguments="", type="custom"))
    made = assemble([start, ArgumentsDelta(0, twice), ResponseSnapshot(finish=STOP)])
    assert made.tool_calls[0].arguments == twice
    assert build_response([call("c", arguments=twice)], STOP).tool_calls[0].arguments == '{"a":1}'
