"""Schemas written as in OpenAPI 3.0, draft 4 or by Google reach every vendor in the spelling of today's JSON Schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings, strategies as st

from dragoman import LLM, Tool
from dragoman.spec.schema_spellings import current_schema
from plugins.test_stops_of_vendors import MODELS

TEXT = {"type": "string"}
SPELLINGS: dict[str, tuple[Any, Any]] = {
    "a type in capitals": ({"type": "STRING"}, TEXT),
    "types in capitals": ({"type": ["INTEGER", "NULL"]}, {"type": ["integer", "null"]}),
    "an exclusive bound": (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": True},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 9},
    ),
    "an inclusive bound": (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": False},
        {"type": "integer", "minimum": 1},
    ),
    "an exclusive bound of nothing": ({"type": "integer", "exclusiveMinimum": True}, {"type": "integer"}),
    "positions": ({"type": "array", "items": [TEXT]}, {"type": "array", "prefixItems": [TEXT]}),
    "positions and others": (
        {"type": "array", "items": [{"type": "STRING"}], "additionalItems": {"type": "NUMBER"}},
        {"type": "array", "prefixItems": [TEXT], "items": {"type": "number"}},
    ),
    "keywords without a value": (
        {"type": "string", "description": None, "title": None, "enum": None, "default": None},
        {"type": "string", "default": None},
    ),
    "members that say that they are required": (
        {
            "type": "object",
            "properties": {"a": {"type": "STRING", "required": True}, "b": {"type": "string", "required": False}},
        },
        {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "required": ["a"]},
    ),
    "members that say that they are not required": (
        {"type": "object", "properties": {"b": {"type": "string", "required": False}}},
        {"type": "object", "properties": {"b": TEXT}},
    ),
}
every_spelling = pytest.mark.parametrize(("spelt", "current"), SPELLINGS.values(), ids=SPELLINGS)
PLACES: dict[str, Any] = {
    "a member": lambda one: {"type": "object", "properties": {"a": one}},
    "items": lambda one: {"type": "object", "properties": {"a": {"type": "array", "items": one}}},
    "an alternative": lambda one: {"type": "object", "properties": {"a": {"anyOf": [one, {"type": "null"}]}}},
    "a definition": lambda one: {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": one},
    },
    "members of any name": lambda one: {"type": "object", "additionalProperties": one},
}
WITH_TOOLS = [name for name in MODELS if "claude-2" not in name and "claude-v2" not in name]


@every_spelling
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_is_made_current_wherever_it_stands(place: Any, spelt: Any, current: Any) -> None:
    given_schema = place(spelt)
    before = copy.deepcopy(given_schema)
    assert current_schema(given_schema) == place(current)
    assert given_schema == before
    assert current_schema(place(current)) == place(current)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"type": TEXT, "items": {"type": "array", "items": TEXT}, "nullable": TEXT}},
        {"type": "object", "properties": {"a": {"const": "STRING", "default": {"type": "STRING"}}}},
        {"enum": [{"items": [{"type": "STRING"}]}], "examples": [{"exclusiveMinimum": True}]},
        {"type": "BANANA"},
        {"type": "object", "properties": {"a": {"const": None, "default": None}, "required": TEXT}},
    ],
)
def test_what_is_no_such_spelling_stays_the_same_object(schema: Any) -> None:
    assert current_schema(schema) is schema


def test_what_is_nullable_takes_null_where_that_is_asked_for() -> None:
    schema: Any = {"type": "object", "properties": {"a": {"type": "STRING", "nullable": True, "description": "It."}}}
    assert current_schema(schema, nulls=True)["properties"]["a"] == {
        "anyOf": [TEXT, {"type": "null"}],
        "description": "It.",
    }


def schemas(node: Any) -> Iterator[Any]:
    """Yield the schemas with the member ``a`` in a body, also in a text."""
    if isinstance(node, str) and node.startswith("{"):
        node = json.loads(node)
    if isinstance(node, dict) and "a" in (node.get("properties") or {}):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from schemas(each)


@pytest.mark.parametrize("model", WITH_TOOLS)
@every_spelling
def test_every_vendor_gets_a_schema_that_validators_take(spelt: Any, current: Any, model: str) -> None:
    llm, schema = LLM(model, api_key="k", **MODELS[model]), PLACES["a member"](spelt)
    for body in (
        llm.build_request("q", tools=[Tool(name="f", schema=schema)]).body,
        llm.build_request("q", output=schema).body,
    ):
        for sent in schemas(body):
            jsonschema.Draft202012Validator.check_schema(sent)


@pytest.mark.parametrize("kind", ["OBJECT", "object"])
def test_a_schema_of_an_answer_may_have_types_in_capitals(kind: str) -> None:
    body: Any = LLM("openai/gpt-4o", api_key="k").build_request("q", output={"type": kind, "properties": {}}).body
    assert body["response_format"]["json_schema"]["schema"]["type"] == "object"


@given(
    st.recursive(
        st.sampled_from([each for each, _ in SPELLINGS.values()]),
        lambda inner: st.one_of(
            st.builds(lambda one: {"type": "OBJECT", "properties": {"a": one, "items": one}}, inner),
            st.builds(lambda one, two: {"type": "ARRAY", "items": [one, two]}, inner, inner),
            st.builds(lambda one: {"oneOf": [one, True]}, inner),
        ),
        max_leaves=6,
    )
)
@settings(max_examples=50, deadline=None)
def test_any_schema_becomes_one_that_validators_take(schema: Any) -> None:
    current = current_schema(schema)
    jsonschema.Draft202012Validator.check_schema(current)
    assert current_schema(current) is current


def test_a_spelling_is_found_in_any_mapping() -> None:
    schema = {"properties": MappingProxyType({"a": {"type": "STRING"}})}
    assert current_schema(schema) == {"properties": {"a": {"type": "string"}}}
