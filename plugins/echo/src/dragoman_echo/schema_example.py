"""Example values for JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import JSON, InvalidRequestError


def example_of(schema: Mapping[str, Any], text: str) -> JSON:
    """Return the simplest value that matches *schema*, with *text* for every string.

    Raises:
        InvalidRequestError: if the schema refers to nothing or only to itself, or is none.

    """
    try:
        return _example(schema, schema, text)
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        message = f"echo finds no example of the schema: {type(error).__name__}: {error}; check its $ref and its types"
        raise InvalidRequestError(message, provider="echo", parameter="output") from None


def _example(schema: Mapping[str, Any], root: Mapping[str, Any], text: str) -> JSON:
    if "$ref" in schema:
        found: Any = root
        for name in str(schema["$ref"]).split("/")[1:]:
            found = found[name]
        return _example(found, root, text)
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
