"""Schemas that are objects throughout, for servers that know no others."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from dragoman.spec.schema_nodes import object_schemas

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
    ],
)
def test_booleans_become_objects(given: Any, sent: Any) -> None:
    assert object_schemas(given) == sent
    for value in (None, 1, "a", [], [1], {}, {"a": 1}, {"b": 1}):
        assert accepts(given, value) == accepts(sent, value)


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False},
        {"default": True, "enum": [True, False], "const": True, "uniqueItems": True, "required": ["a"]},
        {"properties": {"items": {"type": "string"}}, "items": None, "anyOf": None},
    ],
)
def test_other_booleans_stay(schema: Any) -> None:
    assert object_schemas(schema) == schema


def accepts(schema: Any, value: Any) -> bool:
    listed = (
        {**schema, "prefixItems": [*schema["prefixItems"]]}
        if isinstance(schema, dict) and "prefixItems" in schema
        else schema
    )
    return jsonschema.Draft202012Validator(listed).is_valid(value)
