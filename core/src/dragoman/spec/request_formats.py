"""Read tools, tool choices and output formats that programs hold as plain data in the common wire formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.history_rules import CACHE_MARK
from dragoman.spec.request import AUTO, JSON_OBJECT, NONE, REQUIRED, TEXT, OutputFormat, ServerTool, Tool, ToolChoice

_SCHEMAS = ("parameters", "input_schema", "inputSchema")
"""The members that hold the schema of the arguments, in chats and responses, in content blocks, and in MCP."""

_CHOICES = {"auto": AUTO, "none": NONE, "required": REQUIRED, "any": REQUIRED}


def read_tool(data: Mapping[str, Any], path: str, issuer: str) -> Tool | ServerTool:
    """Return a tool from its definition in one of the wire formats, or in the form of ``to_dict``.

    Args:
        data: the definition.
        path: where it stands, for error messages, such as ``tools[0]``.
        issuer: the provider of the call, which runs a tool whose type is not ``function``.

    Raises:
        InvalidRequestError: if it cannot be read; the message names the place.

    """
    kind = data.get("type")
    if kind in ("tool", "server_tool"):
        from dragoman.spec.serialization import from_dict  # noqa: PLC0415  # cattrs is slow to import

        rest = {name: value for name, value in data.items() if name != "type"}
        return from_dict(Tool, rest) if kind == "tool" else from_dict(ServerTool, rest)
    own = {name: value for name, value in data.items() if name != "type" and value is not None}
    if kind not in (None, "function", "custom") or (kind == "custom" and not own.keys() & set(_SCHEMAS)):
        if not isinstance(kind, str) or not kind:
            raise _wrong(f"{path}.type must be a string, not {shown(kind)}")
        return ServerTool(id=f"{issuer}.{kind}", args=own)
    function = own.pop("function", None)
    if isinstance(function, Mapping):
        return _function(dict(cast("Mapping[str, Any]", function)), own, f"{path}.function", issuer)
    return _function(own, {}, path, issuer)


def _function(function: dict[str, Any], more: dict[str, Any], path: str, issuer: str) -> Tool:
    name = function.pop("name", None)
    if not isinstance(name, str):
        raise _wrong(
            f"{path} must have a name, as {{'type': 'function', 'function': {{'name': …, 'parameters': …}}}} or "
            "{'name': …, 'input_schema': …}"
        )
    schema: Any = next((function.pop(each) for each in _SCHEMAS if function.get(each) is not None), None)
    if schema is not None and not isinstance(schema, Mapping):
        raise _wrong(f"the schema of {path} must be an object, not {shown(schema)}")
    description, strict = function.pop("description", None), function.pop("strict", None)
    rest = {**more, **{each: value for each, value in function.items() if value is not None}}
    mark = rest.pop(CACHE_MARK, None)
    options: dict[str, Any] = {**({issuer: rest} if rest else {}), **({} if mark is None else {CACHE_MARK: mark})}
    if schema is None:
        return Tool(name=name, description=description, strict=strict, options=options)
    return Tool(
        name=name,
        description=description,
        strict=strict,
        options=options,
        schema=dict(cast("Mapping[str, Any]", schema)),
    )


def read_tool_choice(data: Mapping[str, Any]) -> tuple[ToolChoice, bool | None]:
    """Return a tool choice, and whether it says that there may be several calls in one turn.

    Args:
        data: the choice as ``{"type": "auto"}`` (or ``any``, ``none``, ``required``), ``{"type": "tool", "name": …}``
            or ``{"type": "function", "function": {"name": …}}``.

    Raises:
        InvalidRequestError: if it cannot be read.

    """
    kind, function = data.get("type"), data.get("function")
    name = data.get("name")
    if isinstance(function, Mapping):
        name = cast("Mapping[str, Any]", function).get("name")
    alone: Any = data.get("disable_parallel_tool_use")
    parallel = (not alone) if isinstance(alone, bool) else None
    if isinstance(kind, str) and kind in _CHOICES:
        return _CHOICES[kind], parallel
    if isinstance(kind, str) and kind in {"tool", "function", "custom"} and isinstance(name, str) and name:
        return ToolChoice("tool", name), parallel
    message = (
        f"tool_choice cannot be read from {shown(data)}; give 'auto', 'none', 'required' or the name of a tool, or "
        "{'type': 'function', 'function': {'name': …}}"
    )
    raise InvalidRequestError(message, parameter="tool_choice")


def read_output(data: Mapping[str, Any]) -> OutputFormat:
    """Return an output format from a response format of a wire, or from a JSON Schema.

    Args:
        data: ``{"type": "text"}``, ``{"type": "json_object"}``, ``{"type": "json_schema", …}`` whose schema stands
            beside the type or in the member ``json_schema``, or a JSON Schema.

    Raises:
        InvalidRequestError: if the schema of a format is missing or is no object.

    """
    inner = data.get("format")
    if data.keys() <= {"format", "verbosity"} and isinstance(inner, Mapping):
        return read_output(cast("Mapping[str, Any]", inner))
    kind = data.get("type")
    if kind == "text":
        return TEXT
    if kind == "json_object":
        return JSON_OBJECT
    if kind != "json_schema":
        title = data.get("title")
        return OutputFormat("json_schema", schema=dict(data), name=title if isinstance(title, str) else "answer")
    nested: Any = data.get("json_schema", data)
    schema: Any = cast("Mapping[str, Any]", nested).get("schema") if isinstance(nested, Mapping) else None
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


def _wrong(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, parameter="tools")
