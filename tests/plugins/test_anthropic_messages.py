from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from dragoman import (
    Bytes,
    ChatRequest,
    Citation,
    Data,
    Extension,
    FileRef,
    InlineText,
    InvalidRequestError,
    Media,
    Message,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman_anthropic.dialect import AnthropicMessages
from plugins.anthropic_calls import WEATHER, encoded, fitted, kinds, wire


def test_conversation_of_text() -> None:
    body = encoded(Message("system", "Be brief."), Message("user", "hi"), settings={"temperature": 0.5, "stop": "END"})

    assert body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.5,
        "stop_sequences": ["END"],
    }


def test_path_and_body_of_a_stream_request() -> None:
    sent = wire(stream=True)

    assert (sent.method, sent.url, json.loads(sent.body)["stream"]) == ("POST", "/messages", True)


def test_max_tokens_is_sent_even_if_not_given() -> None:
    request = ChatRequest(model="claude-sonnet-4-5", messages=(Message("user", "hi"),))
    sent = AnthropicMessages().encode(request, stream=False)

    assert json.loads(sent.body or b"")["max_tokens"] == 64_000
    assert kinds(sent) == [("coerced", "max_tokens")]


def test_messages_of_one_role_are_merged_and_tool_results_come_first() -> None:
    body = encoded(
        Message("user", "one"),
        Message("user", "two"),
        Message("assistant", [ToolCall(name="weather", call_id="a"), ToolCall(name="weather", call_id="b")]),
        Message("user", "by the way"),
        Message("tool", ToolResult(call_id="a", name="weather", content="dry")),
        Message("tool", ToolResult(call_id="b", name="weather", content="wet", outcome="error")),
    )

    first, calls, results = body["messages"]
    assert first == {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}
    assert [block["input"] for block in calls["content"]] == [{}, {}]
    assert results["content"] == [
        {"type": "tool_result", "tool_use_id": "a", "content": "dry"},
        {"type": "tool_result", "tool_use_id": "b", "content": "wet", "is_error": True},
        {"type": "text", "text": "by the way"},
    ]


def test_later_system_message_is_folded_into_the_user_turn_and_reported() -> None:
    sent = wire(Message("user", "hi"), Message("system", "Be brief."))

    text = [{"type": "text", "text": "hi"}, {"type": "text", "text": "Be brief."}]
    assert json.loads(sent.body)["messages"] == [{"role": "user", "content": text}]
    assert kinds(sent) == [("coerced", "system message")]


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-sonnet-5", "claude-fable-5-1"])
def test_later_system_message_keeps_its_position_for_the_newest_models(model: str) -> None:
    sent = wire(Message("user", "hi"), Message("system", "Be brief."), model=model)

    assert json.loads(sent.body)["messages"][1] == {"role": "system", "content": "Be brief."}
    assert sent.headers == {"anthropic-beta": "mid-conversation-system-2026-04-07"}
    assert kinds(sent) == []


def test_later_system_message_never_separates_a_call_from_its_result() -> None:
    body = encoded(
        Message("user", "hi"),
        Message("assistant", ToolCall(name="weather", call_id="a")),
        Message("system", "Be brief."),
        Message("tool", ToolResult(call_id="a", name="weather")),
        model="claude-opus-4-8",
    )

    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user", "system"]


def test_later_system_message_can_be_rejected() -> None:
    with pytest.raises(InvalidRequestError, match="later_system"):
        wire(Message("user", "hi"), Message("system", "no"), options={"later_system": "reject"})


def test_images_and_documents() -> None:
    body = encoded(
        Message(
            "user",
            [
                Media(source=Bytes(data=b"\x89PNG"), media_type="image/png"),
                Media(source=Url(url="https://a.test/b.jpg"), media_type="image/*"),
                Media(source=Url(url="data:image/gif;base64,R0lG"), media_type="image/gif"),
                Media(source=Bytes(data=b"%PDF"), media_type="application/pdf", filename="a.pdf"),
                Media(source=InlineText(text="plain"), media_type="text/plain"),
                Media(
                    source=Bytes(data="año".encode()),
                    media_type="text/csv",
                    options={"anthropic": {"citations": {"enabled": True}}},
                ),
                Media(source=Url(url="https://a.test/b.pdf"), media_type="application/pdf"),
            ],
        )
    )

    plain_text = {"type": "text", "media_type": "text/plain"}
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}
    assert body["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}},
        {"type": "image", "source": {"type": "url", "url": "https://a.test/b.jpg"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "R0lG"}},
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {"type": "document", "source": {**plain_text, "data": "plain"}},
        {"type": "document", "source": {**plain_text, "data": "año"}, "citations": {"enabled": True}},
        {"type": "document", "source": {"type": "url", "url": "https://a.test/b.pdf"}},
    ]


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [("image/png", "image"), ("application/pdf", "document"), ("application/zip", "container_upload")],
)
def test_uploaded_files_need_a_beta(media_type: str, kind: str) -> None:
    sent = wire(Message("user", Media(source=FileRef(file_id="file_1"), media_type=media_type)))

    (block,) = json.loads(sent.body)["messages"][0]["content"]
    assert block["type"] == kind
    assert sent.headers["anthropic-beta"] == "files-api-2025-04-14"


