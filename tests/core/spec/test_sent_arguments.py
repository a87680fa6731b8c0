"""Arguments of calls arrive in the form of the tool's own schema, in whatever form they were asked for."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, strategies as st

from core.scripted import FakeClock, Scripted
from dragoman import (
    NO,
    ArgumentsDelta,
    CallContext,
    Capabilities,
    ChatRequest,
    Finish,
    HistoryRules,
    Message,
    Origin,
    OutputFormat,
    PartStart,
    PartStop,
    PartUpdate,
    ResponseSnapshot,
    SchemaRules,
    ServerTool,
    StreamEnd,
    Tool,
    ToolCall,
    ToolResult,
    assemble,
    build_response,
)
from dragoman.client.managed_provider import ManagedProvider
from dragoman.spec.member_names import coded_names, coded_schema, with_member_names
from dragoman.spec.retry_policy import RetryPolicy

STRICT = Capabilities(tool_schema=SchemaRules(all_required=True))
LETTERS = "[a-zA-Z0-9_.-]"
NAMED = Capabilities(json_schema=NO, history=HistoryRules(member_letters=LETTERS))
INNER = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
SEARCH: Any = {
    "type": "object",
    "properties": {
        "q": {"type": "string"},
        "limit": {"type": "integer"},
        "mark": {"type": ["string", "null"]},
        "kind": {"enum": ["a", None]},
        "inner": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
    },
    "required": ["q"],
}
ROOM: Any = {
    "type": "object",
    "properties": {"größe": {"$ref": "#/$defs/Size"}, "the name": {"type": "string"}, "plain": {"type": "string"}},
    "required": ["größe", "plain"],
    "$defs": {"Size": {"type": "object", "properties": {"länge": {"type": "integer", "enum": [1, 2]}}}},
}
FINISH = Finish(reason="tool_calls")


def guarded(provider: Scripted) -> ManagedProvider:
    return ManagedProvider(provider, Origin(), RetryPolicy(retries=0), None)


def ask(*tools: Tool | ServerTool, **more: Any) -> ChatRequest:
    return ChatRequest(model="m", messages=(Message("user", "q"),), tools=tools, **more)


def pieces(call: ToolCall, *, stopped: bool) -> list[Any]:
    half = len(call.arguments) // 2
    stop = [PartStop(0)] if stopped else []
    start = PartStart(0, evolve(call, arguments=""))
    deltas = [ArgumentsDelta(0, call.arguments[:half]), ArgumentsDelta(0, call.arguments[half:])]
    return [start, *deltas, *stop, ResponseSnapshot(finish=FINISH)]


async def answered(clock: FakeClock, provider: Scripted, request: ChatRequest) -> tuple[Any, Any]:
    """Return an answer whole and streamed; they must be the same."""
    guard = guarded(provider)
    whole = await guard.chat(request, CallContext(clock=clock))
    async with guard.stream(request, CallContext(clock=clock)) as stream:
        *events, end = [event async for event in stream]
    assert isinstance(end, StreamEnd)
    assert (end.response.message, end.response.finish) == (whole.message, whole.finish)
    assert assemble(events) == end.response
    return whole, provider.asked[0]


@pytest.mark.parametrize("stopped", [True, False])
@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ('{"q": "x", "limit": null, "mark": null}', {"q": "x", "mark": None}),
        ('{"q": "x", "kind": null, "inner": {"a": null, "b": 1}}', {"q": "x", "kind": None, "inner": {"b": 1}}),
        ('{"q": null}', {"q": None}),
        ('{"q": "x", "other": null}', {"q": "x", "other": None}),
    ],
)
async def test_null_for_what_need_not_be_there_is_absence(
    clock: FakeClock, sent: str, seen: Any, *, stopped: bool
) -> None:
    call = ToolCall(name="search", call_id="c", arguments=sent)
    provider = Scripted(build_response([call], FINISH), pieces(call, stopped=stopped), capabilities=STRICT)
    whole, asked = await answered(clock, provider, ask(Tool(name="search", schema=SEARCH, strict=True)))
    assert whole.tool_calls[0].parse() == seen
    assert asked.tools[0].strict is not None


@pytest.mark.parametrize("arguments", ['{"q":  "x"}', '{"q": ', ""])
async def test_arguments_without_such_a_null_stay_as_they_are(clock: FakeClock, arguments: str) -> None:
    call = ToolCall(name="search", call_id="c", arguments=arguments)
    provider = Scripted(build_response([call], FINISH), pieces(call, stopped=True), capabilities=STRICT)
    whole, _ = await answered(clock, provider, ask(Tool(name="search", schema=INNER | SEARCH, strict=True)))
    assert whole.tool_calls == (call,)


async def test_a_tool_that_is_not_strict_may_get_null(clock: FakeClock) -> None:
    call = ToolCall(name="search", call_id="c", arguments='{"limit": null}')
    provider = Scripted(build_response([call], FINISH), pieces(call, stopped=True), capabilities=STRICT)
    request = ask(Tool(name="search", schema=SEARCH), ServerTool(id="scripted.web"))
    whole, _ = await answered(clock, provider, request)
    assert whole.tool_calls == (call,)


async def test_an_update_replaces_what_was_kept_back(clock: FakeClock) -> None:
    call = ToolCall(name="search", call_id="c", arguments='{"q": "x", "limit": null}')
    start = PartStart(0, evolve(call, arguments="{"))
    events = [start, PartUpdate(0, call), PartUpdate(0, evolve(call, arguments="")), ResponseSnapshot(finish=FINISH)]
    provider = Scripted(build_response([call], FINISH), events, capabilities=STRICT)
    whole, _ = await answered(clock, provider, ask(Tool(name="search", schema=SEARCH, strict=True)))
    assert whole.tool_calls[0].parse() == {"q": "x"}


async def test_members_are_sent_in_the_letters_of_the_vendor_and_seen_in_their_own(clock: FakeClock) -> None:
    sent = '{"gr_xf6__xdf_e": {"l_xe4_nge": 1}, "the_x20_name": "x", "plain": "größe"}'
    call = ToolCall(name="room", call_id="c", arguments=sent)
    provider = Scripted(build_response([call], FINISH), pieces(call, stopped=False), capabilities=NAMED)
    earlier = ToolCall(name="room", call_id="1", arguments='{"größe": {"länge": 2}}')
    messages = (
        Message("user", "q"),
        Message("assistant", (earlier, ToolCall(name="f", call_id="2"))),
        Message("tool", [ToolResult(call_id=at, name=name, content="ok") for at, name in (("1", "room"), ("2", "f"))]),
    )
    request = evolve(ask(Tool(name="room", schema=ROOM), Tool(name="f")), messages=messages)
    whole, asked = await answered(clock, provider, request)
    own = {"größe": {"länge": 1}, "the name": "x", "plain": "größe"}
    assert whole.tool_calls[0].parse() == own
    properties = asked.tools[0].schema["properties"]
    assert [*properties] == ["gr_xf6__xdf_e", "the_x20_name", "plain"]
    assert asked.tools[0].schema["required"] == ["gr_xf6__xdf_e", "plain"]
    assert properties["the_x20_name"]["title"] == "the name"
    assert json.loads(asked.messages[1].parts[0].arguments) == {"gr_xf6__xdf_e": {"l_xe4_nge": 2}}
    (note,) = whole.adjustments
    assert (note.kind, note.feature) == ("coerced", "schema of the tool room")
    assert "'größe' is sent as 'gr_xf6__xdf_e'" in note.reason


async def test_an_answer_that_a_tool_gives_has_its_own_members_too(clock: FakeClock) -> None:
    sent = '{"gr_xf6__xdf_e": {"l_xe4_nge": 1}, "plain": "x"}'
    call = ToolCall(name="give_answer", call_id="c", arguments=sent)
    provider = Scripted(build_response([call], FINISH), pieces(call, stopped=True), capabilities=NAMED)
    whole, _ = await answered(clock, provider, ask(output=OutputFormat("json_schema", schema=ROOM)))
    assert json.loads(whole.text) == {"größe": {"länge": 1}, "plain": "x"}


KEYS = st.text(max_size=70)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.just({"type": "string"}),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=3).map(
            lambda members: {"type": "object", "properties": members, "required": [*members], "enum": [{"ö": 1}]}
        )
        | st.lists(inner, min_size=1, max_size=2).map(lambda each: {"anyOf": each})
    ),
    max_leaves=6,
)


def value_of(schema: Any) -> Any:
    if "anyOf" in schema:
        return [value_of(each) for each in schema["anyOf"]]
    return {name: value_of(each) for name, each in schema.get("properties", {}).items()}


@given(SCHEMAS)
def test_coding_is_reversible(schema: Any) -> None:
    coded = coded_names(schema, LETTERS, 64)
    sent = coded_schema(schema, coded)
    value = value_of(schema)
    there = with_member_names(value, coded)
    assert all(re.fullmatch(LETTERS + "{0,64}", name) for name in names_in(there))
    assert [*names_in(value_of(sent))] == [*names_in(there)]
    assert with_member_names(there, {name: own for own, name in coded.items()}) == value
    assert coded_schema(schema, {}) == schema


def names_in(value: Any) -> Any:
    for name, each in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            yield name
        yield from names_in(each)
