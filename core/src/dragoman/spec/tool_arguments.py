"""The arguments of a call, read as what the function of its tool takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from dragoman.spec.answers import read_value
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, OutputValidationError
from dragoman.spec.function_tool import ABSENT, FunctionTool, function_tool
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import Tool
from dragoman.spec.schema_bounds import is_of_type, outside_bounds, resolved
from dragoman.spec.schema_references import References, as_list, as_object


def read_arguments(call: ToolCall, tool: Tool | Callable[..., object]) -> dict[str, Any]:
    """Return the arguments of a call as values of the types that its tool takes; see :meth:`dragoman.ToolCall.parse`.

    An argument that the model left out is not among them, and ``null`` for a parameter with a default that takes no
    null means the default.
    """
    given: Any = tool  # callers without a type checker
    if not isinstance(given, Tool) and not callable(given):
        message = f"parse() takes a tool or a typed function, not {shown(given)}"
        raise InvalidRequestError(message, parameter="tool")
    described: Tool = given if isinstance(given, Tool) else function_tool(given)
    plain = call.parse()
    kind = described.arguments if isinstance(described, FunctionTool) else None
    if kind is None:
        problems = [*_misfits(plain, described.schema, "$", References(described.schema))]
        problems = problems or outside_bounds(plain, described.schema)
        if problems:
            raise _misfit(call, "; ".join(problems))
        return plain
    try:
        read: Any = read_value(plain, kind)
    except ValueError as error:
        message = str(error)
    else:
        values = {each.name: getattr(read, each.name) for each in attrs.fields(kind)}
        return {name: value for name, value in values.items() if value is not ABSENT}
    raise _misfit(call, message)


def _misfit(call: ToolCall, problems: str) -> OutputValidationError:
    return OutputValidationError(f"the arguments of tool call {call.name!r} ({call.call_id}) do not fit: {problems}")


def _misfits(value: Any, given: Any, path: str, references: References) -> Iterator[str]:
    """Yield where the types and members of a value are not those of a schema; alternatives are not looked into."""
    node = resolved(given, references)
    kinds = node.get("type")
    if kinds is not None and not is_of_type(value, kinds):
        yield f"expected {' or '.join(map(str, as_list(kinds) or [kinds]))}, not {shown(value)} @ {path}"
    elif isinstance(value, dict):
        yield from _in_object(value, node, path, references)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for at, each in enumerate(as_list(value)):  # pyright: ignore[reportUnknownArgumentType]
            yield from _misfits(each, node.get("items"), f"{path}[{at}]", references)


def _in_object(value: Mapping[str, Any], node: Mapping[str, Any], path: str, references: References) -> Iterator[str]:
    members = as_object(node.get("properties"))
    for name in as_list(node.get("required")):
        if name not in value:
            yield f"required field missing: {name!r} @ {path}"
    for name, each in value.items():
        if name in members:
            yield from _misfits(each, members[name], f"{path}.{name}", references)
        elif node.get("additionalProperties") is False:
            yield f"unknown key {name!r} @ {path}"
        else:
            yield from _misfits(each, node.get("additionalProperties"), f"{path}.{name}", references)
