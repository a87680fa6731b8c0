from __future__ import annotations

import gc
from collections.abc import Sequence
from copy import copy, deepcopy
from typing import Any

import attrs
import pytest

from dragoman import Media, Message, Reasoning, Seal, Text, ToolCall, ToolResult, Url
from dragoman.http import encoding_cache
from dragoman.http.encoding_cache import cache_encoding, cached_encoding
from dragoman_openai_compatible.chat_messages import MessageEncoder, MessageRules
from dragoman_openai_compatible.responses_input import InputEncoder


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
    cache_encoding(message, rules, "kept")
    assert cached_encoding(message, rules) == "kept"
    assert cached_encoding(message, object()) is None
    assert message == twin
    assert repr(message) == repr(twin)
    for other in (copy(message), deepcopy(message), attrs.evolve(message), Message.from_dict(message.to_dict())):
        assert cached_encoding(other, rules) is None


class TestItems:
    """Those of the Responses API, whose rules are created for each request, and whose results follow their calls."""

    def test_rules_that_are_alike_are_the_same(self) -> None:
        messages = conversation(2)
        first, again = InputEncoder(issuer="acme"), InputEncoder(issuer="acme")
        assert again.encode(messages) == first.encode(messages)
        assert again.adjustments == first.adjustments
        assert all(one is other for one, other in zip(again.adjustments, first.adjustments, strict=True))
        assert len(first.adjustments) == 2

    @pytest.mark.parametrize(
        "rules",
        [{"issuer": "acme"}, {"system_role": "developer"}, {"stored": False}, {"reasoning_leads": False}],
        ids=str,
    )
    def test_other_rules_encode_anew(self, rules: dict[str, Any]) -> None:
        usual: dict[str, Any] = {"issuer": "near", "system_role": "system", "stored": True, "reasoning_leads": True}
        seal = Seal(issuer="near", payload={"type": "reasoning", "id": "rs_1"})
        thought = Message("assistant", [Reasoning(text="hm", seal=seal)])
        messages = [Message("system", "Be brief."), thought, Message("assistant", [*thought.parts, Text(text="So.")])]
        before = InputEncoder(**usual).encode(messages)
        other = InputEncoder(**usual | rules).encode(messages)
        assert other != before
        assert other == InputEncoder(**usual | rules).encode([Message.from_dict(each.to_dict()) for each in messages])
        assert InputEncoder(**usual).encode(messages) == before

    def test_members_added_to_a_body_stay_in_that_body(self) -> None:
        messages = conversation(1)
        InputEncoder(issuer="acme").encode(messages)[1]["cache"] = True
        assert "cache" not in InputEncoder(issuer="acme").encode(messages)[1]

    def test_a_result_goes_by_the_call_that_it_answers(self) -> None:
        result = Message("tool", [ToolResult(call_id="c", name="n", content="ok")])
        for kind, sent in [("custom", "custom_tool_call_output"), ("function", "function_call_output")] * 2:
            call = Message("assistant", [ToolCall(name="n", call_id="c", metadata={"type": kind})])
            assert InputEncoder(issuer="acme").encode([call, result])[1]["type"] == sent


def test_nothing_is_kept_of_what_cannot_be_compared() -> None:
    message = Message("user", [Text(text="x", metadata={"a": 1})])
    object.__setattr__(message, "_changeable", (object(),))
    cache_encoding(message, cache_encoding, "encoded")
    assert cached_encoding(message, cache_encoding) is None


def test_what_holds_an_object_of_another_kind_by_now_is_encoded_again() -> None:
    value: dict[str, Any] = {"a": 1}
    message = Message("user", [Text(text="x", metadata=value)])
    cache_encoding(message, cache_encoding, "encoded")
    assert cached_encoding(message, cache_encoding) == "encoded"
    value["a"] = object()
    assert cached_encoding(message, cache_encoding) is None


def test_an_encoding_is_forgotten_with_its_message() -> None:
    rules = object()
    message = Message("user", "a message of its own")
    gc.collect()  # messages of other tests
    before = len(encoding_cache._encodings)  # noqa: SLF001  # nothing public counts them
    cache_encoding(message, rules, "first")
    cache_encoding(message, rules, "second")
    assert cached_encoding(message, rules) == "second"
    assert len(encoding_cache._encodings) == before + 1  # noqa: SLF001
    del message
    gc.collect()
    assert len(encoding_cache._encodings) == before  # noqa: SLF001
