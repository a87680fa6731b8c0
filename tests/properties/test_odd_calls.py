"""Calls, reasoning and usage are the same however a server of the chat dialect spells them in a stream."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dragoman import ProviderError, Reasoning, Response, StreamEnd
from dragoman.testing.faults import CHAT
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed

CHAT_DIALECTS = {name: each for name, each in DIALECTS.items() if each.server_dialect is CHAT}
every_chat_dialect = pytest.mark.parametrize("dialect", CHAT_DIALECTS.values(), ids=CHAT_DIALECTS)
ARGUMENTS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 99), min_size=1, max_size=3).map(
    json.dumps
)
NAMES = st.sampled_from(["weather", "docs_find", "f"])
CALLS = st.lists(st.tuples(NAMES, ARGUMENTS), min_size=1, max_size=3)


def cut(draw: st.DrawFn, text: str) -> list[str]:
    """Draw the pieces in which a text arrives."""
    places = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=3)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True) if text[start:end]]


def fragments(draw: st.DrawFn, number: int, name: str, arguments: str) -> Iterator[dict[str, Any]]:
    """Draw one call as a server sends it, with an index and an id."""
    pieces = cut(draw, arguments)
    spelling = draw(st.sampled_from(["pieces", "cumulative", "twice", "object first", "at once"]))
    if spelling == "cumulative":
        pieces = ["".join(pieces[: count + 1]) for count in range(len(pieces))]
    elif spelling == "twice":
        pieces = [*pieces, arguments]
    elif spelling == "object first":
        pieces = ["{}", *pieces]
    elif spelling == "at once":
        pieces = [arguments]
    names = cut(draw, name) if draw(st.booleans()) else [name]
    first: dict[str, Any] = {"index": number, "id": f"c{number}", "type": "function"}
    yield {**first, "function": {"name": names[0], "arguments": ""}}
    for more in names[1:]:
        yield {"index": number, "function": {"name": more, "arguments": ""}}
    for piece in pieces:
        yield {"index": number, "function": {"arguments": piece}}


@st.composite
def indexed(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    calls = draw(CALLS)
    sent = [[*fragments(draw, number, *call)] for number, call in enumerate(calls)]
    if draw(st.booleans()):  # parallel calls, piece by piece in turns
        longest = max(map(len, sent))
        return calls, [each[at] for at in range(longest) for each in sent if at < len(each)]
    return calls, [each for fragment in sent for each in fragment]


@st.composite
def without_index(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[dict[str, Any]]]:
    """Draw calls one after the other, with an id alone, or with neither an index nor an id."""
    named = draw(st.booleans())
    calls = draw(
        CALLS if named else st.lists(st.tuples(NAMES, ARGUMENTS), max_size=3, min_size=1, unique_by=lambda c: c[0])
    )
    sent: list[dict[str, Any]] = []
    for number, (name, arguments) in enumerate(calls):
        first, *rest = cut(draw, arguments)
        own = {"id": f"c{number}"} if named else {}
        sent.append({**own, "function": {"name": name, "arguments": first}})
        sent += [{"function": {"arguments": piece}} for piece in rest]
    return calls, sent


def answer(dialect: DialectCase, deltas: list[dict[str, Any]], **last: Any) -> Response:
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", **last}]})
    wire = [b"data: " + json.dumps({"id": "x", "model": "m", **each}).encode() + b"\n\n" for each in chunks]
    outcome = streamed(dialect, [*wire, b"data: [DONE]\n\n"])
    assert outcome.error is None
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@every_chat_dialect
@settings(max_examples=150, deadline=None)
@given(indexed() | without_index())
def test_calls(dialect: DialectCase, sent: tuple[list[tuple[str, str]], list[dict[str, Any]]]) -> None:
    calls, pieces = sent
    response = answer(dialect, [{"tool_calls": [piece]} for piece in pieces])

    assert [(call.name, call.arguments) for call in response.tool_calls] == calls
    assert len({call.call_id for call in response.tool_calls}) == len(calls)


REASONING = {
    "reasoning_content": lambda text: {"reasoning_content": text},
    "reasoning": lambda text: {"reasoning": text},
    "parts": lambda text: {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]},
    "details": lambda text: {"reasoning_details": [{"type": "reasoning.text", "text": text}]},
}


@every_chat_dialect
@pytest.mark.parametrize("spelling", REASONING)
def test_reasoning(dialect: DialectCase, spelling: str) -> None:
    deltas = [REASONING[spelling]("I th"), REASONING[spelling]("ink"), {"content": "Hello"}]
    response = answer(dialect, deltas)
    body = {
        "choices": [{"message": {"role": "assistant", **REASONING[spelling]("I think")}, "finish_reason": "stop"}],
    }
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    assert (response.reasoning, response.text) == ("I think", "Hello")
    assert whole.reasoning == "I think"
    assert [type(part) for part in whole.message.parts] == [Reasoning]


@every_chat_dialect
def test_usage_inside_a_choice(dialect: DialectCase) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop", "usage": usage}]}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [{"content": "Hi"}], usage=usage)):
        assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 5)


@every_chat_dialect
def test_a_call_without_an_object_around_its_name(dialect: DialectCase) -> None:
    call = {"id": "a", "type": "function", "name": "f", "arguments": '{"x": 1}'}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    whole = decoded(dialect, json.dumps(body).encode())
    pieces = [{"index": 0, **call, "arguments": '{"x"'}, {"index": 0, "arguments": ": 1}"}]

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [{"tool_calls": [piece]} for piece in pieces])):
        assert [(made.name, made.arguments) for made in response.tool_calls] == [("f", '{"x": 1}')]


@every_chat_dialect
def test_calls_that_are_no_list(dialect: DialectCase) -> None:
    calls = [{"id": each, "type": "function", "function": {"name": each, "arguments": "{}"}} for each in "ab"]
    for given_calls, names in ((calls[0], ["a"]), ({"0": calls[0], "1": calls[1]}, ["a", "b"]), ({}, [])):
        body = {"choices": [{"message": {"content": "Hi", "tool_calls": given_calls}, "finish_reason": "stop"}]}
        whole = decoded(dialect, json.dumps(body).encode())

        assert isinstance(whole, Response)
        for response in (whole, answer(dialect, [{"content": "Hi"}, {"tool_calls": given_calls}])):
            assert [call.name for call in response.tool_calls] == names


@every_chat_dialect
@pytest.mark.parametrize("wrap", ["list", "call", "function"])
def test_calls_as_json_text(dialect: DialectCase, wrap: str) -> None:
    function: Any = {"name": "f", "arguments": '{"x": 1}'}
    call = {"id": "a", "type": "function", "function": json.dumps(function) if wrap == "function" else function}
    calls: Any = {"list": json.dumps([call]), "call": json.dumps(call), "function": [call]}[wrap]
    body = {"choices": [{"message": {"content": "Hi", "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [{"content": "Hi"}, {"tool_calls": calls}])):
        assert [(made.name, made.call_id, made.arguments) for made in response.tool_calls] == [("f", "a", '{"x": 1}')]


@every_chat_dialect
@pytest.mark.parametrize("calls", ["", "none", "[", [{"id": "a", "function": "?"}]])
def test_words_in_place_of_calls(dialect: DialectCase, calls: Any) -> None:
    body = {"choices": [{"message": {"content": "Hi", "tool_calls": calls}, "finish_reason": "stop"}]}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [{"content": "Hi"}, {"tool_calls": calls}])):
        assert [made.name for made in response.tool_calls] == ([""] if isinstance(calls, list) else [])


@every_chat_dialect
@pytest.mark.parametrize(
    ("content", "text"), [({"a": 1}, '{"a":1}'), ({"type": "text", "text": "Hi"}, "Hi"), (True, ""), (None, "")]
)
def test_content_that_is_no_text(dialect: DialectCase, content: Any, text: str) -> None:
    message = {"content": content, "refusal": False}
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [message])):
        assert response.text == text
        assert response.refusal is None


@pytest.mark.parametrize(
    ("block", "text", "redacted"),
    [
        ({"type": "thinking", "thinking": "hm", "signature": "s"}, "hm", False),
        ({"type": "redacted_thinking", "data": "x"}, "", True),
    ],
)
@pytest.mark.parametrize("content", [None, "hm"])
def test_thinking_blocks_of_litellm(block: dict[str, Any], text: str, content: str | None, *, redacted: bool) -> None:
    dialect = DIALECTS["litellm_proxy.chat"]
    message = {"reasoning_content": content, "thinking_blocks": [block], "content": "Hi"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    for response in (whole, answer(dialect, [message])):
        (thought,) = response.message.of_type(Reasoning)
        assert (thought.text, response.text) == (content or text, "Hi")
        assert thought.redacted == (redacted and not content)


FAILED = {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
FINE = {"base_resp": {"status_code": 0, "status_msg": ""}}


@every_chat_dialect
@pytest.mark.parametrize("choices", [None, [], [{"message": {"content": ""}, "finish_reason": "stop"}]])
def test_a_state_beside_the_answer_is_its_error(dialect: DialectCase, choices: Any) -> None:
    failed = decoded(dialect, json.dumps({"choices": choices, **FAILED}).encode())
    in_stream = streamed(dialect, [b"data: " + json.dumps({"id": "x", "choices": None, **FAILED}).encode() + b"\n\n"])

    for error in (failed, in_stream.error):
        assert isinstance(error, ProviderError)
        assert "insufficient balance" in str(error)
        assert "status_msg" not in str(error)


@every_chat_dialect
def test_a_state_that_is_good_is_none(dialect: DialectCase) -> None:
    body = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}], **FINE}
    whole = decoded(dialect, json.dumps(body).encode())

    assert isinstance(whole, Response)
    assert whole.text == "Hi"
