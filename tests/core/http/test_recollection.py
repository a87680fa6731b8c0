from __future__ import annotations

from collections.abc import Sequence
from copy import copy, deepcopy
from typing import Any

import attrs

from dragoman import Media, Message, Reasoning, Text, ToolCall, ToolResult, Url
from dragoman.http.openai_messages import MessageEncoder, MessageRules
from dragoman.http.recollection import keep, recall


class Counted:
    """Count how often reasoning is encoded: once for each walk through a message."""

    def __init__(self) -> None:
        self.walks = 0

    def replay(self, _: Sequence[Reasoning]) -> dict[str, Any]:
        self.walks += 1
        return {}


def conversation(turns: int) -> list[Message]:
    return [
        Message("user", [Text(text="look"), Media(source=Url(url="https://a.test/b.png"), media_type="image/png")]),
        *[Message("assistant", [Reasoning(text="hm"), Text(text=f"turn {number}")]) for number in range(turns)],
        Message("tool", [ToolResult(call_id="c", name="n", content=(Text(text="ok"),))]),
    ]


def test_a_conversation_of_two_hundred_turns_is_walked_through_once() -> None:
    counted = Counted()
    rules = MessageRules(issuer="acme", replay_reasoning=counted.replay)
    messages = conversation(200)
    first = MessageEncoder(rules=rules)
    encoded = first.encode(messages)
    assert counted.walks == 200
    again = MessageEncoder(rules=rules)
    assert again.encode([*messages, Message("assistant", [Reasoning(text="new")])]) == [
        *encoded,
        {"role": "assistant", "content": ""},
    ]
    assert counted.walks == 201
    assert again.adjustments[:-1] == first.adjustments != []


def test_other_rules_encode_anew() -> None:
    messages = conversation(1)
    other = MessageRules(issuer="other", replay_reasoning=lambda reasoning: {"thoughts": reasoning[0].text})
    MessageEncoder(rules=MessageRules(issuer="acme")).encode(messages)
    assert MessageEncoder(rules=other).encode(messages)[1]["thoughts"] == "hm"


def test_members_added_to_a_body_stay_in_that_body() -> None:
    rules, messages = MessageRules(issuer="acme"), conversation(1)
    MessageEncoder(rules=rules).encode(messages)[1]["cache"] = True
    assert "cache" not in MessageEncoder(rules=rules).encode(messages)[1]


def test_what_is_kept_is_no_part_of_the_message() -> None:
    message = Message("assistant", [ToolCall(name="n", call_id="c")])
    twin = Message("assistant", [ToolCall(name="n", call_id="c")])
    rules = object()
    keep(message, rules, "kept")
    assert recall(message, rules) == "kept"
    assert recall(message, object()) is None
    assert message == twin
    assert repr(message) == repr(twin)
    for other in (copy(message), deepcopy(message), attrs.evolve(message), Message.from_dict(message.to_dict())):
        assert recall(other, rules) is None
