"""The core as a plugin: it implements the call hooks with the provider's own methods, if no other plugin does."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dragoman.spec.errors import PluginError
from dragoman.spec.hookspecs import Binding, hookimpl
from dragoman.spec.provider import ChatCall, CompletionCall, StreamCall
from dragoman.spec.response import Response

if TYPE_CHECKING:
    from dragoman.spec.operations import OperationCall

C = TypeVar("C", bound=Callable[..., Awaitable[Response]])


class Calls:
    """Hold the calls that are wrapped, in the shape in which the core finds those of a provider."""

    __slots__ = ("chat", "complete", "operation", "stream")

    def __init__(
        self,
        complete: CompletionCall,
        chat: ChatCall,
        stream: StreamCall,
        operation: Callable[[str], OperationCall],
    ) -> None:
        self.complete = complete
        self.chat = chat
        self.stream = stream
        self.operation = operation


class Core:
    """Implement the call hooks with the provider's own methods, if no other plugin does."""

    @hookimpl(trylast=True)
    def dragoman_completion(self, binding: Binding) -> CompletionCall:
        """Return the provider's method that answers a prompt."""
        return binding.implementation.complete

    @hookimpl(trylast=True)
    def dragoman_chat(self, binding: Binding) -> ChatCall:
        """Return the provider's method that answers a conversation."""
        return binding.implementation.chat

    @hookimpl(trylast=True)
    def dragoman_stream(self, binding: Binding) -> StreamCall:
        """Return the provider's method that streams."""
        return binding.implementation.stream

    @hookimpl(trylast=True)
    def dragoman_operation(self, binding: Binding, kind: str) -> OperationCall:
        """Return the provider's call for an optional operation."""
        implementation: Any = binding.implementation
        call: OperationCall = implementation.operation(kind)
        return call


def answering(call: C, own: object, hook: str) -> C:
    """Return a call that answers with a response, or raises :class:`PluginError`; the provider's own is one already.

    Args:
        call: the call, with whatever middleware made of it.
        own: the call of the provider.
        hook: the hook through which the middleware came, for the message.

    """
    return call if call == own else cast("C", partial(_checked, call, hook))


async def _checked(call: Callable[..., Any], hook: str, request: Any, context: Any) -> Any:
    answer: Any = call(request, context)
    if inspect.isawaitable(answer):
        answer = await answer
        if isinstance(answer, Response):
            return answer  # pyright: ignore[reportUnknownVariableType]
    raise _misfit(call, hook, f"{type(answer).__name__}, not a Response")


def operating(find: Callable[[str], OperationCall], kind: str) -> OperationCall:
    """Return the call of an operation, which gives what it is for, or raises :class:`PluginError`.

    Args:
        find: returns the call of an operation, with whatever middleware made of it.
        kind: the operation.

    """
    from dragoman.spec.operation_results import misfit  # noqa: PLC0415  # only these calls need it

    call = find(kind)

    async def checked(request: Any, context: Any) -> Any:
        found: Any = call(request, context)
        if not inspect.isawaitable(found):
            raise _misfit(call, "dragoman_operation", f"{type(found).__name__}, not an awaitable object")
        found = await found
        if (wrong := misfit(kind, found)) is not None:
            raise _misfit(call, "dragoman_operation", wrong)
        return found  # pyright: ignore[reportUnknownVariableType]

    return checked


def _misfit(call: object, hook: str, wrong: str) -> PluginError:
    """Return the error for a call that middleware made, with the name of the function that it is."""
    inner = call.func if isinstance(call, partial) else call
    made: Any = inner if hasattr(inner, "__qualname__") else type(inner)
    name = f"{made.__module__}.{made.__qualname__}"
    return PluginError(f"middleware of {hook} answered with {wrong}; return what it wraps (it is {name})")
