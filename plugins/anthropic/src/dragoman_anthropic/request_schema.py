"""An answer of a given shape: held to a schema where the model can be, else the input of a forced tool.

https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman import OutputFormat
from dragoman_anthropic.response import ANSWER_TOOL, as_list

_NO_PLACE = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
"""Limits that no answer can be held to while it is written."""

_NAMED = frozenset({"properties", "$defs", "definitions"})


class TooOpenError(Exception):
    """Say that a schema has objects with members nobody named, or holds itself."""


def native(schema: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]] | None:
    """Return the schema that Anthropic takes and the limits left out, ``None`` if it takes no such schema."""
    dropped: list[str] = []
    try:
        closed = cast("dict[str, Any]", _closed(schema, dropped))
        _no_loop(schema, schema, ())
    except TooOpenError:
        return None
    return closed, sorted(set(dropped))


def _closed(schema: Any, dropped: list[str]) -> Any:
    """Return a schema whose objects allow no members but theirs, without the limits that cannot be kept."""
    if isinstance(schema, list):
        return [_closed(item, dropped) for item in as_list(schema)]
    if not isinstance(schema, Mapping):
        return schema
    known = cast("Mapping[str, Any]", schema)
    closed: dict[str, Any] = {}
    for name, value in known.items():
        if name in _NO_PLACE or (name == "minItems" and value not in {0, 1}):
            dropped.append(name)
        elif name in _NAMED and isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value)
            closed[name] = {member: _closed(each, dropped) for member, each in members.items()}
        else:
            closed[name] = value if name in {"enum", "const", "default", "examples"} else _closed(value, dropped)
    if known.get("type") == "object" or "properties" in known:
        _close(closed)
    return closed


def _close(schema: dict[str, Any]) -> None:
    more = schema.get("additionalProperties", False)
    if more is not False or (schema.get("type") == "object" and not schema.get("properties")):
        raise TooOpenError
    schema["additionalProperties"] = False


def _no_loop(schema: Any, root: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Refuse a schema that refers to itself."""
    if isinstance(schema, list):
        for item in as_list(schema):
            _no_loop(item, root, path)
    elif isinstance(schema, Mapping):
        known = cast("Mapping[str, Any]", schema)
        for name, value in known.items():
            if name not in {"$defs", "definitions"}:
                _no_loop(value, root, path)
        reference = known.get("$ref")
        if isinstance(reference, str):
            if reference in path:
                raise TooOpenError
            _no_loop(_target(reference, root), root, (*path, reference))


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and isinstance(found, Mapping):
            found = cast("Mapping[str, Any]", found).get(step)
    return found


def answer_tool(output: OutputFormat) -> dict[str, Any]:
    """Return the tool whose input is the answer."""
    schema = dict(output.schema or {"type": "object", "additionalProperties": True})
    return {
        "name": ANSWER_TOOL,
        "description": f"Give the answer{f', {output.name}' if output.name else ''}. Call this once, and last.",
        "input_schema": schema if "type" in schema else {"type": "object", **schema},
    }
