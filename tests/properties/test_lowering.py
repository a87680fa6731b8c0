"""Any schema that a caller writes becomes one that the vendor takes, and one that was lowered is taken as it stands."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings, strategies as st

from dragoman import LLM, LLMConfig, OutputFormat
from dragoman.spec.schema_bounds import schema_misfits
from properties.schema_vendors import DIALECTS, of_tools

CONFIGS = {
    "openai": LLMConfig("gpt-4o", provider="openai", api_key="k"),
    "openai responses": LLMConfig("gpt-5.1", provider="openai", api_key="k", api="responses"),
    "anthropic": LLMConfig("claude-sonnet-4-5", provider="anthropic", api_key="k"),
    "gemini": LLMConfig("gemini-2.5-flash", provider="google", api_key="k"),
}
NAMES = st.sampled_from(["a", "b", "type", "minimum", "$ref", "properties"])
DEFINED = ("A", "B", "C")
WORDS = st.sampled_from(["one", "two", ""])
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "title": WORDS,
        "description": WORDS,
        "default": st.none() | st.integers(0, 3),
        "examples": st.just([1]),
        "$comment": WORDS,
        "deprecated": st.booleans(),
        "readOnly": st.booleans(),
    },
)
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "format": st.sampled_from(["date-time", "date", "uri", "decimal", "email", "binary"]),
        "minLength": st.integers(0, 3),
        "pattern": st.just("^[a-z]*$"),
        "contentEncoding": st.just("base64"),
    },
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={"minimum": st.integers(0, 3), "exclusiveMaximum": st.integers(4, 9), "multipleOf": st.integers(1, 3)},
)
CHOICES = st.one_of(
    st.fixed_dictionaries({"enum": st.lists(WORDS | st.integers(0, 3) | st.booleans() | st.none(), min_size=1)}),
    st.fixed_dictionaries({"const": WORDS | st.integers(0, 3) | st.booleans() | st.none()}),
    st.fixed_dictionaries({"type": st.just("string"), "enum": st.lists(WORDS, min_size=1, unique=True)}),
)
OTHERS = st.sampled_from(
    [{}, {"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}, {"description": "?"}]
)
LEAVES = TEXTS | NUMBERS | CHOICES | OTHERS | st.sampled_from(DEFINED).map(lambda name: {"$ref": f"#/$defs/{name}"})


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = st.dictionaries(NAMES, inner, max_size=3)
    shape = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": members},
        optional={"additionalProperties": st.booleans() | inner, "minProperties": st.integers(0, 1)},
    )
    return st.builds(
        lambda node, needed: node | {"required": [name for name in node["properties"] if name in needed]},
        shape,
        st.sets(NAMES),
    )


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    lists = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={"items": inner, "minItems": st.integers(0, 2), "uniqueItems": st.booleans(), "prefixItems": several},
    )
    unions = st.sampled_from(["anyOf", "oneOf", "allOf"]).flatmap(lambda name: st.fixed_dictionaries({name: several}))
    return objects(inner) | lists | unions


def described(schemas: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda node, extra: {**extra, **node}, schemas, EXTRAS)


NODES = st.recursive(described(LEAVES), lambda inner: described(larger(inner | st.booleans())), max_leaves=8)
SCHEMAS = st.builds(
    lambda root, definitions: {**root, "$defs": definitions},
    described(objects(NODES)),
    st.fixed_dictionaries(dict.fromkeys(DEFINED, described(objects(NODES)))),
)


@functools.cache
def llm_of(name: str) -> LLM:
    return LLM(CONFIGS[name])


@pytest.mark.parametrize("name", CONFIGS)
@given(schema=SCHEMAS)
@settings(max_examples=100)
def test_any_schema_is_lowered_to_one_that_the_vendor_takes(name: str, schema: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    before, llm, dialect = json.dumps(schema), llm_of(name), DIALECTS[name]

    sent = dialect.sent(llm.build_request("q", output=OutputFormat("json_schema", schema=schema)).body)

    assert json.dumps(schema) == before
    jsonschema.Draft202012Validator.check_schema(sent.schema)
    assert [*(dialect.check if sent.strict else of_tools)(sent.schema)] == []
    if sent.strict:
        again = dialect.sent(llm.build_request("q", output=OutputFormat("json_schema", schema=sent.schema)).body)
        assert again == sent


PLAIN = st.none() | st.booleans() | st.integers(0, 9) | WORDS
VALUES = st.dictionaries(
    NAMES,
    st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2)),
    max_size=3,
)
NEVER = [
    {"properties": {"a": False}},
    {"properties": {"a": False}, "required": ["a"]},
    {"properties": {"a": False, "b": True}, "additionalProperties": False},
    {"properties": {"a": {"type": "array", "items": False}}},
    {"properties": {"a": {"type": "array", "prefixItems": [{"type": "string"}], "items": False}}},
    {"properties": {"a": {"type": "array", "prefixItems": [False]}}},
    {"properties": {"a": {"anyOf": [{"type": "string"}, False]}}},
    {"properties": {"a": {"anyOf": [False]}}},
    {"properties": {"a": {"oneOf": [{"type": "string"}, False]}}},
    {"properties": {"a": {"allOf": [{"type": "string"}, False]}}},
    {"properties": {"a": {"allOf": [{"type": "string"}, True]}}},
    {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": False}},
    {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": True}},
]
"""Schemas with schemas that are true or false."""


def is_wider(name: str, schema: Any, values: list[Any]) -> bool:
    """Tell whether a schema is sent, without a word, as one that takes more of the values."""
    shown = llm_of(name).build_request("q", output=OutputFormat("json_schema", schema=schema))
    if any(note.feature == "output schema" for note in shown.adjustments):
        return False
    given, sent = (jsonschema.Draft202012Validator(each) for each in (schema, DIALECTS[name].sent(shown.body).schema))
    return any(sent.is_valid(value) and not given.is_valid(value) for value in values)


@pytest.mark.parametrize("name", CONFIGS)
@given(schema=SCHEMAS, values=st.lists(VALUES, min_size=1))
@settings(max_examples=50)
def test_no_schema_becomes_wider_without_a_word(name: str, schema: Any, values: list[Any]) -> None:
    assert not is_wider(name, schema, values)


SOME = [{}, {"a": "x"}, {"a": []}, {"a": ["x"]}, {"a": ["x", "y"]}, {"a": [1]}, {"a": None}, {"a": {}}, {"b": 1}]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("schema", NEVER, ids=json.dumps)
def test_a_schema_of_nothing_is_expressed_or_noted(name: str, schema: Any) -> None:
    assert not is_wider(name, {"type": "object", **schema}, SOME)


@pytest.mark.parametrize("schema", NEVER, ids=json.dumps)
@pytest.mark.parametrize("value", SOME, ids=json.dumps)
def test_an_answer_is_held_to_a_schema_of_nothing(schema: Any, value: Any) -> None:
    whole = {"type": "object", **schema}
    assert (schema_misfits(value, whole) == []) is jsonschema.Draft202012Validator(whole).is_valid(value)
