from __future__ import annotations

from typing import Any

import pytest
from attrs import frozen

from dragoman import (
    Cap,
    Capabilities,
    ChatRequest,
    Finish,
    Message,
    OutputValidationError,
    Reasoning,
    Refusal,
    RefusalError,
    Support,
    Text,
    ToolCall,
    TruncatedOutputError,
)
from dragoman.client.extraction import Extraction
from dragoman.spec.response import build_response

NO = Cap(support=Support.NO)
REQUEST = ChatRequest(model="m", messages=[Message("user", "Hi")])


@frozen
class City:
    name: str


@frozen
class Node:
    child: Node | None = None


def reply(text: str, reason: str = "stop") -> Any:
    return build_response([Reasoning(text="hm"), Text(text=text)], Finish(reason=reason))


def test_a_model_that_can_is_held_to_the_schema() -> None:
    extraction = Extraction.of(City, Capabilities())
    request = extraction.ask(REQUEST)
    assert (request.output.kind, request.output.name, request.output.schema) == (
        "json_schema",
        "City",
        extraction.schema,
    )
    assert extraction.read(reply('{"name": "Bern"}'), City) == City("Bern")


def test_a_model_with_tools_is_made_to_call_one() -> None:
    extraction = Extraction.of(City, Capabilities(json_schema=NO))
    request = extraction.ask(REQUEST)
    assert [tool.name for tool in request.tools] == ["City"]
    assert (request.tool_choice.kind, request.tool_choice.name) == ("tool", "City")
    calls = [ToolCall(name="other", call_id="1"), ToolCall(name="City", call_id="2", arguments='{"name": "Bern"}')]
    assert extraction.read(build_response(calls, Finish(reason="stop")), City) == City("Bern")


@pytest.mark.parametrize("text", ['{"name": "Bern"}', '```json\n{"name": "Bern"}\n```', ' ```\n{"name": "Bern"}```\n'])
def test_any_other_model_is_told_in_words(text: str) -> None:
    extraction = Extraction.of(City, Capabilities(json_schema=NO, tools=NO))
    request = extraction.ask(REQUEST)
    assert request.messages[0] == REQUEST.messages[0]
    assert '"required": ["name"]' in request.messages[-1].content
    assert extraction.read(reply(text), City) == City("Bern")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (list[int], '{"value": [1, 2]}', [1, 2]),
        (int | str, '{"value": "a"}', "a"),
        (list[City], '{"value": [{"name": "Bern"}]}', [City("Bern")]),
        (Node, '{"child": {"child": null}}', Node(Node())),
    ],
)
def test_what_is_no_object_is_wrapped_in_one(kind: Any, text: str, value: object) -> None:
    extraction = Extraction.of(kind, Capabilities())
    assert extraction.schema["type"] == "object"
    assert extraction.read(reply(text), kind) == value


def test_definitions_stay_outside_of_the_wrapping() -> None:
    schema = Extraction.of(list[City], Capabilities()).schema
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert "$defs" in schema
    assert "$defs" not in str(properties["value"]).replace("#/$defs", "")


def test_an_answer_without_the_wrapping_is_read_too() -> None:
    assert Extraction.of(list[int], Capabilities()).read(reply("[1, 2]"), list[int]) == [1, 2]
    with pytest.raises(OutputValidationError, match="does not fit list"):
        Extraction.of(list[int], Capabilities()).read(reply('{"valeu": [1]}'), list[int])


@pytest.mark.parametrize("text", ["Sure!", "[" * 100_000])
def test_an_answer_that_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(OutputValidationError, match="not JSON"):
        Extraction.of(list[int], Capabilities()).read(reply(text), list[int])


def test_a_cut_or_refused_answer_is_called_that() -> None:
    extraction = Extraction.of(list[int], Capabilities())
    with pytest.raises(TruncatedOutputError):
        extraction.read(reply('{"value": [1', "length"), list[int])
    with pytest.raises(RefusalError):
        extraction.read(build_response([Refusal(text="no")], Finish(reason="stop")), list[int])
