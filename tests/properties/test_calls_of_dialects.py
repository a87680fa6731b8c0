"""The calls of an answer are the same in every dialect, however a server says their arguments and their ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings, strategies as st

from conformance.bedrock_server import CONVERSE
from conformance.cohere_server import COHERE
from dragoman import Response, StreamEnd
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES
from dragoman_llamacpp.request import LlamaCppChat
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, streamed

Json = dict[str, Any]

SPELLINGS = (
    "pieces",
    "whole",
    "twice",
    "twice, in pieces",
    "all so far",
    "an empty object first",
    "empty",
    "only at the end",
)
IDS = st.sampled_from(["c", "c", "d", "", "call_0", "call_1", "c_1"])
VALUES = st.recursive(
    st.integers(0, 9) | st.sampled_from(["", "}{", "{", 'a"b']),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b"]), VALUES, min_size=1, max_size=2)


@frozen
class Call:
    """Say what a server sends of one call.

    Args:
        call_id: its id, which others may have too.
        name: the tool.
        arguments: the arguments.
        pieces: how they arrive.

    """

    call_id: str
    name: str
    arguments: Json
    pieces: tuple[str, ...]


@st.composite
def calls(draw: st.DrawFn) -> list[Call]:
    drawn: list[Call] = []
    for number in range(draw(st.integers(1, 3))):
        arguments = draw(ARGUMENTS)
        text = json.dumps(arguments)
        places = sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=3)))
        pieces = [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]
        spelling = draw(st.sampled_from(SPELLINGS))
        if spelling == "whole":
            pieces = [text]
        elif spelling == "twice":
            pieces = [text, json.dumps(arguments, separators=(",", ":"))]
        elif spelling == "twice, in pieces":
            pieces = [*pieces, text]
        elif spelling == "all so far":
            pieces = [text[:end] for end in [*places, len(text)]]
        elif spelling == "an empty object first":
            pieces = ["{}", *pieces]
        elif spelling == "empty":
            arguments, pieces = {}, ["{}"]
        elif spelling == "only at the end":
            pieces = []
        drawn.append(Call(draw(IDS), f"f{number}", arguments, tuple(pieces)))
    return drawn


def chat(sent: list[Call]) -> Iterator[Json]:
    for number, call in enumerate(sent):
        yield _delta(
            tool_calls=[{"index": number, "id": call.call_id, "type": "function", "function": {"name": call.name}}]
        )
    for number, call in enumerate(sent):
        for piece in call.pieces or (json.dumps(call.arguments),):
            yield _delta(tool_calls=[{"index": number, "function": {"arguments": piece}}])
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}


def legacy(sent: list[Call]) -> Iterator[Json]:
    (call,) = sent
    yield _delta(function_call={"name": call.name[:1], "arguments": ""})
    yield _delta(function_call={"name": call.name[1:]})
    for piece in call.pieces or (json.dumps(call.arguments),):
        yield _delta(function_call={"name": call.name, "arguments": piece})
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "function_call"}]}


def _delta(**delta: Any) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def responses(sent: list[Call]) -> Iterator[Json]:
    items = [
        {"type": "function_call", "id": f"fc_{number}", "call_id": call.call_id, "name": call.name}
        for number, call in enumerate(sent)
    ]
    for number, item in enumerate(items):
        yield {"type": "response.output_item.added", "output_index": number, "item": {**item, "arguments": ""}}
    for number, call in enumerate(sent):
        place = {"output_index": number, "item_id": f"fc_{number}"}
        for piece in call.pieces:
            yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
        whole = json.dumps(call.arguments)
        yield {"type": "response.function_call_arguments.done", **place, "arguments": whole}
        if number % 2:
            yield {
                "type": "response.output_item.done",
                "output_index": number,
                "item": {**items[number], "arguments": whole},
            }
    yield {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}}


def messages(sent: list[Call]) -> Iterator[Json]:
    yield {"type": "message_start", "message": {"id": "m", "content": []}}
    for number, call in enumerate(sent):
        start = {} if call.pieces else call.arguments
        block = {"type": "tool_use", "id": call.call_id, "name": call.name, "input": start}
        yield {"type": "content_block_start", "index": number, "content_block": block}
        for piece in call.pieces:
            delta = {"type": "input_json_delta", "partial_json": piece}
            yield {"type": "content_block_delta", "index": number, "delta": delta}
        yield {"type": "content_block_stop", "index": number}
    yield {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}
    yield {"type": "message_stop"}


def gemini(sent: list[Call]) -> Iterator[Json]:
    parts = [{"functionCall": {"id": call.call_id, "name": call.name, "args": call.arguments}} for call in sent]
    yield {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}


def cohere(sent: list[Call]) -> Iterator[Json]:
    def event(kind: str, number: int, call: Json) -> Json:
        return {"type": kind, "index": number, "delta": {"message": {"tool_calls": call}}}

    for number, call in enumerate(sent):
        function = {"name": call.name, "arguments": "" if call.pieces else json.dumps(call.arguments)}
        yield event("tool-call-start", number, {"id": call.call_id, "type": "function", "function": function})
    for number, call in enumerate(sent):
        for piece in call.pieces:
            yield event("tool-call-delta", number, {"function": {"arguments": piece}})
        yield {"type": "tool-call-end", "index": number}
    yield {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL"}}


def whole_cohere(sent: list[Call], text: Callable[[Call], str]) -> Json:
    made = [{"id": call.call_id, "function": {"name": call.name, "arguments": text(call)}} for call in sent]
    return {"message": {"role": "assistant", "tool_calls": made}, "finish_reason": "TOOL_CALL"}


def ollama(sent: list[Call]) -> Iterator[Json]:
    for call in sent:
        made = {"id": call.call_id, "function": {"name": call.name, "arguments": call.arguments}}
        yield {"message": {"role": "assistant", "content": "", "tool_calls": [made]}, "done": False}
    yield {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}


def converse(sent: list[Call]) -> Iterator[Json]:
    for number, call in enumerate(sent):
        start = {"toolUse": {"toolUseId": call.call_id, "name": call.name}}
        yield {"contentBlockStart": {"contentBlockIndex": number, "start": start}}
    for number, call in enumerate(sent):
        for piece in call.pieces or (json.dumps(call.arguments),):
            delta = {"toolUse": {"input": piece}}
            yield {"contentBlockDelta": {"contentBlockIndex": number, "delta": delta}}
        yield {"contentBlockStop": {"contentBlockIndex": number}}
    yield {"messageStop": {"stopReason": "tool_use"}}
    yield {"metadata": {"usage": {"inputTokens": 1}}}


def whole_converse(sent: list[Call], text: Callable[[Call], str]) -> Json:
    made = [{"toolUse": {"toolUseId": call.call_id, "name": call.name, "input": text(call)}} for call in sent]
    return {"output": {"message": {"role": "assistant", "content": made}}, "stopReason": "tool_use"}


def whole_chat(sent: list[Call], text: Callable[[Call], str]) -> Json:
    made = [{"id": call.call_id, "function": {"name": call.name, "arguments": text(call)}} for call in sent]
    return {"choices": [{"index": 0, "message": {"tool_calls": made}, "finish_reason": "tool_calls"}]}


def whole_responses(sent: list[Call], text: Callable[[Call], str]) -> Json:
    items = [
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": text(call)} for call in sent
    ]
    return {"id": "r", "status": "completed", "output": items}


def whole_messages(sent: list[Call], text: Callable[[Call], str]) -> Json:
    blocks = [{"type": "tool_use", "id": call.call_id, "name": call.name, "input": text(call)} for call in sent]
    return {"type": "message", "content": blocks, "stop_reason": "tool_use"}


def whole_gemini(sent: list[Call], text: Callable[[Call], str]) -> Json:
    del text  # arguments are an object there
    return next(gemini(sent))


def whole_ollama(sent: list[Call], text: Callable[[Call], str]) -> Json:
    del text  # arguments are an object there
    *made, end = ollama(sent)
    calls_made = [call for each in made for call in each["message"]["tool_calls"]]
    return {**end, "message": {**end["message"], "tool_calls": calls_made}}


SPEAKERS = {**DIALECTS, "llamacpp.chat": DialectCase(api="llamacpp.chat", make=LlamaCppChat, server_dialect=CHAT)}
CHATS = {name: each for name, each in SPEAKERS.items() if each.server_dialect is CHAT}
STREAMS = {
    CHAT.name: chat,
    RESPONSES.name: responses,
    MESSAGES.name: messages,
    GEMINI.name: gemini,
    COHERE.name: cohere,
    CONVERSE.name: converse,
    "ollama": ollama,
}
WHOLES = {
    CHAT.name: whole_chat,
    RESPONSES.name: whole_responses,
    MESSAGES.name: whole_messages,
    GEMINI.name: whole_gemini,
    "ollama": whole_ollama,
    COHERE.name: whole_cohere,
    CONVERSE.name: whole_converse,
}
every_dialect = pytest.mark.parametrize("dialect", SPEAKERS.values(), ids=SPEAKERS)


def check(response: Response, sent: list[Call]) -> None:
    made = response.tool_calls
    assert [(call.name, call.parse()) for call in made] == [(call.name, call.arguments) for call in sent]
    assert all(call.call_id for call in made)
    assert len({call.call_id for call in made}) == len(made)
    first = {call.call_id: number for number, call in reversed([*enumerate(sent)]) if call.call_id}
    assert all(made[number].call_id == call_id for call_id, number in first.items() if number == 0)


def read(dialect: DialectCase, events: Iterator[Json]) -> Response:
    wire = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    outcome = streamed(dialect, wire)
    assert outcome.error is None, outcome.error
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@every_dialect
@settings(max_examples=80, deadline=None)
@given(calls())
def test_of_a_stream(dialect: DialectCase, sent: list[Call]) -> None:
    check(read(dialect, STREAMS[dialect.server_dialect.name](sent)), sent)


@pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)
@settings(max_examples=80, deadline=None)
@given(calls().map(lambda drawn: drawn[:1]))
def test_of_a_stream_in_the_older_form(dialect: DialectCase, sent: list[Call]) -> None:
    response = read(dialect, legacy(sent))
    check(response, [Call("call_0", call.name, call.arguments, call.pieces) for call in sent])
    assert response.tool_calls[0].metadata["type"] == "function_call"


@every_dialect
@settings(max_examples=60, deadline=None)
@given(calls())
def test_of_a_whole_answer(dialect: DialectCase, sent: list[Call]) -> None:
    for text in (
        lambda call: json.dumps(call.arguments),
        lambda call: json.dumps(call.arguments) * 2,
        lambda call: "{}\n" + json.dumps(call.arguments),
    ):
        response = decoded(dialect, json.dumps(WHOLES[dialect.server_dialect.name](sent, text)).encode())
        assert isinstance(response, Response)
        check(response, sent)


NOTHING = ("", " ", "null", " null", "None", "[]", '""', '"null"', '"{}"', "{}")


def said_as(dialect: DialectCase, pieces: tuple[str, ...]) -> Iterator[Response]:
    """Yield a call whose arguments are a text, as each dialect says it: whole, and in pieces where it has any."""
    name, text, one = dialect.server_dialect.name, "".join(pieces), Call("c", "f", {}, pieces)
    body = json.dumps(WHOLES[name]([one], lambda _: text))
    for member in ("args", "arguments") if name in {GEMINI.name, "ollama"} else ():
        body = body.replace(f'"{member}": {{}}', f'"{member}": {json.dumps(text)}')
    whole = decoded(dialect, body.encode())
    assert isinstance(whole, Response)
    yield whole
    events = [*STREAMS[name]([one])] if name not in {GEMINI.name, "ollama"} else []
    for event in events if name == RESPONSES.name else ():
        event.update({"arguments": text} if "arguments" in event else {})
    if events:
        yield read(dialect, iter(events))


@every_dialect
@pytest.mark.parametrize("text", [*NOTHING, '{"a": 1}', '"{\\"a\\": 1}"'])
def test_arguments_that_say_nothing_are_none_and_are_replayed_as_an_empty_object(
    dialect: DialectCase, text: str
) -> None:
    meant = {} if text in NOTHING else {"a": 1}
    for pieces in ((text,), tuple(text), ("", text, "")):
        for response in said_as(dialect, pieces):
            (call,) = response.tool_calls
            assert call.parse() == meant
            assert call.arguments in {"", json.dumps(meant)}


def in_both_forms(sent: Call, order: str) -> Iterator[Json]:
    """Yield the chunks of one call, each in the older form too, as llama-cpp-python sends it."""
    for number, piece in enumerate(sent.pieces):
        function = {"name": sent.name, "arguments": piece} if order == "named" or not number else {"arguments": piece}
        newer = {"tool_calls": [{"index": 0, "id": sent.call_id, "type": "function", "function": function}]}
        older = {"function_call": function}
        if order == "older first":
            yield from (_delta(**older), _delta(**newer))
        elif order == "newer first":
            yield from (_delta(**newer), _delta(**older))
        else:
            yield _delta(**older, **newer)
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}


@pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("order", ["named", "together", "older first", "newer first"])
@pytest.mark.parametrize("pieces", [('{"a": 1}',), ('{"a"', ": 1", "}"), ("{}", '{"a": 1}'), ("", '{"a": 1}')])
def test_a_call_in_both_forms_is_one(dialect: DialectCase, order: str, pieces: tuple[str, ...]) -> None:
    sent = Call("c", "f", {"a": 1}, pieces)
    check(read(dialect, in_both_forms(sent, order)), [sent])


@pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("text", ['{"a": 1}', '{"a":1}', "", None])
def test_a_whole_call_in_both_forms_is_one(dialect: DialectCase, text: str | None) -> None:
    sent = [Call("c", "f", {"a": 1}, ()), Call("d", "g", {"a": 1}, ())]
    body = whole_chat(sent, lambda call: json.dumps(call.arguments))
    body["choices"][0]["message"]["function_call"] = {"name": "f", "arguments": text}
    response = decoded(dialect, json.dumps(body).encode())
    assert isinstance(response, Response)
    check(response, sent)


@pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("other", [{"name": "g", "arguments": '{"a": 1}'}, {"name": "f", "arguments": '{"a": 2}'}])
def test_another_call_in_the_older_form_is_another(dialect: DialectCase, other: Json) -> None:
    body = whole_chat([Call("c", "f", {"a": 1}, ())], lambda call: json.dumps(call.arguments))
    body["choices"][0]["message"]["function_call"] = other
    response = decoded(dialect, json.dumps(body).encode())
    assert isinstance(response, Response)
    assert [call.name for call in response.tool_calls] == ["f", other["name"]]
