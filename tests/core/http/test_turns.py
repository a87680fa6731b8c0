"""The turns of two roles, as a model takes them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from core.http.test_part_blocks import Acme
from dragoman.http import Block, BlockEncoder, TurnRules, fit_turns, merged_turns

RULES = TurnRules(kind=lambda block: next(iter(block)), result="result", mark="mark")
ALONE = attrs.evolve(RULES, beside_results=frozenset({"mark"}))
FIRST, BETWEEN = "(The conversation begins with your answer.)", "I have the results."


def text(words: str) -> Block:
    return {"text": words}


def result(number: int) -> Block:
    return {"result": number}


MARK: Block = {"mark": True}


def fitted(turns: Any, rules: TurnRules) -> tuple[Any, list[Any]]:
    encoder: BlockEncoder = Acme()
    return fit_turns(turns, rules, encoder), [each.sent for each in encoder.adjustments]


def test_messages_of_one_role_are_one_turn_in_which_results_come_first():
    answer = ("assistant", [text("c"), result(9)])
    messages = [("user", [text("a"), result(1)]), ("user", [result(2), text("b")]), answer]
    assert merged_turns(messages, RULES) == [
        ("user", [result(1), result(2), text("a"), text("b")]),
        answer,
    ]


def test_a_message_without_blocks_is_no_turn():
    assert merged_turns([("user", [text("a")]), ("assistant", []), ("user", [text("b")])], RULES) == [
        ("user", [text("a"), text("b")])
    ]


def test_a_turn_with_a_mark_keeps_its_order():
    marked = [text("a"), MARK, result(1)]
    assert merged_turns([("user", marked)], RULES) == [("user", marked)]
    without = attrs.evolve(RULES, mark=None)
    assert merged_turns([("user", [text("a"), result(1)])], without) == [("user", [result(1), text("a")])]


def test_a_conversation_that_begins_with_an_answer_gets_words_of_the_user_where_they_are_needed():
    turns = [("assistant", [text("a")]), ("user", [text("b")])]
    assert fitted(turns, RULES) == (turns, [])
    needed = attrs.evolve(RULES, may_begin=False)
    assert fitted(turns, needed) == ([("user", [text(FIRST)]), *turns], [FIRST])
    assert fitted(turns[1:], needed) == (turns[1:], [])


@pytest.mark.parametrize(
    "blocks",
    [[text("a")], [result(1)], [result(1), MARK], [result(1), result(2)]],
)
def test_what_may_stand_together_stays_together(blocks):
    assert fitted([("user", blocks)], ALONE) == ([("user", blocks)], [])
    assert fitted([("user", [result(1), text("a")])], RULES) == ([("user", [result(1), text("a")])], [])


def test_what_a_model_does_not_take_beside_results_has_a_turn_of_its_own():
    asked = [("user", [result(1), MARK, text("a"), MARK]), ("assistant", [text("b"), result(9)])]
    assert fitted(asked, ALONE) == (
        [
            ("user", [result(1), MARK]),
            ("assistant", [text(BETWEEN)]),
            ("user", [text("a"), MARK]),
            ("assistant", [text("b"), result(9)]),
        ],
        [BETWEEN],
    )


def test_the_roles_have_the_names_of_the_api():
    rules = attrs.evolve(ALONE, user="human", model="ai", may_begin=False)
    turns, _ = fitted([("ai", [text("a")]), ("human", [result(1), text("b")])], rules)
    assert [role for role, _ in turns] == ["human", "ai", "human", "ai", "human"]


def test_what_needs_a_text_beside_it_gets_one():
    rules = attrs.evolve(RULES, with_text=frozenset({"document"}))
    document: Block = {"document": 1}
    words = text("Here is a document.")
    told = ("user", [text("a"), document])
    answer = ("assistant", [text("b")])
    assert fitted([told, answer, ("user", [document])], rules) == (
        [told, answer, ("user", [document, words])],
        ["Here is a document."],
    )
    assert fitted([("user", [document])], RULES) == ([("user", [document])], [])
