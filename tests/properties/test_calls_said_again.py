"""A call whose beginning a server says again is one call with all of its arguments, in every dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings, strategies as st

from conformance.bedrock_server import CONVERSE
from conformance.cohere_server import COHERE
from dragoman import (
    ArgumentsDelta,
    Event,
    PartStart,
    PartUpdate,
    Response,
    Seal,
    SealUpdate,
    Text,
    TextDelta,
    ToolCall,
    Usage,
    UsageSnapshot,
)
from dragoman.http import CallArguments
from dragoman.http.repeated_calls import CallsSaidOnce
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES
from fuzz.dialects import DialectCase
from fuzz.outcome import decoded
from properties.test_calls_of_dialects import (
    CHATS,
    SPEAKERS,
    WHOLES,
    Call,
    Json,
    cohere,
    converse,
    every_dialect,
    messages,
    ollama,
    read,
    responses,
)

START, STOP = "start", "stop"
ONE = {"a": 1}
PLANS = {
    "at once": (START, START, 0, 1, STOP),
    "between": (START, 0, START, 1, STOP),
    "before its end": (START, 0, 1, START, STOP),
    "after its end": (START, 0, 1, STOP, START, STOP),
    "after an end without arguments": (START, STOP, START, 0, 1, STOP),
    "after an end without arguments, whole": (START, STOP, START, "all", STOP),
    "after two ends without arguments": (START, STOP, START, STOP, START, 0, 1, STOP),
    "with all again": (START, 0, 1, STOP, START, 0, 1, STOP),
    "with all again in one": (START, 0, 1, STOP, START, "all", STOP),
    "from the beginning": (START, 0, START, 0, 1, STOP),
    "many times": (START, START, 0, START, 1, START, STOP, START, STOP, START, STOP),
}


@frozen
class Wire:
    """Say how the calls of a dialect begin, go on and stop.

    Args:
        start: the beginning of a call at a place, with arguments so far.
        piece: more of its arguments.
        stop: its end.
        whole: the whole call at once, for a dialect without pieces.
        so_far: whether a beginning has room for arguments that are not complete.

    """

    start: Callable[[int, Call, str], Json]
    piece: Callable[[int, str], Json]
    stop: Callable[[int, Call], Json | None]
    end: Sequence[Json]
    beginning: Sequence[Json] = ()
    so_far: bool = True


def ends(events: Iterator[Json], count: int) -> list[Json]:
    return [*events][-count:]


NONE: list[Call] = []
_CHAT_END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}


def chat_wire(*, indexed: bool) -> Wire:
    def chunk(place: int, **call: Any) -> Json:
        at = {"index": place} if indexed else {}
        return {"choices": [{"index": 0, "delta": {"tool_calls": [{**at, **call}]}, "finish_reason": None}]}

    def start(place: int, call: Call, said: str) -> Json:
        return chunk(place, id=call.call_id, type="function", function={"name": call.name, "arguments": said})

    def piece(place: int, text: str) -> Json:
        own = {} if indexed else {"id": f"c{place}"}
        return chunk(place, **own, function={"arguments": text})

    return Wire(start, piece, lambda place, call: None, [_CHAT_END])


def responses_wire(*, has_item_ids: bool) -> Wire:
    def item(place: int, call: Call, said: str) -> Json:
        own = {"id": f"fc_{place}"} if has_item_ids else {}
        made = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": said}
        return {"output_index": place, "item": {**own, **made}}

    def piece(place: int, text: str) -> Json:
        own = {"item_id": f"fc_{place}"} if has_item_ids else {}
        return {"type": "response.function_call_arguments.delta", "output_index": place, **own, "delta": text}

    return Wire(
        lambda place, call, said: {"type": "response.output_item.added", **item(place, call, said)},
        piece,
        lambda place, call: {
            "type": "response.output_item.done",
            **item(place, call, json.dumps(call.arguments) if place % 2 else ""),
        },
        ends(responses(NONE), 1),
    )


def messages_start(place: int, call: Call, said: str) -> Json:
    block = {"type": "tool_use", "id": call.call_id, "name": call.name, "input": json.loads(said or "{}")}
    return {"type": "content_block_start", "index": place, "content_block": block}


def messages_piece(place: int, text: str) -> Json:
    delta = {"type": "input_json_delta", "partial_json": text}
    return {"type": "content_block_delta", "index": place, "delta": delta}


def cohere_event(kind: str, place: int, call: Json) -> Json:
    return {"type": kind, "index": place, "delta": {"message": {"tool_calls": call}}}


def cohere_start(place: int, call: Call, said: str) -> Json:
    made = {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": said}}
    return cohere_event("tool-call-start", place, made)


def converse_start(place: int, call: Call, said: str) -> Json:
    del said  # there is no room for it
    made = {"toolUse": {"toolUseId": call.call_id, "name": call.name}}
    return {"contentBlockStart": {"contentBlockIndex": place, "start": made}}


def converse_piece(place: int, text: str) -> Json:
    return {"contentBlockDelta": {"contentBlockIndex": place, "delta": {"toolUse": {"input": text}}}}


WIRES: dict[str, dict[str, Wire]] = {
    CHAT.name: {"indexed": chat_wire(indexed=True), "with ids alone": chat_wire(indexed=False)},
    RESPONSES.name: {
        "with item ids": responses_wire(has_item_ids=True),
        "without item ids": responses_wire(has_item_ids=False),
    },
    MESSAGES.name: {
        "": Wire(
            messages_start,
            messages_piece,
            lambda place, call: {"type": "content_block_stop", "index": place},
            ends(messages(NONE), 2),
            beginning=[next(messages(NONE))],
            so_far=False,
        )
    },
    COHERE.name: {
        "": Wire(
            cohere_start,
            lambda place, text: cohere_event("tool-call-delta", place, {"function": {"arguments": text}}),
            lambda place, call: {"type": "tool-call-end", "index": place},
            ends(cohere(NONE), 1),
        )
    },
    CONVERSE.name: {
        "": Wire(
            converse_start,
            converse_piece,
            lambda place, call: {"contentBlockStop": {"contentBlockIndex": place}},
            ends(converse(NONE), 2),
            so_far=False,
        )
    },
}
CASES = [
    pytest.param(case, wire, id=f"{name} {how}".strip())
    for name, case in SPEAKERS.items()
    for how, wire in WIRES.get(case.server_dialect.name, {}).items()
]


def said(wire: Wire, place: int, call: Call, plan: tuple[Any, ...], *, so_far: bool) -> Iterator[Json]:
    """Yield the events of one call as a plan has it, in which beginnings may hold the arguments so far."""
    text = json.dumps(call.arguments)
    cut = len(text) // 2
    pieces = {0: text[:cut], 1: text[cut:], "all": text}
    arrived = ""
    for step in plan:
        if step == START:
            complete = arrived == text
            yield wire.start(place, call, arrived if so_far and arrived and (wire.so_far or complete) else "")
        elif step == STOP:
            if (event := wire.stop(place, call)) is not None:
                yield event
        else:
            arrived = pieces[step] if step == "all" or (step == 0 and arrived == text) else arrived + pieces[step]
            yield wire.piece(place, pieces[step])


def check(response: Response, sent: list[Call]) -> None:
    made = [(call.call_id, call.name, call.parse()) for call in response.tool_calls]
    assert made == [(call.call_id, call.name, call.arguments) for call in sent]


@pytest.mark.parametrize(("dialect", "wire"), CASES)
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
@pytest.mark.parametrize("so_far", [False, True])
@pytest.mark.parametrize("in_turns", [False, True])
def test_it_is_one(dialect: DialectCase, wire: Wire, plan: tuple[Any, ...], *, so_far: bool, in_turns: bool) -> None:
    arguments = {"a": {"b": [1, "}{"]}, "c": ""}
    sent = [Call(f"c{place}", name, arguments, ()) for place, name in enumerate(["f", "g", "f"])]
    told = [[*said(wire, place, call, plan, so_far=so_far)] for place, call in enumerate(sent)]
    turns = [each[at] for at in range(len(told[0])) for each in told] if in_turns else []
    events = turns or [event for each in told for event in each]
    check(read(dialect, iter([*wire.beginning, *events, *wire.end])), sent)


def as_text(event: Any) -> Any:
    """Return an event in which all positions are texts, as some gateways write them."""
    if isinstance(event, list):
        return [as_text(each) for each in event]
    if not isinstance(event, dict):
        return event
    return {
        name: str(each) if "ndex" in name and isinstance(each, int) else as_text(each) for name, each in event.items()
    }


@pytest.mark.parametrize(("dialect", "wire"), CASES)
def test_positions_may_be_texts(dialect: DialectCase, wire: Wire) -> None:
    sent = [Call(f"c{place}", name, {"a": place}, ()) for place, name in enumerate(["f", "g", "f"])]
    told = [[*said(wire, place, call, (START, 0, 1, STOP), so_far=False)] for place, call in enumerate(sent)]
    events = [each[at] for at in range(len(told[0])) for each in told]
    check(read(dialect, iter([*wire.beginning, *map(as_text, events), *wire.end])), sent)


@pytest.mark.parametrize(("dialect", "wire"), CASES)
def test_calls_without_arguments_end_at_one_place(dialect: DialectCase, wire: Wire) -> None:
    sent = [Call(f"c{place}", name, {}, ()) for place, name in enumerate(["f", "g"])]
    told = [event for call in sent for event in said(wire, 0, call, (START, STOP), so_far=False)]
    check(read(dialect, iter([*wire.beginning, *told, *wire.end])), sent)


ELSEWHERE = [case for case in CASES if not case.id.endswith("with ids alone")]
TWICE = {
    "sequence": ((0, START, 0, 1, STOP), (1, START, 0, 1, STOP)),
    "whole": ((0, START, "all", STOP), (1, START, "all", STOP)),
    "last without arguments": ((0, START, "all", STOP), (1, START, STOP)),
    "announced": ((0, START, STOP), (1, START, 0, 1, STOP)),
}


@pytest.mark.parametrize(("dialect", "wire"), ELSEWHERE)
@pytest.mark.parametrize("plan", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("others", [0, 2])
def test_at_another_place_it_is_one(dialect: DialectCase, wire: Wire, plan: Any, others: int) -> None:
    """A call with the id, the name and the arguments of one before is that one, wherever a dialect puts it."""
    same = Call("c", "f", ONE, ())
    rest = [Call(f"d{place}", "g", {"b": place}, ()) for place in range(others)]
    told = [
        event for place, call in enumerate(rest) for event in said(wire, place, call, (START, 0, 1, STOP), so_far=False)
    ]
    for place, *steps in plan:
        told += said(wire, others + place, same, tuple(steps), so_far=False)
    check(read(dialect, iter([*wire.beginning, *told, *wire.end])), [*rest, same])


@pytest.mark.parametrize(("dialect", "wire"), ELSEWHERE)
@pytest.mark.parametrize("in_turns", [False, True])
@pytest.mark.parametrize("names", ["ff", "fg"])
def test_other_arguments_or_another_name_are_another_call(
    dialect: DialectCase, wire: Wire, names: str, *, in_turns: bool
) -> None:
    sent = [Call("c", name, {"a": place}, ()) for place, name in enumerate(names)]
    told = [[*said(wire, place, call, (START, 0, 1, STOP), so_far=False)] for place, call in enumerate(sent)]
    turns = [each[at] for at in range(len(told[0])) for each in told] if in_turns else []
    events = turns or [event for each in told for event in each]
    response = read(dialect, iter([*wire.beginning, *events, *wire.end]))
    assert [(call.name, call.parse()) for call in response.tool_calls] == [
        (name, {"a": place}) for place, name in enumerate(names)
    ]
    assert len({call.call_id for call in response.tool_calls}) == len(sent)


SAME_OR_NOT = st.tuples(st.sampled_from("cd"), st.sampled_from("fg"), st.sampled_from([ONE, {"a": 2}, {"b": "}{"}]))


@pytest.mark.parametrize(("dialect", "wire"), ELSEWHERE)
@settings(max_examples=40, deadline=None)
@given(drawn=st.lists(SAME_OR_NOT, min_size=1, max_size=5))
def test_a_stream_has_the_calls_of_the_whole_answer(dialect: DialectCase, wire: Wire, drawn: list[Any]) -> None:
    sent = [Call(*each, ()) for each in drawn]
    told = [event for at, call in enumerate(sent) for event in said(wire, at, call, (START, 0, 1, STOP), so_far=False)]
    body = WHOLES[dialect.server_dialect.name](sent, lambda call: json.dumps(call.arguments))
    whole = decoded(dialect, json.dumps(body).encode())
    assert isinstance(whole, Response)
    streamed = read(dialect, iter([*wire.beginning, *told, *wire.end]))
    found = [[(call.name, call.parse()) for call in each.tool_calls] for each in (streamed, whole)]
    assert found[0] == found[1]
    assert len(found[0]) == len({json.dumps(each) for each in drawn})


def test_what_follows_on_a_call_that_was_left_out() -> None:
    """The parts after it are counted without it, and what still comes for it adds nothing."""
    call = ToolCall(name="f", call_id="c", arguments="")
    late = [ArgumentsDelta(2, "{}"), SealUpdate(2, Seal(issuer="s")), TextDelta(3, "ends"), UsageSnapshot(Usage())]
    events: list[Event] = [
        PartStart(0, call),
        ArgumentsDelta(0, '{"a": 1}'),
        SealUpdate(0, Seal(issuer="s")),
        PartStart(1, ToolCall(name="f", call_id="c", arguments='{"a": 1}', server_side=True)),
        PartStart(2, call),
        PartUpdate(2, ToolCall(name="f", call_id="c", arguments='{"a": 1}')),
        PartUpdate(2, ToolCall(name="f", call_id="c", arguments="", id="own")),
        PartStart(3, Text(text="")),
        *late,
    ]
    told = CallsSaidOnce().of(events, is_last=True)
    assert told == [*events[:4], PartStart(2, Text(text="")), TextDelta(2, "ends"), UsageSnapshot(Usage())]


def whole_calls(dialect: DialectCase, sent: list[Call]) -> Iterator[Json]:
    """Yield each call in an event of its own, for the dialects that have no pieces."""
    kind = dialect.server_dialect
    for call in sent:
        if kind is GEMINI:
            part = {"functionCall": {"id": call.call_id, "name": call.name, "args": call.arguments}}
            yield {"candidates": [{"content": {"parts": [part]}}]}
        else:
            yield next(ollama([call]))
    yield {"candidates": [{"finishReason": "STOP"}]} if kind is GEMINI else [*ollama(NONE)][-1]


WHOLE = {name: case for name, case in SPEAKERS.items() if case.server_dialect.name in {GEMINI.name, "ollama"}}
SAID = {
    "again": ([("c", "f", ONE), ("c", "f", ONE)], [("f", ONE)]),
    "without arguments again": ([("c", "f", ONE), ("c", "f", {})], [("f", ONE)]),
    "announced": ([("c", "f", {}), ("c", "f", ONE)], [("f", ONE)]),
    "announced, and again": (
        [("c", "f", {}), ("d", "g", {}), ("c", "f", ONE), ("c", "f", ONE)],
        [("f", ONE), ("g", {})],
    ),
    "without arguments": ([("c", "f", {}), ("c", "f", {})], [("f", {})]),
    "of other arguments": ([("c", "f", ONE), ("c", "f", {"a": 2})], [("f", ONE), ("f", {"a": 2})]),
    "of another name": ([("c", "f", ONE), ("c", "g", ONE)], [("f", ONE), ("g", ONE)]),
    "of another id": ([("c", "f", ONE), ("d", "f", ONE)], [("f", ONE), ("f", ONE)]),
    "without ids": ([("", "f", ONE), ("", "f", ONE)], [("f", ONE), ("f", ONE)]),
}
every_way = pytest.mark.parametrize("way", SAID.values(), ids=SAID)


@pytest.mark.parametrize("dialect", WHOLE.values(), ids=WHOLE)
@every_way
def test_of_a_stream_of_whole_calls(dialect: DialectCase, way: Any) -> None:
    told, made = way
    response = read(dialect, whole_calls(dialect, [Call(*each, ()) for each in told]))
    assert [(call.name, call.parse()) for call in response.tool_calls] == made
    assert len({call.call_id for call in response.tool_calls}) == len(made)


@every_dialect
@every_way
def test_of_a_whole_answer(dialect: DialectCase, way: Any) -> None:
    told, made = way
    sent = [Call(*each, ()) for each in told]
    body = WHOLES[dialect.server_dialect.name](sent, lambda call: json.dumps(call.arguments))
    response = decoded(dialect, json.dumps(body).encode())
    assert isinstance(response, Response)
    assert [(call.name, call.parse()) for call in response.tool_calls] == made
    assert len({call.call_id for call in response.tool_calls}) == len(made)


def fragments(*told: Json | list[Json]) -> Iterator[Json]:
    """Yield a chunk for each fragment, or for several that arrive together."""
    for each in told:
        calls = each if isinstance(each, list) else [each]
        yield {"choices": [{"index": 0, "delta": {"tool_calls": calls}, "finish_reason": None}]}
    yield _CHAT_END


def function(name: str | None, text: str | None, **own: Any) -> Json:
    return {**own, "function": {"name": name, "arguments": text}}


NAMED = {
    "in pieces, with the id": (
        [
            function("get", "", index=0, id="c"),
            function("_weather", "", index=0, id="c"),
            function(None, "{}", index=0),
        ],
        ["get_weather"],
    ),
    "in pieces, with the id and the type": (
        [
            function("get", None, index=0, id="c", type="function"),
            function("Weather", '{"a"', index=0, id="c", type="function"),
            function(None, ": 1}", index=0, id="c", type="function"),
        ],
        ["getWeather"],
    ),
    "all so far, with the id alone": (
        [function("get", "", id="c"), function("get_weather", '{"a": 1}', id="c")],
        ["get_weather"],
    ),
    "in pieces that could be names, with the id": (
        [
            function("calc", "", index=0, id="c"),
            function("ulate", "", index=0, id="c"),
            function(None, '{"a": 1}', index=0, id="c"),
        ],
        ["calculate"],
    ),
    "in pieces that could be names, with the id alone": (
        [function("calc", None, id="c", type="function"), function("ulate", '{"a": 1}', id="c", type="function")],
        ["calculate"],
    ),
    "of two calls with one id, without arguments": (
        [function("now", "{}", id="c"), function("today", "{}", id="c")],
        ["now", "today"],
    ),
    "in each fragment": ([function("f", '{"a"'), function("f", ": "), function("f", "1}")], ["f"]),
    "in each fragment, before its arguments": ([function("f", ""), function("f", '{"a": 1}')], ["f"]),
    "in each fragment, in turns": (
        [function("f", '{"a"'), function("g", '{"a"'), function("f", ": 1}"), function("g", ": 1}")],
        ["f", "g"],
    ),
    "of two complete calls": ([function("f", '{"a": 1}'), function("f", '{"a": 1}')], ["f", "f"]),
    "of two calls with one id": (
        [function("f", '{"a": 1}', id="c"), function("g", '{"a": 1}', id="c")],
        ["f", "g"],
    ),
    "of two calls at one index": (
        [function("f", '{"a": 1}', index=0, id="c"), function("g", '{"a": 1}', index=0, id="c")],
        ["f", "g"],
    ),
    "of two calls with one id and name": (
        [function("f", '{"a": 1}', index=0, id="c"), function("f", '{"a": 1}', index=1, id="c")],
        ["f"],
    ),
    "of two calls at one index, without arguments, in one chunk": (
        [[function("now", None, index=0, id="c"), function("today", None, index=0, id="c")]],
        ["now", "today"],
    ),
    "of two calls at one index, without ids, in one chunk": (
        [[function("now", "", index=0), function("today", "", index=0)], function(None, '{"a": 1}', index=0)],
        ["now", "today"],
    ),
    "of two calls at one index, without arguments, in two chunks: one name in pieces": (
        [function("now", None, index=0, id="c"), function("today", None, index=0, id="c")],
        ["nowtoday"],
    ),
    "at positions as text": (
        [
            function("f", "", index="0", id="c"),
            function("g", "", index="1", id="d"),
            function(None, '{"a": 1}', index="0"),
            function(None, '{"a": 1}', index="1"),
        ],
        ["f", "g"],
    ),
}


@pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)
@pytest.mark.parametrize("way", NAMED.values(), ids=NAMED)
def test_names_of_chat_completions(dialect: DialectCase, way: tuple[list[Json | list[Json]], list[str]]) -> None:
    told, names = way
    response = read(dialect, fragments(*told))
    assert [call.name for call in response.tool_calls] == names
    assert all(call.parse() in ({}, ONE) for call in response.tool_calls)
    assert len({call.call_id for call in response.tool_calls}) == len(names)


PLACED = [case for case in CASES if case.id.split()[0] in {"anthropic.messages", "bedrock.converse_stream"}]


@pytest.mark.parametrize(("dialect", "wire"), PLACED)
@pytest.mark.parametrize("first", [{}, {"a": 2}])
def test_another_call_after_the_end_of_one_is_another(dialect: DialectCase, wire: Wire, first: Json) -> None:
    sent = [Call("c", "f", first, ()), Call("c", "f", {"a": 1}, ())]
    events = [event for call in sent for event in said(wire, 0, call, (START, 0, 1, STOP), so_far=False)]
    response = read(dialect, iter([*wire.beginning, *events, *wire.end]))
    assert [call.parse() for call in response.tool_calls] == [first, {"a": 1}]
    assert len({call.call_id for call in response.tool_calls}) == 2


@pytest.mark.parametrize(("dialect", "wire"), PLACED)
def test_a_fragment_of_no_call_adds_nothing(dialect: DialectCase, wire: Wire) -> None:
    sent = Call("c", "f", ONE, ())
    events = [*said(wire, 0, sent, (START, 0, 1, STOP), so_far=False)]
    never_begun = [wire.piece(7, "{}")] if dialect.server_dialect is CONVERSE else []
    after = [event for event in [wire.stop(0, sent), wire.piece(0, "{}"), *never_begun] if event is not None]
    check(read(dialect, iter([*wire.beginning, *events, *after, *wire.end])), [sent])


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        (['{"a": {"b', "!", '{"a"', ': {"b": 1}}'], '{"a": {"b": 1}}'),
        (['{"a": 1}', '{"a"', ": 2}"], '{"a": 1}{"a": 2}'),
        (['{"a": [', "!", '{"b": 1}]}'], '{"a": [{"b": 1}]}'),
        (['{"a": [', "!", '{"a', '": 1}]}'], '{"a": [{"a": 1}]}'),
        (['{"a": [', "!", '{"', 'b": 1}]}'], '{"a": [{"b": 1}]}'),
        (['{"a": ', "!", '{"a": ', "1}"], '{"a": 1}'),
        (['{"a": ', "!", '{"a": ', "1}}"], '{"a": {"a": 1}}'),
        (['{"a": ', "!", '{"a": ', "1", "}", "!", '{"a": 1}'], '{"a": 1}'),
        (['{"a": ', *["!", '{"a": '] * 20, "1}"], None),
        (['{"a"', *["!", "{"] * 20, ": 1}"], None),
    ],
)
def test_arguments_said_again_in_pieces(told: list[str], whole: str | None) -> None:
    arguments, text = CallArguments(), ""
    for piece in told:
        if piece == "!":
            arguments.begin_again()
        else:
            text += arguments.add(piece)
    text += arguments.close()
    assert arguments.text == text
    assert whole in {None, text}
