"""Read tool choices and output formats that programs hold as plain data in the common wire formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.nearest_name import after, snake_members
from dragoman.spec.request import AUTO, JSON_OBJECT, NONE, REQUIRED, TEXT, OutputFormat, ToolChoice

_CHOICES = {"auto": AUTO, "none": NONE, "required": REQUIRED, "any": REQUIRED}
_NAMED = ("tool", "function", "custom")
"""The types of a choice that names a tool."""
_FORMATS = ("text", "json_object", "json_schema")
_SCHEMA_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_SCHEMA_WORDS = frozenset(
    {
        "$defs",
        "$id",
        "$ref",
        "$schema",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "definitions",
        "enum",
        "format",
        "items",
        "not",
    }
    | {"oneOf", "pattern", "patternProperties", "prefixItems", "properties", "required", "type"}
)
"""The members of which a JSON Schema has at least one."""
_SCHEMA_MEMBERS = ("response_schema", "response_json_schema")
"""The members of a configuration that hold the schema of the answer."""


def read_tool_choice(data: Mapping[str, Any]) -> tuple[ToolChoice, bool | None]:
    """Return a tool choice, and whether it says that there may be several calls in one turn.

    Args:
        data: the choice as ``{"type": "auto"}`` (or ``any``, ``none``, ``required``), ``{"type": "tool", "name": …}``,
            ``{"type": "function", "function": {"name": …}}``, ``{"mode": …, "allowed_function_names": […]}`` (also
            within ``function_calling_config``), or ``{"auto": {}}``, ``{"any": {}}``, ``{"tool": {"name": …}}``.

    Raises:
        InvalidRequestError: if it cannot be read.

    """
    kind, function = data.get("type"), data.get("function")
    if kind is None and (choice := _choice_of_members(data)) is not None:
        return choice, None
    name = data.get("name")
    if isinstance(function, Mapping):
        name = cast("Mapping[str, Any]", function).get("name")
    alone: Any = data.get("disable_parallel_tool_use")
    parallel = (not alone) if isinstance(alone, bool) else None
    if isinstance(kind, str) and kind in _CHOICES:
        return _CHOICES[kind], parallel
    if isinstance(kind, str) and kind in _NAMED and isinstance(name, str) and name:
        return ToolChoice("tool", name), parallel
    raise _no_choice(data, kind)


def _choice_of_members(data: Mapping[str, Any]) -> ToolChoice | None:
    """Return a choice that is written as a mode with names, or as the only member of an object; ``None`` for others."""
    members = snake_members(data)
    inner: Any = members.get("function_calling_config")
    if isinstance(inner, Mapping) and len(members) == 1:
        return _choice_of_members(cast("Mapping[str, Any]", inner)) or AUTO
    mode, names = members.get("mode"), members.get("allowed_function_names")
    if members.keys() <= {"mode", "allowed_function_names"} and mode is not None:
        return _choice_of_mode(mode, names, data)
    only = next(iter(members)) if len(members) == 1 else ""
    if only in _CHOICES and members[only] == {}:
        return _CHOICES[only]
    tool: Any = members.get("tool") if only == "tool" else None
    named: Any = cast("Mapping[str, Any]", tool).get("name") if isinstance(tool, Mapping) else None
    return ToolChoice("tool", named) if isinstance(named, str) and named else None


def _choice_of_mode(mode: Any, names: Any, data: Mapping[str, Any]) -> ToolChoice:
    found = _CHOICES.get(mode.lower()) if isinstance(mode, str) else None
    listed: list[Any] = [*cast("Iterable[Any]", names)] if isinstance(names, list | tuple) else []
    if found is None:
        raise _no_choice(data, mode)
    if not listed:
        return found
    if found is REQUIRED and len(listed) == 1 and isinstance(listed[0], str):
        return ToolChoice("tool", listed[0])
    message = "tool_choice can name one tool, not several; give only these tools in tools=, and tool_choice='required'"
    raise InvalidRequestError(message, parameter="tool_choice")


def _no_choice(data: Mapping[str, Any], kind: Any) -> InvalidRequestError:
    message = (
        f"tool_choice cannot be read from {shown(data)}; give 'auto', 'none', 'required' or the name of a tool, or "
        "{'type': 'function', 'function': {'name': …}}"
    )
    if kind in _NAMED:
        message = f"tool_choice {shown(data)} must name a tool, as {{'type': 'function', 'function': {{'name': …}}}}"
    return InvalidRequestError(
        after(message, kind, () if kind in _NAMED else (*_CHOICES, *_NAMED)), parameter="tool_choice"
    )


def read_output(data: Mapping[str, Any]) -> OutputFormat:
    """Return an output format from a response format of a wire, or from a JSON Schema.

    Args:
        data: ``{"type": "text"}``, ``{"type": "json_object"}``, ``{"type": "json_schema", …}``, or a JSON Schema. The
            schema of either type stands in the member ``schema``, in ``json_schema``, or in the former of the latter.

    Raises:
        InvalidRequestError: if the schema of a format is missing or is not an object.

    """
    inner = data.get("format")
    if data.keys() <= {"format", "verbosity"} and isinstance(inner, Mapping):
        return read_output(cast("Mapping[str, Any]", inner))
    kind = data.get("type")
    if kind == "text":
        return TEXT
    if kind not in ("json", "json_object", "json_schema"):
        return _of_schema(data) if _is_schema(data) else _of_members(data, kind)
    nested: Any = data.get("json_schema", data)
    schema: Any = cast("Mapping[str, Any]", nested).get("schema") if isinstance(nested, Mapping) else None
    if schema is None and nested is data and kind != "json_schema":
        return _of_json(data)
    if schema is None and nested is not data and isinstance(nested, Mapping):
        inner = cast("Mapping[str, Any]", nested)
        schema = inner if inner and _is_schema(inner) else None
    if not isinstance(schema, Mapping):
        message = f"output must hold its schema in the member 'schema'; it is {shown(data)}"
        raise InvalidRequestError(message, parameter="output")
    format_ = cast("Mapping[str, Any]", nested)
    return OutputFormat(
        "json_schema",
        schema=dict(cast("Mapping[str, Any]", schema)),
        name=format_.get("name") or "answer",
        strict=format_.get("strict"),
        description=format_.get("description"),
    )


def _of_json(data: Mapping[str, Any]) -> OutputFormat:
    """Return the format of JSON, with the schema that stands beside the type under a name of one vendor, if any."""
    schema = next((data[name] for name in _SCHEMA_MEMBERS if data.get(name) is not None), None)
    return JSON_OBJECT if schema is None else read_output({"type": "json_schema", "schema": schema})


def _is_schema(data: Mapping[str, Any]) -> bool:
    """Tell whether an object is a JSON Schema: it is empty or has a word of its own, and its type is one of JSON."""
    kind: Any = data.get("type", "object")
    is_type = kind.lower() in _SCHEMA_TYPES if isinstance(kind, str) else isinstance(kind, list)
    return is_type and (not data or not _SCHEMA_WORDS.isdisjoint(data))


def _of_schema(schema: Mapping[str, Any]) -> OutputFormat:
    title = schema.get("title")
    return OutputFormat("json_schema", schema=dict(schema), name=title if isinstance(title, str) else "answer")


def _of_members(data: Mapping[str, Any], kind: Any) -> OutputFormat:
    """Return the format of a configuration with a media type and perhaps a schema; refuse any other object."""
    members = snake_members(data)
    media = members.pop("response_mime_type", None)
    schema = next((members.pop(name) for name in _SCHEMA_MEMBERS if name in members), None)
    if not members and isinstance(schema, Mapping):
        return read_output(cast("Mapping[str, Any]", schema))
    if not members and schema is None and media in {"application/json", "text/plain"}:
        return JSON_OBJECT if media == "application/json" else TEXT
    message = (
        f"output cannot be read from {shown(data)}; give a type, a JSON Schema, 'json', or "
        "{'type': 'json_schema', 'json_schema': {'name': …, 'schema': …}}"
    )
    known = (*_FORMATS, *_SCHEMA_TYPES) if "type" in data else _SCHEMA_WORDS
    named = kind if "type" in data else next(iter(data))
    raise InvalidRequestError(after(message, named, known), parameter="output")
