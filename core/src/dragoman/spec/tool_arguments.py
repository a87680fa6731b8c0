"""The arguments of a call, read as what the function of its tool takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import NOTHING

from dragoman.spec.answer_types import bare, takes_null
from dragoman.spec.answers import read_value
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, OutputValidationError
from dragoman.spec.function_tool import FunctionTool, function_tool
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import Tool
from dragoman.spec.schema_bounds import schema_misfits
from dragoman.spec.type_members import Member


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
    members = described.arguments if isinstance(described, FunctionTool) else None
    if members is None:
        values, problems = plain, schema_misfits(plain, described.schema)
    else:
        values, problems = _read(plain, members)
    if problems:
        message = f"the arguments of tool call {call.name!r} ({call.call_id}) do not fit: {'; '.join(problems)}"
        raise OutputValidationError(message)
    return values


def _read(plain: dict[str, Any], members: tuple[Member, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return the values of arguments, and where they do not fit."""
    names = {member.name for member in members}
    values = dict[str, Any]()
    problems = [f"unknown key {name!r} @ $" for name in plain if name not in names]
    for member in members:
        if member.name not in plain:
            problems += [f"required field missing: {member.name!r} @ $"] if member.default is NOTHING else []
        elif plain[member.name] is not None or member.default is NOTHING or takes_null(bare(member.hint)):
            try:
                values[member.name] = read_value(plain[member.name], member.hint, (member.name,))
            except ValueError as error:
                problems.append(str(error))
    return values, problems
