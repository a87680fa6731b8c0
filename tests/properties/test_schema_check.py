"""Values are checked against a schema as an independent validator does."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import example, given, settings, strategies as st

from dragoman.spec.schema_bounds import schema_misfits

NAMES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2.0, -1.5])
LEAVES = st.none() | st.booleans() | NUMBERS | st.sampled_from(["", "a", "b", "ab", "abc"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
COUNTS = st.integers(0, 3)
REFERENCES = st.sampled_from([{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, True])


def nodes(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, inner | st.sampled_from([False]), max_size=3)
    keywords: dict[str, st.SearchStrategy[Any]] = {
        "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "minimum": NUMBERS,
        "exclusiveMinimum": NUMBERS,
        "maximum": NUMBERS,
        "exclusiveMaximum": NUMBERS,
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "minLength": COUNTS,
        "maxLength": COUNTS,
        "pattern": st.sampled_from(["^a", "b$", "c"]),
        "minItems": COUNTS,
        "maxItems": COUNTS,
        "uniqueItems": st.booleans(),
        "contains": inner,
        "minContains": COUNTS,
        "maxContains": COUNTS,
        "prefixItems": several,
        "items": inner | st.sampled_from([False]),
        "minProperties": COUNTS,
        "maxProperties": COUNTS,
        "properties": members,
        "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=2),
        "additionalProperties": inner | st.booleans(),
        "propertyNames": inner,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=2, unique=True), max_size=2),
        "anyOf": several,
        "allOf": several,
        "not": inner,
    }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=4, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: keywords[name] for name in names})
    )


SCHEMAS = st.recursive(REFERENCES | nodes(st.sampled_from([True])), nodes, max_leaves=4)
LEAVES_BACK = {"properties": {"a": {"$ref": "#/$defs/B"}}, "items": {"$ref": "#/$defs/A"}}


@settings(max_examples=600)
@given(SCHEMAS, nodes(REFERENCES), VALUES)
@example({"$ref": "#/$defs/A"}, {"type": "string"}, {"a": [1]})
@example({"uniqueItems": True}, {}, [1, True, 1.0])
@example({"const": [1, {"a": False}]}, {}, [1.0, {"a": 0}])
@example({"not": {"$ref": "#/$defs/B"}}, {"anyOf": [{"type": "null"}]}, None)
def test_it_is_what_another_validator_says(schema: Any, defined: dict[str, Any], value: Any) -> None:
    own = schema if isinstance(schema, dict) else {}
    whole = {**own, "$defs": {"A": LEAVES_BACK, "B": {name: each for name, each in defined.items() if name != "not"}}}
    if _leads_back(whole["$defs"]["B"]):
        return
    expected = jsonschema.Draft202012Validator(whole).is_valid(value)
    assert (schema_misfits(value, whole) == []) is expected


def _leads_back(schema: Any) -> bool:
    """Tell whether the definition refers to itself without a member or an item between."""
    return any({"$ref": "#/$defs/B"} in schema.get(name, ()) for name in ("anyOf", "allOf"))
