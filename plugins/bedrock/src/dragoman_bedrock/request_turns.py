"""The turns of a conversation as the family of a model takes them.

Converse hands a conversation on to the template of each model, and what those refuse is an error 400 of the model:
https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html, and models of pydantic-ai 2.68.0,
whose recordings show what is taken; read on 2026-11-28.
"""

from __future__ import annotations

from collections.abc import Iterable

from dragoman.http import Block
from dragoman_bedrock.models import Family
from dragoman_bedrock.request_parts import PartEncoder

_FIRST_WORDS = "(The conversation begins with your answer.)"
_WORDS_BETWEEN = "I have the results."
_MARK = "cachePoint"


def adapted_turns(turns: list[Block], known: Family, encoder: PartEncoder) -> list[Block]:
    """Return alternating turns as the family takes them, with a note of each turn that was added.

    Args:
        turns: the turns, in each of which the results of tools come first.
        known: what is known of the model.
        encoder: records what differs.

    """
    if turns[0]["role"] == "assistant" and not known.may_begin:
        reason = "the model requires a user message first, so one was added"
        encoder.adjust("emulated", "messages", reason, sent=_FIRST_WORDS)
        turns = [_turn("user", [{"text": _FIRST_WORDS}]), *turns]
    beside = known.beside_results
    if beside is None:
        return turns
    return [each for turn in turns for each in (_split(turn, beside, encoder) if turn["role"] == "user" else [turn])]


def _split(turn: Block, beside: frozenset[str], encoder: PartEncoder) -> Iterable[Block]:
    """Yield a turn of the user, in three where it has results and what may not stand beside them."""
    results = [block for block in turn["content"] if "toolResult" in block]
    others = [block for block in turn["content"] if "toolResult" not in block]
    if not results or all(block.keys() <= beside for block in others):
        yield turn
        return
    reason = "the model takes nothing of this kind beside the results of tools, so a turn of its own was added"
    encoder.adjust("emulated", "messages", reason, sent=_WORDS_BETWEEN)
    while others and _MARK in others[0]:  # it ends a prefix that ends with the results
        results.append(others.pop(0))
    yield _turn("user", results)
    yield _turn("assistant", [{"text": _WORDS_BETWEEN}])
    yield _turn("user", others)


def _turn(role: str, content: list[Block]) -> Block:
    return {"role": role, "content": content}
