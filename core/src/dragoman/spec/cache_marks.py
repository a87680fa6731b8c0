"""Marks of the prefixes of a request that a vendor shall cache, where it wants marks.

Marked are the ends of what comes before all else and seldom changes: the tools, the instructions of the system, and the
conversation so far. A vendor reads the longest prefix that it has cached.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import attrs

from dragoman.spec.capabilities import UNKNOWN, Cap, Capabilities, Policy, Support
from dragoman.spec.history_rules import CACHE_MARK
from dragoman.spec.media import Media
from dragoman.spec.message import Message, Role
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import Part, Text, ToolCall, ToolResult
from dragoman.spec.request import ChatRequest, CompletionRequest, Tool
from dragoman.spec.request_fitting import enforce
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)

_SHORT, _LONG = "5m", "1h"
_CACHE = "cache"


def fit_cache(
    request: R, capabilities: Capabilities, policy: Policy | None, by: str
) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* with marks in place of its setting ``cache``, and what differs from what was asked.

    Args:
        request: the request, whose setting ``cache`` is set.
        capabilities: what its model accepts.
        policy: what to do where the API has no marks, or not for so long.
        by: recorded in each adjustment as the component that decided.

    Raises:
        UnsupportedError: under the policy ``raise``, if not all of it is sent.

    """
    asked = request.settings.cache
    cap = capabilities.settings.get(_CACHE, UNKNOWN)
    reason = _refusal(request, capabilities, cap)
    sent = None if reason else _lifetime(asked, cap)
    fitted: Any = attrs.evolve(request, settings=attrs.evolve(request.settings, cache=None))
    if sent is not None:
        fitted = _marked(fitted, sent)
    if sent == (_SHORT if asked == "auto" else asked):
        return fitted, ()
    kind = "dropped" if sent is None else "coerced"
    reason = reason or cap.note or f"{request.model} caches for {', '.join(sorted(cap.values or ()))} alone"
    note = Adjustment(kind=kind, feature=_CACHE, asked=asked, sent=sent, reason=reason, by=by)
    if request.settings.is_given(_CACHE):
        enforce((note,), policy or "adjust")
    return fitted, (note,)


def _lifetime(asked: str | None, cap: Cap) -> str | None:
    """Return for how long a prefix can be cached, which is as asked if that is possible."""
    wanted = _SHORT if asked == "auto" else asked
    if cap.values is None or wanted in cap.values:
        return wanted
    return _SHORT if _SHORT in cap.values else None


def _refusal(request: ChatRequest | CompletionRequest, capabilities: Capabilities, cap: Cap) -> str:
    """Return why no marks are sent, an empty string if they are."""
    if isinstance(request, CompletionRequest):
        return "a prompt has no marks of a cached prefix; give a conversation"
    if cap.support is Support.NO:
        return cap.note or f"{request.model} has no marks of a cached prefix"
    if capabilities.history.cache_marks is None:
        return (
            f"{request.model} is called through an API without marks of a cached prefix, "
            "which caches by itself, if it does at all"
        )
    if _has_marks(request):
        return "the messages or tools have marks of their own, which are sent as they are"
    return ""


def _has_marks(request: ChatRequest) -> bool:
    issuers = [part.options for message in request.messages for part in message.parts]
    tools = [tool.options for tool in request.tools if isinstance(tool, Tool)]
    if any(CACHE_MARK in part.metadata for message in request.messages for part in message.parts):
        return True
    return any(_holds_mark(options) for options in (*issuers, *tools))


def _holds_mark(options: Any) -> bool:
    return CACHE_MARK in options or any(isinstance(own, dict) and CACHE_MARK in own for own in options.values())


def _marked(request: ChatRequest, lifetime: str) -> ChatRequest:
    """Return *request* with a mark at the end of its tools, of the system's instructions and of the conversation."""
    mark: dict[str, JSON] = {"type": "ephemeral"}
    if lifetime == _LONG:
        mark["ttl"] = _LONG
    messages = list(request.messages)
    system = [index for index, message in enumerate(messages) if message.role == Role.SYSTEM]
    for index in {len(messages) - 1, *system[-1:]}:
        messages[index] = _marked_message(messages[index], mark)
    tools = list(request.tools)
    last = next((index for index in reversed(range(len(tools))) if isinstance(tools[index], Tool)), None)
    if last is not None:
        tool = cast("Tool", tools[last])
        tools[last] = attrs.evolve(tool, options={**tool.options, CACHE_MARK: mark})
    return attrs.evolve(request, messages=tuple(messages), tools=tuple(tools))


def _marked_message(message: Message, mark: dict[str, JSON]) -> Message:
    parts = list(message.parts)
    last = next((index for index in reversed(range(len(parts))) if _can_be_marked(parts[index])), None)
    if last is None:
        return message
    parts[last] = attrs.evolve(parts[last], metadata={**parts[last].metadata, CACHE_MARK: mark})
    return attrs.evolve(message, content=tuple(parts))


def _can_be_marked(part: Part) -> bool:
    """Return whether a vendor takes a mark at a part: not at reasoning, nor at a blank text."""
    return bool(part.text.strip()) if isinstance(part, Text) else isinstance(part, Media | ToolCall | ToolResult)
