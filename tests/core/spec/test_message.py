from __future__ import annotations

from typing import Any

import pytest

from dragoman import Bytes, ChatRequest, InvalidRequestError, Media, Message, Reasoning, Role, Text, ToolCall
from dragoman.spec.message import changeable


def test_a_message_is_made_as_in_the_reference() -> None:
    message = Message(role="user", content="Hello")
    assert (message.role, message.content, message.parts) == (Role.USER, "Hello", (Text(text="Hello"),))
    assert Message("user", "").parts == ()


def test_developer_is_read_as_system() -> None:
    assert Message("developer", "Be brief.").role == Role.SYSTEM


def test_content_is_the_text_without_reasoning() -> None:
    message = Message("assistant", [Reasoning(text="hm"), Text(text="a"), Text(text="b")])
    assert message.content == "ab"
    assert message.of_type(Reasoning) == (Reasoning(text="hm"),)


def test_one_part_need_not_be_listed() -> None:
    assert Message("user", Text(text="Hi")).parts == (Text(text="Hi"),)


@pytest.mark.parametrize(
    ("role", "content", "problem"),
    [
        (5, "x", "role of a message must be a string, not int"),
        ("user", 5, "a string or parts, not int"),
        ("user", [Text(text="a"), "b"], "part 1 of a message is str; text is a part as Text"),
        ("user", {"type": "text"}, "part 0 of a message is str"),
    ],
)
def test_what_is_no_message_is_refused(role: Any, content: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        Message(role, content)


@pytest.mark.parametrize(
    ("message", "data"),
    [
        (Message("user", "Hi"), {"role": "user", "content": "Hi"}),
        (Message("assistant", ()), {"role": "assistant", "content": ""}),
        (Message("user", "Hi", name="Ada"), {"role": "user", "content": "Hi", "name": "Ada"}),
        (
            Message("assistant", [ToolCall(name="f", call_id="1", arguments="{}")]),
            {"role": "assistant", "content": [{"type": "tool_call", "name": "f", "call_id": "1", "arguments": "{}"}]},
        ),
        (
            Message("user", [Media(source=Bytes(data=b"abc"), media_type="image/png")]),
            {
                "role": "user",
                "content": [{"type": "media", "source": {"type": "bytes", "data": "YWJj"}, "media_type": "image/png"}],
            },
        ),
        (Message("user", [Text(text="")]), {"role": "user", "content": [{"type": "text", "text": ""}]}),
    ],
)
def test_plain_data_says_it_shortly_and_is_read_back(message: Message, data: dict[str, Any]) -> None:
    assert message.to_dict() == data
    assert Message.from_dict(data) == message


def test_null_content_is_no_content() -> None:
    assert Message.from_dict({"role": "assistant", "content": None}).parts == ()


def test_to_dict_gives_new_data_each_time() -> None:
    message = Message("user", "Hi")
    message.to_dict()["content"] = "changed"
    assert message.to_dict() == {"role": "user", "content": "Hi"}


def test_options_are_kept_as_data_and_must_be_a_mapping() -> None:
    message = Message("user", "a", options={"acme": {"prefix": True}})
    assert Message.from_dict(message.to_dict()) == message
    assert "options" not in Message("user", "a").to_dict()
    wrong: Any = "b"
    with pytest.raises(InvalidRequestError, match=r"options of messages\[0\] must be a mapping"):
        ChatRequest(model="m", messages=(Message("user", "a", options=wrong),))


def test_what_can_be_modified_in_place_is_found_once() -> None:
    message = Message("user", [Text(text="Hi", metadata={"a": 1})])
    ChatRequest(model="m", messages=[message])
    assert changeable(message) is changeable(message)
