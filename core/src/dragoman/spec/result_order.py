"""Put the results of calls where an API wants them: in the order of the calls, or directly before the next answer."""

from __future__ import annotations

from itertools import pairwise

import attrs

from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Part, ToolCall, ToolResult
from dragoman.spec.response import Adjustment

WORDS_BETWEEN = "I have the results."
"""What the model says between the results of tools and what it does not take beside or after them."""
_LAST = 1 << 30


def placed_results(
    messages: tuple[Message, ...], rules: HistoryRules, *, by: str
) -> tuple[tuple[Message, ...], list[Adjustment]]:
    """Return *messages* with the results where an API wants them, and a note if the model gets words of its own."""
    placed = messages if rules.input_after_results else with_words_between(messages)
    notes: list[Adjustment] = []
    if placed is not messages:
        reason = "the model takes no message between the results of tools and its own, so one of its own was added"
        notes = [Adjustment(kind="emulated", feature="messages", sent=WORDS_BETWEEN, reason=reason, by=by)]
    return (in_order_of_calls(placed) if rules.results_in_order else placed), notes


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


def with_words_between(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Return *messages* with words of the assistant after results that something else follows than its message.

    The same tuple is returned if nothing does. A message with results and something else becomes two.
    """
    apart: list[Message] = []
    for message in messages:
        results = _results(message)
        rest = tuple([part for part in message.parts if not _is_result(part)]) if results else message.parts
        if results and rest:
            apart.append(attrs.evolve(message, content=results))
            message = attrs.evolve(message, content=rest)  # noqa: PLW2901  # what follows the results
        is_next = message.role != Role.ASSISTANT and bool(rest or not results)
        if is_next and apart and _results(apart[-1]):
            apart.append(Message("assistant", WORDS_BETWEEN))
        apart.append(message)
    return messages if len(apart) == len(messages) else tuple(apart)


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


def _results(message: Message) -> tuple[Part, ...]:
    return () if message.role == Role.ASSISTANT else tuple(filter(_is_result, message.parts))


def _is_result(part: Part) -> bool:
    return isinstance(part, ToolResult)


def _with_results(message: Message, parts: list[Part]) -> Message:
    is_same = all(new is old for new, old in zip(parts, message.parts, strict=True))
    return message if is_same else attrs.evolve(message, content=tuple(parts))
