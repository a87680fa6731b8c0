"""Conversations leave as plain data in the form of a vendor, and come back as the same conversation."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

import dragoman_anthropic
from dragoman import (
    Bytes,
    Conversation,
    Extension,
    InvalidRequestError,
    Media,
    Message,
    Reasoning,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
    read_conversation,
)
from dragoman_anthropic import to_anthropic
from dragoman_openai_compatible import to_openai

FORMS = {"openai": to_openai, "anthropic": to_anthropic}
WORDS = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()) and text == text.strip())
IMAGES = st.binary(max_size=20).map(lambda data: Media(source=Bytes(data=data), media_type="image/png"))
TEXTS = WORDS.map(lambda text: Text(text=text))
ARGUMENTS = st.dictionaries(WORDS, st.integers(-9, 9) | WORDS, max_size=2).map(json.dumps)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Draw a conversation that both forms express in full."""
    messages = [Message("system", draw(WORDS))] if draw(st.booleans()) else []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message("user", draw(st.lists(TEXTS | IMAGES, min_size=1, max_size=3))))
        calls = [
            ToolCall(name=draw(WORDS), call_id=f"c{turn}_{number}", arguments=draw(ARGUMENTS))
            for number in range(draw(st.integers(0, 2)))
        ]
        messages.append(Message("assistant", [draw(TEXTS), *calls]))
        messages += [
            Message("tool", [ToolResult(call_id=call.call_id, name=call.name, content=draw(WORDS))]) for call in calls
        ]
        if calls:
            messages.append(Message("assistant", draw(WORDS)))
    return messages


def said(messages: Conversation) -> list[tuple[str, Any]]:
    """Return who says what, part by part: a form may put several messages into one."""
    return [
        ("results" if isinstance(part, ToolResult) else str(message.role), _plain(part))
        for message in read_conversation(messages)
        for part in message.parts
    ]


def _plain(part: Any) -> Any:
    return attrs.evolve(part, arguments=json.dumps(part.parse())) if isinstance(part, ToolCall) else part


@pytest.mark.parametrize("form", FORMS)
@given(conversations())
def test_a_conversation_comes_back(form: str, messages: list[Message]) -> None:
    plain = FORMS[form](messages, on_unsupported="raise")

    assert json.loads(json.dumps(plain)) == plain
    assert said(plain) == said(messages)


@pytest.mark.parametrize("form", FORMS)
@given(conversations())
def test_one_form_becomes_another(form: str, messages: list[Message]) -> None:
    plain = FORMS[form](messages)

    assert said(to_anthropic(to_openai(plain))) == said(to_openai(to_anthropic(plain))) == said(messages)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_left_out_is_told(form: str) -> None:
    messages = [
        Message("user", "q"),
        Message("assistant", [Reasoning(text="hm", seal=Seal(issuer="elsewhere", payload="s")), Text(text="a")]),
    ]

    with pytest.warns(UserWarning, match="reasoning is dropped"):
        warned = FORMS[form](messages)

    assert warned == FORMS[form](messages, on_unsupported="adjust")
    assert "hm" not in json.dumps(warned)
    with pytest.raises(UnsupportedError, match="reasoning is dropped"):
        FORMS[form](messages, on_unsupported="raise")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "part",
    [
        Media(source=Url(url="https://media.example/v.mp4"), media_type="video/mp4"),
        Extension(kind="elsewhere.thing", value={}),
        Reasoning(text="hm"),
    ],
)
def test_what_a_caller_says_is_not_left_out(form: str, part: Any) -> None:
    with pytest.raises((UnsupportedError, InvalidRequestError)):
        FORMS[form]([Message("user", [Text(text="q"), part])], on_unsupported="adjust")


@pytest.mark.parametrize("form", FORMS)
def test_a_call_may_still_wait_for_its_result_and_a_failure_is_told(form: str) -> None:
    call = ToolCall(name="docs.find", call_id="c", arguments="{}")
    failed = Message("tool", [ToolResult(call_id="c", name="docs.find", content="no disk", outcome="error")])
    asked = [Message("user", "q"), Message("assistant", [call])]

    waiting = FORMS[form](asked)
    answered = json.dumps(FORMS[form]([*asked, failed], on_unsupported="adjust"))

    assert "docs.find" in json.dumps(waiting)
    assert "no disk" in answered
    assert "failed" in answered or "is_error" in answered


def test_our_own_reasoning_goes_back_where_it_was_made() -> None:
    made = Reasoning(text="hm", seal=Seal(issuer="anthropic", payload="signed"))
    plain = to_anthropic([Message("user", "q"), Message("assistant", [made, Text(text="a")])], on_unsupported="raise")

    assert plain[1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": "signed"}
    assert read_conversation(plain, "anthropic")[1].parts[0] == made


@pytest.mark.parametrize("form", FORMS)
def test_a_prompt_is_a_conversation(form: str) -> None:
    assert FORMS[form]("Hello") == [{"role": "user", "content": "Hello"}]


def test_only_what_is_there_is_imported() -> None:
    with pytest.raises(AttributeError, match="to_nobody"):
        dragoman_anthropic.to_nobody  # noqa: B018


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", [["hello"], [Message("user", "x"), "y"], [{"role": "bot", "content": "x"}]])
def test_what_is_no_message_is_refused(form: str, wrong: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"messages\["):
        FORMS[form](wrong)


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="on_unsupported"):
        to_openai("x", on_unsupported="rais")  # type: ignore[arg-type]
