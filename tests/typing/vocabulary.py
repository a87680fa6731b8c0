"""What a type checker must see in the vocabulary; checked, never run."""

from __future__ import annotations

from typing import Any, assert_type

from dragoman.spec.message import Message, Role
from dragoman.spec.parts import Text, ToolCall


def a_message_is_text_and_parts(message: Message, data: dict[str, Any]) -> None:
    assert_type(message.role, Role)
    assert_type(message.content, str)
    assert_type(message.to_dict(), dict[str, Any])
    assert_type(Message.from_dict(data), Message)


def parts_are_found_by_their_class(message: Message) -> None:
    assert_type(message.of_type(Text), tuple[Text, ...])
    assert_type(message.of_type(ToolCall), tuple[ToolCall, ...])


def a_role_may_be_any_string() -> None:
    Message("user", "Hello")
    Message(Role.ASSISTANT, [Text(text="Hello")])
    Message("critic", "Hm.")
