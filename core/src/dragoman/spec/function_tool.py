"""Tools together with the functions that run them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import seconds, shown, wrong_seconds
from dragoman.spec.argument_names import tells_names
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.part_fields import JSON
from dragoman.spec.request import Tool
from dragoman.spec.schema import parameters_of, tool
from dragoman.spec.tool_makers import Approve
from dragoman.spec.type_members import Member


def check_approve(approve: Any) -> None:
    """Refuse what does not say who approves calls.

    Raises:
        InvalidRequestError: unless it is ``None``, ``"ask"`` or a function.

    """
    if approve is not None and approve != "ask" and not callable(approve):
        message = f"approve must be 'ask', or a function of a call that returns True, False or 'ask', not {approve!r}"
        raise InvalidRequestError(message, parameter="approve")


def _approve(_: Any, __: Any, approve: Any) -> None:
    check_approve(approve)


def _timeout(_: Any, attribute: Any, limit: Any) -> None:
    if limit is not None and seconds(limit) is None:
        raise InvalidRequestError(wrong_seconds(attribute.name, limit), parameter=attribute.name)


def _function(_: Any, __: Any, function: Any) -> None:
    if not callable(function):
        message = f"the function of a tool must be callable, not {shown(function)}"
        raise InvalidRequestError(message, parameter="tools")


@tells_names
@value(kw_only=True)
class FunctionTool(Tool):
    """Describe a tool, and hold the function that runs it.

    :meth:`~dragoman.spec.tool_makers.ToolMakers.from_function` makes one.

    Args:
        function: runs the tool; it is called with the arguments by name, and may be a coroutine function.
        approve: see :meth:`~dragoman.spec.tool_makers.ToolMakers.from_function`.
        timeout: how long one execution may take, in seconds.
        arguments: the parameters of the function; ``None`` if only the schema describes them.

    """

    function: Callable[..., object] = field(validator=_function)
    approve: Approve | None = field(default=None, validator=_approve)
    timeout: float | None = field(default=None, validator=_timeout)
    arguments: tuple[Member, ...] | None = field(default=None, repr=False, eq=False)

    @property
    def definition(self) -> Tool:
        """Return the tool as a model is told of it, without the function."""
        return Tool(**{str(each.alias): getattr(self, each.name) for each in attrs.fields(Tool)})


def function_tool(
    function: Callable[..., object],
    *,
    name: str | None = None,
    description: str | None = None,
    schema: Mapping[str, JSON] | None = None,
    strict: bool | None = None,
    approve: Approve | None = None,
    timeout: float | None = None,
) -> FunctionTool:
    """Return a tool with its function; see :meth:`~dragoman.spec.tool_makers.ToolMakers.from_function`."""
    if schema is None:
        described = tool(function, name=name, description=description, strict=strict)
        arguments: tuple[Member, ...] | None = _arguments_of(function, described.name)
    else:
        name = name or getattr(function, "__name__", "")
        if not name or name == "<lambda>":
            message = f"{shown(function)} has no name that a model could call it by; give name="
            raise InvalidRequestError(message, parameter="tools")
        described = Tool(name=name, description=description, schema=schema, strict=strict)
        arguments = None
    return with_function(described, function, approve=approve, timeout=timeout, arguments=arguments)


def with_function(
    described: Tool,
    function: Callable[..., object],
    *,
    approve: Approve | None = None,
    timeout: float | None = None,
    arguments: tuple[Member, ...] | None = None,
) -> FunctionTool:
    """Return a tool that is described already, with the function that runs it."""
    known = {str(each.alias): getattr(described, each.name) for each in attrs.fields(Tool)}
    return FunctionTool(**known, function=function, approve=approve, timeout=timeout, arguments=arguments)


def _arguments_of(function: Callable[..., object], name: str) -> tuple[Member, ...]:
    """Return the parameters of a function, after checking that arguments can be read as their types."""
    from dragoman.spec.answers import check_readable  # noqa: PLC0415  # cattrs is slow to import

    members = tuple(parameters_of(function, name))
    for member in members:
        try:
            check_readable(member.hint)
        except InvalidRequestError as error:
            raise InvalidRequestError(f"{name}.{member.name}: {error.message}", parameter="tools") from error
    return members
