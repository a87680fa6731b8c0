"""The core as a plugin: it implements the call hooks with the provider's own methods, if no other plugin does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dragoman.spec._value import value
from dragoman.spec.hookspecs import Binding, hookimpl
from dragoman.spec.provider import ChatCall, CompletionCall, StreamCall

if TYPE_CHECKING:
    from dragoman.spec.operations import OperationCall


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
