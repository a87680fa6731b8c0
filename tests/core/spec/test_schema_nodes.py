"""Schemas made of others, found by reference, and spelled as objects for servers that read no booleans."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import jsonschema
import pytest

from dragoman import YES, Capabilities, ChatRequest, HistoryRules, Message, OutputFormat, SchemaRules, fit
from dragoman.spec.schema_nodes import merged, object_schemas
from dragoman.spec.schema_references import References

NOTHING = {"not": {}}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (True, {}),
        (False, NOTHING),
        (
            {"type": "object", "properties": {"a": True, "b": False}},
            {"type": "object", "properties": {"a": {}, "b": NOTHING}},
        ),
        ({"items": True}, {"items": {}}),
        ({"items": {"properties": {"a": True}}}, {"items": {"properties": {"a": {}}}}),
        ({"anyOf": [True, {"type": "string"}], "not": False}, {"anyOf": [{}, {"type": "string"}], "not": NOTHING}),
        ({"$defs": {"A": True}, "prefixItems": (True,)}, {"$defs": {"A": {}}, "prefixItems": [{}]}),
        ({"additionalProperties": {"items": True}}, {"additionalProperties": {"items": {}}}),
        ({"contains": True, "propertyNames": False}, {"contains": {}, "propertyNames": NOTHING}),
        ({"if": True, "then": False, "else": True}, {"if": {}, "then": NOTHING, "else": {}}),
        ({"dependentSchemas": {"a": False}}, {"dependentSchemas": {"a": NOTHING}}),
    ],
)
def test_booleans_become_objects(given: Any, sent: Any) -> None:
    assert object_schemas(given) == sent
    for value in (None, 1, "a", [], [1], {}, {"a": 1}, {"b": 1}):
        assert accepts(given, value) == accepts(sent, value)


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False, "unevaluatedProperties": True, "unevaluatedItems": False},
        {"default": True, "enum": [True, False], "const": True, "uniqueItems": True, "required": ["a"]},
        {"properties": {"items": {"type": "string"}}, "items": None, "anyOf": None},
    ],
)
def test_other_booleans_stay(schema: Any) -> None:
    assert object_schemas(schema) is schema


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": ["array", "null"]}, {"type": ["array", "null"], "items": {}}),
        (
            {"properties": {"a": {"type": "array", "prefixItems": [True]}}},
            {"properties": {"a": {"type": "array", "prefixItems": [{}], "items": {}}}},
        ),
        ({"anyOf": [{"type": "array"}, False]}, {"anyOf": [{"type": "array", "items": {}}, NOTHING]}),
        ({"$defs": {"A": 1}, "type": "array"}, {"$defs": {"A": 1}, "type": "array", "items": {}}),
    ],
)
def test_arrays_say_what_their_items_are_where_they_must(given: Any, sent: Any) -> None:
    assert object_schemas(given, with_items=True) == sent
    assert object_schemas(sent, with_items=True) is sent
    for value in (None, 1, [], [1], {"a": [1, "x"]}):
        assert accepts(given, value) == accepts(sent, value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"type": "string"}},
        {"type": ["string", "null"]},
        {"type": "object", "properties": {"type": {"type": "string"}}},
        {"const": {"type": "array"}},
        {"properties": {"a": None, "b": {"type": "array", "items": {}}}},
    ],
)
def test_what_is_no_array_without_items_stays(schema: Any) -> None:
    assert object_schemas(schema, with_items=True) is schema


def test_arrays_stay_where_they_may_leave_it_open() -> None:
    assert object_schemas({"type": "array"}) == {"type": "array"}


def accepts(schema: Any, value: Any) -> bool:
    listed = (
        {**schema, "prefixItems": [*schema["prefixItems"]]}
        if isinstance(schema, dict) and "prefixItems" in schema
        else schema
    )
    return jsonschema.Draft202012Validator(listed).is_valid(value)


def test_a_definition_is_found_under_the_older_name_too() -> None:
    assert References({"definitions": {"A": {"type": "string"}}}).target("#/$defs/A") == {"type": "string"}


def test_a_reference_to_true_or_false_leads_to_an_object() -> None:
    references = References({"$defs": {"A": True, "B": False}})

    assert references.target("#/$defs/A") == {}
    assert references.target("#/$defs/B") == NOTHING


def test_branches_that_nothing_fits_are_not_one_schema() -> None:
    assert merged({}, [False, {"type": "string"}], References({})) is None


def test_the_schema_of_an_answer_has_objects_only_where_its_vendor_needs_them() -> None:
    schema: Any = {"type": "object", "properties": {"a": True, "b": {}}}
    sent = {"type": "object", "properties": {"a": {}, "b": {}}}
    plain = {"type": "object", "properties": {"b": {}}}
    for rules in (None, SchemaRules()):
        for taken, asked, expected in ((True, schema, schema), (False, schema, sent), (False, plain, plain)):
            known = Capabilities(json_schema=YES, output_schema=rules, history=HistoryRules(boolean_schemas=taken))
            request = ChatRequest(
                model="m",
                messages=(Message("user", "hi"),),
                output=OutputFormat("json_schema", schema=asked, strict=False),
            )
            assert fit(request, known)[0].output.schema == expected


def test_a_boolean_is_found_in_any_mapping() -> None:
    schema = {"properties": MappingProxyType({"a": True})}
    assert object_schemas(schema) == {"properties": {"a": {}}}
