"""The core as a plugin: it implements the call hooks with the provider's own methods, if no other plugin does."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dragoman.spec._value import value
from dragoman.spec.errors import PluginError
from dragoman.spec.hookspecs import Binding, hookimpl
from dragoman.spec.provider import ChatCall, CompletionCall, StreamCall
from dragoman.spec.response import Response

if TYPE_CHECKING:
    from dragoman.spec.operations import OperationCall

C = TypeVar("C", bound=Callable[..., Awaitable[Response]])


@value
class Calls:
    """Hold the calls that are wrapped, in the shape in which the core finds those of a provider."""

    complete: CompletionCall
    chat: ChatCall
    stream: StreamCall
    operation: Callable[[str], OperationCall]


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
    message = f"middleware of {hook} answered with {type(answer).__name__}, not a Response; return what it wraps"
    raise PluginError(message)
