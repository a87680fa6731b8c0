"""Example values for JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import JSON


def example_of(schema: Mapping[str, Any], text: str) -> JSON:
    """Return the simplest value that matches *schema*, with *text* for every string."""
    return _example(schema, schema, text)


def _example(schema: Mapping[str, Any], root: Mapping[str, Any], text: str) -> JSON:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _example(root["$defs"][name], root, text)
    if "const" in schema:
        only: JSON = schema["const"]
        return only
    if schema.get("enum"):
        first: JSON = schema["enum"][0]
        return first
    if schema.get("anyOf"):
        return _example(schema["anyOf"][0], root, text)
    kinds: Any = schema.get("type", "object")
    kind = str(kinds[0] if isinstance(kinds, list) else kinds)  # pyright: ignore[reportUnknownArgumentType]
    if kind == "object":
        properties: Mapping[str, Any] = schema.get("properties", {})
        required = schema.get("required", properties)
        return {name: _example(each, root, text) for name, each in properties.items() if name in required}
    if kind == "array":
        count = int(schema.get("minItems", 1))
        return [_example(schema.get("items", {"type": "string"}), root, text) for _ in range(count)]
    simple: dict[str, JSON] = {"string": text, "integer": int(schema.get("minimum", 1)), "number": 1.0, "boolean": True}
    return simple.get(kind)
