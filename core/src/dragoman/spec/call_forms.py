"""Calls in other forms than that of a function: the older form, which has no id, and that of a tool that takes a text.

A call is sent in such a form only to an API that has it, and its result always in the form of the call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import TypeVar

import attrs

from dragoman.spec.message import Message
from dragoman.spec.parts import Part, ToolCall, ToolResult

_CALL = TypeVar("_CALL", ToolCall, ToolResult)
OLDER, CUSTOM = "function_call", "custom"
_INPUT = "input"
"""The member of an object that holds the text that such a tool takes."""
_REASON = "a tool that takes a text is not known here, so the text is sent as an argument"


def form_of(part: Part) -> str | None:
    """Return the form of a call or a result, ``None`` if it is that of a function."""
    form = part.metadata.get("type") if isinstance(part, ToolCall | ToolResult) else None
    return str(form) if form in {OLDER, CUSTOM} else None


def in_known_forms(
    messages: tuple[Message, ...], forms: Collection[str], note: Callable[[int, str, str, str], None]
) -> tuple[Message, ...]:
    """Return *messages* with each call in one of *forms* or in that of a function, and its result in the same.

    The older form has room for one call in a message. *note* records the position of a message with a text that is sent
    as the arguments of a function, the text, what is sent and the reason.
    """
    sent: dict[str, str | None] = {}
    fitted: list[Message] = []
    for index, message in enumerate(messages):
        is_only = len([call for call in message.of_type(ToolCall) if not call.server_side]) == 1
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolCall) and not part.server_side:
                form = form_of(part)
                sent[part.call_id] = form if form in forms and (is_only or form != OLDER) else None
                fits = _in_form(part, sent[part.call_id])
                if form == CUSTOM and sent[part.call_id] is None:
                    wrapped = json.dumps({_INPUT: part.arguments}, ensure_ascii=False)
                    note(index, part.arguments, wrapped, _REASON)
                    fits = attrs.evolve(fits, arguments=wrapped)
                parts.append(fits)
            else:
                parts.append(_in_form(part, sent.get(part.call_id)) if isinstance(part, ToolResult) else part)
        is_same = all(new is old for new, old in zip(parts, message.parts, strict=True))
        fitted.append(message if is_same else attrs.evolve(message, content=tuple(parts)))
    return tuple(fitted)


def _in_form(part: _CALL, form: str | None) -> _CALL:
    if form_of(part) == form:
        return part
    rest = {name: value for name, value in part.metadata.items() if name != "type"}
    return attrs.evolve(part, metadata=rest if form is None else {"type": form, **rest})
