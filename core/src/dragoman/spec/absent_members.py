"""Members that are ``null`` because they need not be there: what some vendors require of a strict schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.spec.schema_references import References, as_list, as_object, canonical


def without_nulls(value: Any, given: Any, references: References) -> Any:
    """Return *value* without each ``null`` for a member that need not be there and takes none."""
    if not isinstance(value, dict | list):
        return value
    schema = _schema_for(cast("Any", value), given, references)
    if isinstance(value, list):
        return [without_nulls(each, schema.get("items"), references) for each in as_list(value)]
    members: dict[str, Any] = schema.get("properties", {})
    others, required = schema.get("additionalProperties"), schema.get("required", ())
    return {
        name: without_nulls(each, members.get(name, others), references)
        for name, each in cast("dict[str, Any]", value).items()
        if each is not None or name in required or _takes_null(members.get(name), references)
    }


def _schema_for(value: Any, given: Any, references: References) -> dict[str, Any]:
    """Return the schema of an object or a list: of several alternatives, the one that has its members."""
    schema = _resolved(given, references)
    branches = [each for name in ("anyOf", "oneOf", "allOf") for each in schema.get(name, ())]
    if not branches:
        return schema
    for branch in branches:
        found = _schema_for(value, branch, references)
        if _fits(value, found):
            return found
    return {}


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, list):
        return schema.get("type") == "array"
    members: dict[str, Any] = schema.get("properties", {})
    constants = {name: each["const"] for name, each in members.items() if "const" in each}
    names = value.keys()
    is_known = names <= members.keys() or schema.get("additionalProperties", False) is not False
    return is_known and all(value[name] == constants[name] for name in names & constants.keys())


def _resolved(given: Any, references: References) -> dict[str, Any]:
    schema = as_object(given)
    if "$ref" in schema:  # a definition of pydantic's is not a reference itself
        return references.target(canonical(schema["$ref"])) or {}
    return schema


def _takes_null(given: Any, references: References) -> bool:
    schema = _resolved(given, references)
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return any(_takes_null(branch, references) for branch in branches)
    kinds = schema.get("type")
    if kinds is None:
        return None in as_list(schema["enum"]) if "enum" in schema else schema.get("const") is None
    return kinds == "null" or (isinstance(kinds, list) and "null" in kinds)