@pytest.mark.parametrize(
    "part",
    [
        Media(source=Bytes(data=b"x"), media_type="audio/wav"),
        Media(source=Bytes(data=b"x"), media_type="image/*"),
        Media(source=Url(url="https://a.test"), media_type="video/mp4"),
        ToolCall(name="f", call_id="1"),
        Refusal(text="no"),
    ],
)
def test_unsupported_parts_are_refused_before_sending(part: Any) -> None:
    with pytest.raises(UnsupportedError):
        wire(Message("user", part))


def test_system_messages_must_be_text() -> None:
    with pytest.raises(UnsupportedError, match="only text in a system message"):
        wire(Message("system", Media(source=Bytes(data=b"x"), media_type="image/png")), Message("user", "hi"))


def test_tool_results_with_media_and_data() -> None:
    image = Media(source=Bytes(data=b"x"), media_type="image/png")
    content = [Text(text="see"), image, Data(value={"n": 1})]
    result = ToolResult(call_id="a", name="f", content=content, outcome="denied")

    (block,) = encoded(Message("tool", result))["messages"][0]["content"]

    assert [each["type"] for each in block["content"]] == ["text", "image", "text"]
    assert (block["content"][2]["text"], block["is_error"]) == ('{"n":1}', True)


def test_cache_breakpoints_on_parts_system_messages_and_tools() -> None:
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    body = encoded(
        Message("system", Text(text="Be brief.", options={"anthropic": mark})),
        Message("user", Text(text="hi", options={"anthropic": mark, "openai": {"detail": "low"}})),
        tools=(attrs.evolve(WEATHER, options={"anthropic": {**mark, "defer_loading": True}, "groq": {"x": 1}}),),
        options={"cache_control": {"type": "ephemeral"}},
    )

    assert body["system"] == [{"type": "text", "text": "Be brief.", **mark}]
    assert body["messages"][0]["content"] == [{"type": "text", "text": "hi", **mark}]
    assert body["tools"][0]["cache_control"] == mark["cache_control"]
    assert body["tools"][0]["defer_loading"] is True
    assert "x" not in body["tools"][0]
    assert body["cache_control"] == {"type": "ephemeral"}


def test_seals_of_other_providers_are_not_sent() -> None:
    sent = wire(
        Message("user", "hi"),
        Message(
            "assistant",
            [
                Reasoning(text="hm", seal=Seal(issuer="google", payload="x")),
                Reasoning(text="unsigned"),
                Extension(kind="openai.thing", value={"type": "thing"}),
                ToolCall(name="search", call_id="1", server_side=True),
                Media(source=Bytes(data=b"x"), media_type="image/png"),
                Text(text="hello", citations=(Citation(source_url="https://a.test"),)),
                Refusal(text="but no more"),
            ],
        ),
    )

    content = [{"type": "text", "text": "hello"}, {"type": "text", "text": "but no more"}]
    assert json.loads(sent.body)["messages"][1] == {"role": "assistant", "content": content}
    dropped = ["reasoning", "reasoning", "extension", "toolcall", "media", "citations"]
    assert kinds(sent) == [("dropped", feature) for feature in dropped]


def test_message_without_content_is_not_sent() -> None:
    body = encoded(Message("user", "a"), Message("assistant", Reasoning(text="hm")), Message("user", "b"))

    assert [turn["role"] for turn in body["messages"]] == ["user"]
    with pytest.raises(InvalidRequestError):
        wire(Message("system", "alone"))


def test_truncated_arguments_are_sent_as_text() -> None:
    cut = ToolCall(name="weather", call_id="1", arguments='{"a": ')
    sent = wire(Message("user", "a"), Message("assistant", cut), tools=(WEATHER,))

    assert json.loads(sent.body)["messages"][1]["content"][0]["input"] == {"invalid_json": '{"a": '}
    assert kinds(sent) == [("coerced", "tool_call")]


def test_prefill_is_sent_without_trailing_white_space() -> None:
    sent = wire(Message("user", "a"), Message("assistant", "The answer is "))

    assert json.loads(sent.body)["messages"][1]["content"] == "The answer is"
    assert kinds(sent) == [("coerced", "prefill")]


def test_names_of_participants_are_dropped() -> None:
    body, notes, _ = fitted(Message("user", "hi", name="Ada"))
    assert body["messages"] == [{"role": "user", "content": "hi"}]
    assert [(each.kind, each.feature, each.asked) for each in notes] == [("dropped", "name", "Ada")]
