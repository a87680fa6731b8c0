"""Conversations that end with the beginning of an answer, for models that do not continue one."""

from __future__ import annotations

from dragoman.spec.capabilities import Capabilities, Policy, Support
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.message import Message
from dragoman.spec.parts import Extension, ToolCall, ToolResult
from dragoman.spec.request import ChatRequest
from dragoman.spec.request_fitting import enforce
from dragoman.spec.response import Adjustment

_ANEW = "the model begins a new answer instead of continuing the last one"


def check_prefill(
    request: ChatRequest, capabilities: Capabilities, policy: Policy | None, by: str
) -> tuple[Adjustment, ...]:
    """Return what happens to the beginning of an answer at the end of a conversation.

    A paused answer, which ends with a tool of the vendor, is no such beginning.

    Raises:
        UnsupportedError: if the model refuses it, or begins anew and *policy* is to raise.

    """
    cap, last = capabilities.prefill, request.messages[-1]
    if cap.support not in {Support.NO, Support.CONDITIONAL} or _is_paused(last):
        return ()
    if cap.support is Support.NO:
        why = f" ({cap.note})" if cap.note else ""
        message = (
            f"{request.model} does not continue the beginning of an answer{why}, but the conversation ends with one, "
            f"messages[{len(request.messages) - 1}] of the assistant; remove it, or add a message of the user"
        )
        raise UnsupportedError(message, model=request.model, parameter="messages")
    note = Adjustment(kind="downgraded", feature="prefill", asked=last.content, reason=cap.note or _ANEW, by=by)
    enforce([note], policy or "adjust")
    return (note,)


def _is_paused(message: Message) -> bool:
    part = message.parts[-1] if message.parts else None
    return isinstance(part, ToolResult | Extension) or (isinstance(part, ToolCall) and part.server_side)


__all__ = ["check_prefill"]
