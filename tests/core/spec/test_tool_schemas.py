from __future__ import annotations

from typing import Any

import pytest

from dragoman import InvalidRequestError
from dragoman.spec.tool_schemas import tool_schema

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "n": {"type": "integer"}},
    "required": ["city", "n"],
}
ZIP = {"properties": {"zip": {"type": "string"}, "n": {"type": "string"}}, "required": ["zip", "n"]}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {"type": "object", "properties": {}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        ({"type": "OBJECT", "properties": {}}, {"type": "OBJECT", "properties": {}}),
        ({"type": ["object", "null"], "properties": {}}, {"type": "object", "properties": {}}),
        ({"$ref": "#/$defs/A", "$defs": {"A": CITY}}, {**CITY, "$defs": {"A": CITY}}),
    ],
)
def test_arguments_are_an_object_that_lists_its_members(given: Any, sent: Any) -> None:
    assert tool_schema(given, "f", lists_members=True) == (sent, "")


def test_members_need_not_be_listed_where_the_vendor_does_not_ask() -> None:
    given: Any = {"type": "object"}
    assert tool_schema(given, "f", lists_members=False)[0] is given


def test_alternatives_become_one_object_with_all_members() -> None:
    sent, note = tool_schema({"anyOf": [CITY, ZIP], "description": "d"}, "f", lists_members=True)
    assert sent == {
        "description": "d",
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "n": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "zip": {"type": "string"},
        },
        "required": ["n"],
    }
    assert "anyOf" in note


def test_alternatives_beside_members_and_as_references() -> None:
    given: Any = {
        "type": "object",
        "properties": {"id": {"type": "integer"}},
        "required": ["id"],
        "oneOf": [{"$ref": "#/$defs/A"}, {"required": ["id"]}],
        "$defs": {"A": CITY},
    }
    sent, note = tool_schema(given, "f", lists_members=True)
    assert [*sent["properties"]] == ["id", "city", "n"]  # type: ignore[arg-type, misc]  # JSON of a schema
    assert sent["required"] == ["id"]
    assert "oneOf" in note


@pytest.mark.parametrize(
    "given",
    [
        {"type": "string"},
        {"type": ["string", "null"]},
        {"anyOf": [CITY, {"type": "string"}]},
        {"anyOf": [CITY, {}]},
        {"oneOf": [{"$ref": "#/$defs/missing"}]},
        {"$ref": "#/$defs/A", "$defs": {"A": {"type": "array"}}},
    ],
)
def test_arguments_that_are_no_object_are_refused_with_the_name_of_the_tool(given: Any) -> None:
    with pytest.raises(InvalidRequestError, match="'weather'") as caught:
        tool_schema(given, "weather", lists_members=True)
    assert caught.value.parameter == "tools"


def test_the_parts_of_all_of_are_one_object() -> None:
    schema = {
        "allOf": [
            {"$ref": "#/$defs/X"},
            {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]},
        ],
        "$defs": {"X": {"type": "object", "properties": {"a": {"type": "string"}}}},
    }
    sent, note = tool_schema(schema, "f", lists_members=True)
    assert sent["properties"] == {"a": {"type": "string"}, "b": {"type": "integer"}}
    assert sent["required"] == ["b"]
    assert "allOf" not in sent
    assert "allOf" in note


@pytest.mark.parametrize("described", [{}, {"description": "Search."}])
def test_conditions_are_said_in_the_description(described: dict[str, str]) -> None:
    members = {"type": "object", "properties": {"a": {"type": "string"}}}
    sent, note = tool_schema({**members, **described, "not": {"required": ["a"]}}, "f", lists_members=True)
    assert "not" not in sent
    assert '{"not": {"required": ["a"]}}' in str(sent["description"])
    assert str(sent["description"]).startswith(described.get("description", "{"))
    assert note == "said in the description: not"
