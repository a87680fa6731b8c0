"""Output formats: the schemas that structured outputs accept, and the tool that emulates them.

https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman import OutputFormat
from dragoman_anthropic.options import ANSWER_TOOL
from dragoman_anthropic.request_tools import object_schema

_NOT_ENFORCED = frozenset(
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
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
_SCHEMAS_BY_NAME = frozenset({"properties", "$defs", "definitions"})
_VALUES = frozenset({"enum", "const", "default", "examples"})


class UnsupportedSchemaError(Exception):
    """Report a schema that is recursive or allows properties that it does not declare."""


def strict_schema(schema: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]] | None:
    """Return a schema as structured outputs accept it, and the constraints that were removed.

    Returns:
        ``None`` if the schema is recursive or allows properties that it does not declare.

    """
    removed: list[str] = []
    try:
        strict = cast("dict[str, Any]", _strict(schema, removed))
        _check_recursion(schema, schema, ())
    except UnsupportedSchemaError:
        return None
    return strict, sorted(set(removed))


def _strict(schema: Any, removed: list[str]) -> Any:
    """Return a schema without undeclared properties and without constraints that are not enforced."""
    if isinstance(schema, list):
        return [_strict(item, removed) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    given = cast("Mapping[str, Any]", schema)
    strict: dict[str, Any] = {}
    for name, value in given.items():
        if name in _NOT_ENFORCED or (name == "minItems" and value not in {0, 1}):
            removed.append(name)
        elif name == "format" and isinstance(value, str) and value not in _FORMATS:
            removed.append(f"format {value}")
        elif name == "oneOf" and "anyOf" not in given:
            strict["anyOf"] = _strict(value, removed)
        elif name in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            schemas = cast("Mapping[str, Any]", value)
            strict[name] = {key: _strict(each, removed) for key, each in schemas.items()}
        else:
            strict[name] = value if name in _VALUES else _strict(value, removed)
    if given.get("type") == "object" or "properties" in given:
        _forbid_undeclared(strict)
    return strict


def _forbid_undeclared(schema: dict[str, Any]) -> None:
    additional = schema.get("additionalProperties", False)
    if additional is not False or (schema.get("type") == "object" and not schema.get("properties")):
        raise UnsupportedSchemaError
    schema["additionalProperties"] = False


def _check_recursion(schema: Any, root: Mapping[str, Any], path: tuple[str, ...]) -> None:
    """Raise an error if a reference leads to itself.

    Args:
        schema: the schema to check.
        root: the schema that references are relative to.
        path: the references that led to *schema*.

    """
    if isinstance(schema, list):
        for item in schema:
            _check_recursion(item, root, path)
    elif isinstance(schema, Mapping):
        given = cast("Mapping[str, Any]", schema)
        for name, value in given.items():
            if name not in {"$defs", "definitions"}:
                _check_recursion(value, root, path)
        reference = given.get("$ref")
        if isinstance(reference, str):
            if reference in path:
                raise UnsupportedSchemaError
            _check_recursion(_resolve(reference, root), root, (*path, reference))


def _resolve(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step and isinstance(found, Mapping):
            found = cast("Mapping[str, Any]", found).get(step)
    return found


def answer_tool(output: OutputFormat) -> dict[str, Any]:
    """Return the definition of the tool whose input is the answer."""
    return {
        "name": ANSWER_TOOL,
        "description": f"Give the answer{f', {output.name}' if output.name else ''}. Call this once, and last.",
        "input_schema": object_schema(output.schema or {"type": "object", "additionalProperties": True}),
    }
