"""extract(T) asks what generate(output=T) asks, and reads what parse(T) reads."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from core.scripted import Scripted, say
from dragoman import (
    AUTO,
    LLM,
    NO,
    Capabilities,
    ChatRequest,
    Finish,
    InvalidRequestError,
    LLMConfig,
    Message,
    OutputError,
    OutputFormat,
    OutputValidationError,
    Reasoning,
    Refusal,
    RefusalError,
    Text,
    Tool,
    ToolCall,
    TruncatedOutputError,
    UnsupportedError,
    build_response,
)

WAYS: dict[str, Capabilities] = {
    "schema": Capabilities(),
    "tool": Capabilities(json_schema=NO, schema_fallback=("tool", "json")),
    "json": Capabilities(json_schema=NO, schema_fallback=("json",)),
    "text": Capabilities(json_schema=NO, json_mode=NO, tools=NO, schema_fallback=("tool", "text")),
}
"""Models by the way in which they are asked for a value."""


@frozen
class City:
    name: str


@frozen
class Node:
    child: Node | None = None


def reply(text: str, reason: str = "stop") -> Any:
    return build_response([Reasoning(text="hm"), Text(text=text)], Finish(reason=reason))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [City, Node, list[City], int, int | str])
@pytest.mark.parametrize("more", [{}, {"tools": [Tool(name="City")]}])
async def test_it_asks_what_generate_asks(scripted: Scripted, way: str, kind: Any, more: dict[str, Any]) -> None:
    scripted.accepts = attrs_without_tools(WAYS[way]) if more and way == "text" else WAYS[way]
    scripted.script = [say("no JSON"), say("no JSON")]
    llm = LLM(LLMConfig(model="scripted/m"))
    with pytest.raises(OutputValidationError):
        await llm.extract(kind, "Hi", seed=5, repairs=0, **more)
    await llm.generate("Hi", output=kind, seed=5, **more)
    one, other = scripted.asked
    assert one == other
    assert isinstance(one, ChatRequest)
    assert (one.output.kind == "json_schema") == (way == "schema")


def attrs_without_tools(_: Capabilities) -> Capabilities:
    return Capabilities(json_schema=NO, json_mode=NO, schema_fallback=("text",))


async def test_a_model_with_tools_is_made_to_call_one(scripted: Scripted) -> None:
    scripted.accepts = WAYS["tool"]
    made = ToolCall(name="give_answer", call_id="2", arguments='{"name": "Bern"}')
    scripted.script = [build_response([made], Finish(reason="tool_calls"))]
    assert await LLM(LLMConfig(model="scripted/m")).extract(City, "Hi") == City("Bern")
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert [tool.name for tool in request.tools] == ["give_answer"]
    assert request.settings.parallel_tool_calls is False


async def test_the_callers_own_tools_are_kept_and_may_be_called(scripted: Scripted) -> None:
    scripted.accepts = WAYS["tool"]
    called = ToolCall(name="City", call_id="1", arguments="{}")
    scripted.script = [build_response([called], Finish(reason="tool_calls"))]
    with pytest.raises(OutputError, match="City"):
        await LLM(LLMConfig(model="scripted/m")).extract(City, "Hi", tools=[Tool(name="City")])
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert [tool.name for tool in request.tools] == ["City", "give_answer"]
    assert (request.tool_choice.kind, request.settings.parallel_tool_calls) == ("required", None)


@pytest.mark.parametrize("text", ['{"name": "Bern"}', '```json\n{"name": "Bern"}\n```', ' ```\n{"name": "Bern"}```\n'])
async def test_any_other_model_is_told_in_words(scripted: Scripted, text: str) -> None:
    scripted.accepts = WAYS["text"]
    scripted.script = [say(text)]
    assert await LLM(LLMConfig(model="scripted/m")).extract(City, "Hi") == City("Bern")
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert request.tool_choice is AUTO
    assert request.messages[-1] == Message("user", "Hi")
    assert '"required": ["name"]' in request.messages[0].content


@pytest.mark.parametrize("way", [way for way in WAYS if way != "schema"])
@pytest.mark.parametrize("policy", ["raise", "warn"])
async def test_the_policy_holds_for_it(scripted: Scripted, way: str, policy: Any) -> None:
    scripted.accepts = WAYS[way]
    scripted.script = [say('{"name": "Bern"}')]
    asking = LLM(LLMConfig(model="scripted/m")).extract(City, "Hi", on_unsupported=policy)
    if policy == "raise":
        with pytest.raises(UnsupportedError, match="cannot be held to this output schema"):
            await asking
    else:
        with pytest.warns(UserWarning, match="output schema"):
            assert await asking == City("Bern")
    assert len(scripted.asked) == (policy == "warn")


@pytest.mark.parametrize("output", ["json", OutputFormat("json_schema", schema={"type": "object"})])
async def test_it_takes_no_other_format(scripted: Scripted, output: Any) -> None:
    with pytest.raises(InvalidRequestError, match="leave output= out"):
        await LLM(LLMConfig(model="scripted/m")).extract(City, "Hi", output=output)
    assert not scripted.asked


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (list[int], '{"value": [1, 2]}', [1, 2]),
        (int | str, '{"value": "a"}', "a"),
        (list[City], '{"value": [{"name": "Bern"}]}', [City("Bern")]),
        (Node, '{"child": {"child": null}}', Node(Node())),
        (list[int], "[1, 2]", [1, 2]),
    ],
)
async def test_what_is_no_object_is_wrapped_in_one(scripted: Scripted, kind: Any, text: str, value: object) -> None:
    scripted.script = [reply(text)]
    assert await LLM(LLMConfig(model="scripted/m")).extract(kind, "Hi") == value
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    assert request.output.schema is not None
    assert request.output.schema["type"] == "object"


async def test_definitions_stay_outside_of_the_wrapping(scripted: Scripted) -> None:
    scripted.script = [reply("[]")]
    await LLM(LLMConfig(model="scripted/m")).extract(list[City], "Hi")
    (request,) = scripted.asked
    assert isinstance(request, ChatRequest)
    schema: Any = request.output.schema
    assert "$defs" in schema
    assert "$defs" not in str(schema["properties"]["value"]).replace("#/$defs", "")


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (reply("Sure!"), OutputValidationError, "not JSON"),
        (reply("[" * 100_000), OutputValidationError, "not JSON"),
        (reply('{"valeu": [1]}'), OutputValidationError, "does not fit list"),
        (reply('{"value": [1', "length"), TruncatedOutputError, "cut"),
        (build_response([Refusal(text="no")], Finish(reason="stop")), RefusalError, "declined"),
    ],
)
async def test_an_answer_without_a_value_is_an_error(scripted: Scripted, answer: Any, error: Any, words: str) -> None:
    scripted.script = [answer]
    with pytest.raises(error, match=words):
        await LLM(LLMConfig(model="scripted/m")).extract(list[int], "Hi", repairs=0)
