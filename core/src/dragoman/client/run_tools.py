"""The tools of a run: what the model is told of them, and the functions that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from dragoman.client.request_builder import ToolLike
from dragoman.client.run_settings import RunSettings
from dragoman.spec.argument_checks import is_iterable, shown
from dragoman.spec.call_record import CallStatus
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.function_tool import FunctionTool, function_tool, with_function
from dragoman.spec.request import ServerTool, Tool
from dragoman.spec.run import Run
from dragoman.spec.tool_formats import read_tool

_FUNCTION = "function"
"""The member of a definition that holds the function which runs the tool."""


def run_tools(
    tools: Iterable[ToolLike] | None, issuer: Callable[[], str]
) -> tuple[tuple[Tool | ServerTool, ...], Mapping[str, FunctionTool]]:
    """Return what the model is told of the tools, in their order, and those that are run here, by name.

    Args:
        tools: the tools; a definition as plain data has its function in the member ``function``.
        issuer: returns the provider of the call, to which tools in plain data belong that it runs itself.

    Raises:
        InvalidRequestError: for a tool without a function, for two of the same name, and for what is not a tool.

    """
    given: Any = () if tools is None else tools  # callers without a type checker
    if isinstance(given, str | Mapping) or not is_iterable(given):
        message = f"tools must be a list of tools, not {shown(cast('object', given))}"
        raise InvalidRequestError(message, parameter="tools")
    each: Any
    told: list[Tool | ServerTool] = []
    runnable: dict[str, FunctionTool] = {}
    for index, each in enumerate(given):
        described, tool = _read(each, f"tools[{index}]", issuer)
        told.append(described)
        if tool is None:
            continue
        if tool.name in runnable:
            message = f"tools[{index}] has the name {tool.name!r} of another tool; give one of them another name"
            raise InvalidRequestError(message, parameter="tools")
        runnable[tool.name] = tool
    return tuple(told), runnable


def _read(tool: Any, path: str, issuer: Callable[[], str]) -> tuple[Tool | ServerTool, FunctionTool | None]:
    """Return what the model is told of a tool, and the tool with its function, ``None`` if the provider runs it."""
    function: Any = None
    if isinstance(tool, Mapping):
        definition = dict(cast("Mapping[str, Any]", tool))
        if callable(definition.get(_FUNCTION)):
            function = definition.pop(_FUNCTION)
        tool = read_tool(definition, path, issuer())
    if isinstance(tool, ServerTool):
        return tool, None if function is None else _own(tool, function)
    made = tool if function is None else with_function(tool, function)
    if not isinstance(made, Tool):
        made = _of_function(made, path)
    if isinstance(made, FunctionTool):
        return made.definition, made
    message = (
        f"{path} describes the tool {made.name!r} without a function, so that a run cannot run it; give the function "
        "itself, Tool.from_function(function, schema=...), or a definition with the function in its member 'function'; "
        "generate() returns the calls to you"
    )
    raise InvalidRequestError(message, parameter="tools")


def check_open_calls(run: Run[Any], runnable: Mapping[str, FunctionTool], settings: RunSettings) -> None:
    """Refuse to go on with calls whose tool is not given: the model would be told that there is no such tool.

    A call about which nothing was done yet may be of a tool that there never was, which the model is told.

    Raises:
        InvalidRequestError: for such a call; its approval is not spent.

    """
    for record in run.turns[-1].calls:
        runs = record.status == CallStatus.APPROVED or settings.runs_again(record)
        runs = runs or (record.status == CallStatus.READY and not runnable)
        if runs and record.call.name not in runnable:
            given = ", ".join(runnable) or "none"
            message = (
                f"the run goes on with the call {record.call.call_id!r} of the tool {record.call.name!r}, which is not "
                f"among the tools that are given ({given}); give tools= as before, or call run.deny(...)"
            )
            error = InvalidRequestError(message, parameter="tools")
            error.run = run
            raise error


def _own(tool: ServerTool, function: Callable[..., object]) -> FunctionTool:
    """Return a tool that the provider defines and the caller runs, such as one that uses a computer."""
    name: Any = tool.args.get("name", tool.name)
    return with_function(Tool(name=name), function)


def _of_function(function: Any, path: str) -> FunctionTool:
    if callable(function):
        return function_tool(function)
    message = (
        f"{path} must be a typed function, a Tool.from_function(...), a ServerTool or a definition with a function, "
        f"not {shown(function)}"
    )
    raise InvalidRequestError(message, parameter="tools")
