"""How a tool is made of the function that runs it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from dragoman.spec.argument_names import door
from dragoman.spec.part_fields import JSON

if TYPE_CHECKING:
    from dragoman.spec.function_tool import FunctionTool
    from dragoman.spec.parts import ToolCall

Decision: TypeAlias = bool | Literal["ask"]
"""Whether a call may run: yes, no, or after somebody has approved it."""
Approve: TypeAlias = "Literal['ask'] | Callable[[ToolCall], Decision | Awaitable[Decision]]"
"""``"ask"`` for every call, or a function that decides about one."""


class ToolMakers:
    """Give :class:`dragoman.Tool` the methods that make one."""

    __slots__ = ()

    @classmethod
    @door
    def from_function(
        cls,
        function: Callable[..., object],
        *,
        name: str | None = None,
        description: str | None = None,
        schema: Mapping[str, JSON] | None = None,
        strict: bool | None = None,
        approve: Approve | None = None,
        timeout: float | None = None,
    ) -> FunctionTool:
        """Make a tool that :meth:`dragoman.LLM.run` can run.

        Args:
            function: a function or method, or a coroutine function. Its annotations describe the arguments and its
                docstring the tool, as for :func:`dragoman.spec.schema.tool`.
            name: the name of the tool, if it is not that of the function.
            description: the description of the tool, if it is not the docstring.
            schema: the JSON Schema of the arguments, if the annotations do not describe them. The function gets them by
                name, as plain data; it may be any callable object then.
            strict: whether the arguments must conform to the schema exactly.
            approve: ``"ask"`` if every call has to be approved before it runs; or a function, which may be a coroutine
                function, that is given the call and returns ``True`` to run it, ``False`` to deny it, or ``"ask"``.
            timeout: how long one execution may take, in seconds; without it, what the run says applies.

        Raises:
            InvalidRequestError: for a parameter that cannot be given by name, or whose type JSON cannot represent.

        """
        from dragoman.spec.function_tool import function_tool  # noqa: PLC0415  # few programs need it

        return function_tool(
            function,
            name=name,
            description=description,
            schema=schema,
            strict=strict,
            approve=approve,
            timeout=timeout,
        )
