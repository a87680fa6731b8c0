"""Put the results of calls into the order of the calls, for an API that pairs them by name and order."""

from __future__ import annotations

from itertools import pairwise

import attrs

from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Part, ToolCall, ToolResult

_LAST = 1 << 30


def in_order_of_calls(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return *messages* with the results after each message with calls in their order; the same tuple if they are.

    Everything else keeps its place, so results change places with each other, also across messages.
    """
    ordered = list(messages)
    starts = [index for index, message in enumerate(messages) if message.role == Role.ASSISTANT]
    for start, end in pairwise([*starts, len(messages)]):
        order = {call.call_id: number for number, call in enumerate(messages[start].of_type(ToolCall))}
        if len(order) > 1:
            ordered[start + 1 : end] = _ordered(messages[start + 1 : end], order)
    return messages if all(new is old for new, old in zip(ordered, messages, strict=True)) else tuple(ordered)


def _ordered(messages: tuple[Message, ...], order: dict[str, int]) -> list[Message]:
    results = [result for message in messages for result in message.of_type(ToolResult)]
    following = sorted(results, key=lambda result: order.get(result.call_id, _LAST))
    if all(new is old for new, old in zip(following, results, strict=True)):
        return list(messages)
    left = iter(following)
    return [
        _with_results(message, [next(left) if _is_result(part) else part for part in message.parts])
        for message in messages
    ]


def _is_result(part: Part) -> bool:
    return isinstance(part, ToolResult)


def _with_results(message: Message, parts: list[Part]) -> Message:
    is_same = all(new is old for new, old in zip(parts, message.parts, strict=True))
    return message if is_same else attrs.evolve(message, content=tuple(parts))
