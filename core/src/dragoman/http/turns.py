"""The turns of a conversation in which two roles alternate, as blocks, with what a model takes of them as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from dragoman.http.part_blocks import Block, BlockEncoder
from dragoman.spec._value import value
from dragoman.spec.parts import Text
from dragoman.spec.result_order import WORDS_BETWEEN

Turn: TypeAlias = tuple[str, list[Block]]
"""The role of a turn, and its blocks."""

FIRST_WORDS = "(The conversation begins with your answer.)"
"""What the user says before an answer, where a model takes no conversation that begins with one."""


@value(kw_only=True)
class TurnRules:
    """Describe the turns that a model takes.

    Args:
        kind: returns the kind of a block.
        result: the kind of the results of tools, which come first in a turn.
        mark: the kind of blocks that end a prefix to be cached, ``None`` if there are none. A turn with one keeps the
            order of its blocks.
        user: the role of turns of the user.
        model: the role of turns of the model.
        may_begin: whether a conversation may begin with an answer.
        text: the kind of texts.
        with_text: the kinds that stand only in a turn with a text.
        beside_results: the kinds that may stand in one turn with the results of tools, ``None`` for any.

    """

    kind: Callable[[Block], str]
    result: str
    mark: str | None = None
    user: str = "user"
    model: str = "assistant"
    may_begin: bool = True
    text: str = "text"
    with_text: frozenset[str] = frozenset()
    beside_results: frozenset[str] | None = None


def merged_turns(messages: Iterable[Turn], rules: TurnRules) -> list[Turn]:
    """Return alternating turns; the results of tools come first in those of the user.

    Args:
        messages: the role and the blocks of each message; messages without blocks are left out.
        rules: which blocks are results.

    """
    turns: list[Turn] = []
    for role, group in groupby((each for each in messages if each[1]), itemgetter(0)):
        blocks = [block for _, each in group for block in each]
        if role == rules.user and not any(rules.kind(block) == rules.mark for block in blocks):
            blocks.sort(key=lambda block: rules.kind(block) != rules.result)
        turns.append((role, blocks))
    return turns


def fit_turns(turns: list[Turn], rules: TurnRules, encoder: BlockEncoder) -> list[Turn]:
    """Return alternating turns as the model takes them, with an adjustment for each turn that was added.

    Args:
        turns: at least one turn.
        rules: what the model takes.
        encoder: records the adjustments, and encodes the words of the turns that are added.

    """
    if turns[0][0] != rules.user and not rules.may_begin:
        reason = "the model requires a user message first, so one was added"
        encoder.adjust("emulated", "messages", reason, sent=FIRST_WORDS)
        turns = [(rules.user, [encoder.text(Text(text=FIRST_WORDS))]), *turns]
    if rules.with_text:
        turns = [_with_text(turn, rules, encoder) for turn in turns]
    if rules.beside_results is None:
        return turns
    return [part for turn in turns for part in _split(turn, rules, rules.beside_results, encoder)]


def _with_text(turn: Turn, rules: TurnRules, encoder: BlockEncoder) -> Turn:
    """Return a turn with words if it holds what the model takes only beside a text."""
    role, blocks = turn
    kinds = {rules.kind(block) for block in blocks}
    if rules.text in kinds or kinds.isdisjoint(rules.with_text):
        return turn
    kind = next(kind for kind in map(rules.kind, blocks) if kind in rules.with_text)
    words = f"Here is a {kind}."
    encoder.adjust("emulated", "messages", f"a {kind} needs a text beside it, so one was added", sent=words)
    return role, [*blocks, encoder.text(Text(text=words))]


def _split(turn: Turn, rules: TurnRules, beside: frozenset[str], encoder: BlockEncoder) -> Iterable[Turn]:
    """Yield a turn, in three if it is the user's and has results and what may not stand beside them."""
    role, blocks = turn
    results = [block for block in blocks if rules.kind(block) == rules.result]
    others = [block for block in blocks if rules.kind(block) != rules.result]
    if role != rules.user or not results or all(rules.kind(block) in beside for block in others):
        yield turn
        return
    reason = "the model takes nothing of this kind beside the results of tools, so a turn of its own was added"
    encoder.adjust("emulated", "messages", reason, sent=WORDS_BETWEEN)
    while rules.kind(others[0]) == rules.mark:  # it ends a prefix that ends with the results
        results.append(others.pop(0))
    yield role, results
    yield rules.model, [encoder.text(Text(text=WORDS_BETWEEN))]
    yield role, others
