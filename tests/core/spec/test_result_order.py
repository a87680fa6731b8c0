"""Results stand in the order of their calls where an API pairs them by it, and everything else stays where it is."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given, strategies as st

from dragoman import LLM, LLMConfig, Message, Text, ToolCall, ToolResult
from dragoman.spec.result_order import in_order_of_calls


def calls(*ids: str) -> Message:
    return Message("assistant", [ToolCall(name="f", call_id=each, arguments="{}") for each in ids])


def result(call_id: str) -> ToolResult:
    return ToolResult(call_id=call_id, name="f", content=call_id)


def test_what_is_in_order_is_left_alone() -> None:
    for history in (
        (Message("user", "q"),),
        (Message("user", "q"), calls("a"), Message("tool", [result("a")])),
        (calls("a", "b"), Message("tool", [result("a")]), Message("tool", [result("b"), result("unknown")])),
    ):
        assert in_order_of_calls(history) is history


def test_results_change_places_across_messages_and_nothing_else_moves() -> None:
    asked, more = Message("user", "q"), Message("user", "and?")
    first = Message("tool", [result("c")])
    second = Message("user", [Text(text="see"), result("a"), result("b")])
    history = (
        asked,
        calls("a", "b", "c"),
        first,
        second,
        calls("d", "e"),
        Message("tool", [result("d"), result("e")]),
        more,
    )

    ordered = in_order_of_calls(history)
    assert [result.call_id for message in ordered for result in message.of_type(ToolResult)] == [
        "a",
        "b",
        "c",
        "d",
        "e",
    ]
    assert ordered[3].parts[0] is second.parts[0]
    assert all(ordered[at] is history[at] for at in (0, 1, 4, 5, 6))


@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.booleans(), min_size=4, max_size=4))
def test_gemini_gets_the_result_of_each_call_at_its_place(order: list[str], breaks: list[bool]) -> None:
    messages = [
        Message("tool", [result(call_id) for call_id, _ in group])
        for _, group in groupby(zip(order, breaks, strict=True), key=lambda pair: pair[1])
    ]
    history = [Message("user", "q"), calls("a", "b", "c", "d"), *messages]
    body = LLM(LLMConfig("gemini-2.5-flash", provider="google", api_key="k")).build_request(history).body
    assert body is not None
    parts = body["contents"][-1]["parts"]  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]
    assert [part["functionResponse"]["response"]["result"] for part in parts] == ["a", "b", "c", "d"]
