"""Definitions of the tools that a conversation has called, for APIs that require them even if no tool is offered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dragoman.spec.message import Message
from dragoman.spec.parts import ToolCall
from dragoman.spec.request import Tool, ToolChoice
from dragoman.spec.response import Adjustment


def defined_tools(messages: Iterable[Message], adjustments: list[Adjustment], by: str) -> dict[str, Any]:
    """Return the tools and the choice of a request that offers none; each tool takes any arguments, none may be called.

    Args:
        messages: the conversation, with the names of tools under which they are sent.
        adjustments: the record of the changes, to which this one is added.
        by: recorded as the component that decided.

    """
    calls = (call for message in messages for call in message.of_type(ToolCall) if not call.server_side)
    names = list(dict.fromkeys(call.name for call in calls))
    reason = "the definitions of the tools that a conversation has called are required; none may be called"
    adjustments.append(
        Adjustment(kind="emulated", feature="tools", asked="none", sent=", ".join(names), reason=reason, by=by)
    )
    return {
        "tools": tuple([Tool(name=name, schema={"type": "object"}) for name in names]),
        "tool_choice": ToolChoice("none"),
    }
