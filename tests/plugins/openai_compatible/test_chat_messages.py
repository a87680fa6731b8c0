from __future__ import annotations

from typing import Any

import pytest

from core.http.calls import dialect
from dragoman import (
    Bytes,
    ChatRequest,
    Data,
    Extension,
    FileRef,
    InlineText,
    Media,
    Message,
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.http import loads
from dragoman_openai_compatible import MessageRules
from dragoman_openai_compatible.chat_messages import replayed

PIXEL = Bytes(data=b"\x89PNG")


def encoded(*messages: Message, **rules: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the messages of the dialect, and the features that were dropped."""
    speaks = dialect(rules=MessageRules(issuer="near", **rules))
    wire = speaks.encode(ChatRequest(model="m", messages=messages), stream=False)
    assert {adjustment.kind for adjustment in wire.adjustments} <= {"dropped"}
    return loads(wire.body or b"")["messages"], [adjustment.feature for adjustment in wire.adjustments]


def said(role: str, *parts: Part, **rules: Any) -> dict[str, Any]:
    (message,), dropped = encoded(Message(role, parts), **rules)
    assert dropped == []
    return message


class TestRoles:
    def test_are_those_of_the_dialect(self) -> None:
        messages, _ = encoded(Message("developer", "Be brief."), Message("user", "Hi", name="ann"))
        assert messages == [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi", "name": "ann"},
        ]

    def test_may_have_another_name(self) -> None:
        assert said("system", Text(text="x"), system_role="developer")["role"] == "developer"


class TestContent:
    @pytest.mark.parametrize(
        ("parts", "expected"),
        [
            ((), ""),
            ((Text(text="one"),), "one"),
            (
                (Text(text="one"), Text(text="two")),
                [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
            ),
            ((Data(value={"a": 1}),), [{"type": "text", "text": '{"a":1}'}]),
            ((Extension(kind="near.x", value={"type": "x", "y": 1}),), [{"type": "x", "y": 1}]),
            (
                (Text(text="one", options={"near": {"cache": True}, "far": {"no": 1}}),),
                [{"type": "text", "text": "one", "cache": True}],
            ),
            ((Text(text="one", options={"near": 7}),), [{"type": "text", "text": "one"}]),
        ],
    )
    def test_is_a_text_wherever_one_is_all_there_is(self, parts: tuple[Part, ...], expected: Any) -> None:
        assert said("user", *parts)["content"] == expected

    @pytest.mark.parametrize(
        "part", [Extension(kind="far.x", value={}), Extension(kind="near.x", value=1), Reasoning()]
    )
    def test_leaves_out_what_has_no_place(self, part: Part) -> None:
        messages, dropped = encoded(Message("user", [Text(text="a"), part]))
        assert messages[0]["content"] == [{"type": "text", "text": "a"}]
        assert dropped == [type(part).__name__.lower()]

    @pytest.mark.parametrize("part", [Refusal(text="no"), ToolCall(name="f", call_id="1")])
    def test_of_a_user_is_not_what_only_models_say(self, part: Part) -> None:
        with pytest.raises(UnsupportedError, match=type(part).__name__):
            encoded(Message("user", [part]))


class TestMedia:
    @pytest.mark.parametrize(
        ("media", "expected"),
        [
            (
                Media(source=PIXEL, media_type="image/png"),
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ),
            (
                Media(source=Url(url="https://x.test/a.png"), media_type="image/*", metadata={"detail": "low"}),
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png", "detail": "low"}},
            ),
            (
                Media(source=Bytes(data=b"RIFF"), media_type="audio/wav"),
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
            ),
            (
                Media(source=Bytes(data=b"ID3"), media_type="audio/mpeg"),
                {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
            ),
            (
                Media(source=FileRef(file_id="file-1"), media_type="application/pdf"),
                {"type": "file", "file": {"file_id": "file-1"}},
            ),
            (Media(source=InlineText(text="words"), media_type="text/plain"), {"type": "text", "text": "words"}),
            (
                Media(source=Bytes(data=b"%PDF"), media_type="application/pdf", filename="a.pdf"),
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
                },
            ),
            (
                Media(source=Bytes(data=b"%PDF"), media_type="application/pdf", options={"near": {"cache": 1}}),
                {
                    "type": "file",
                    "file": {"filename": "document", "file_data": "data:application/pdf;base64,JVBERg=="},
                    "cache": 1,
                },
            ),
        ],
    )
    def test_has_its_place(self, media: Media, expected: dict[str, Any]) -> None:
        assert said("user", media)["content"] == [expected]

    @pytest.mark.parametrize(
        "media",
        [
            Media(source=Bytes(data=b"OggS"), media_type="audio/ogg"),
            Media(source=Url(url="https://x.test/a.wav"), media_type="audio/wav"),
            Media(source=Url(url="https://x.test/a.pdf"), media_type="application/pdf"),
        ],
    )
    def test_without_a_place_is_named(self, media: Media) -> None:
        with pytest.raises(UnsupportedError, match=media.media_type):
            encoded(Message("user", [media]))


class TestDocuments:
    def test_of_another_type_are_sent_as_their_text(self) -> None:
        rules = MessageRules(issuer="near", file_types=frozenset({"application/pdf"}))
        parts = [
            Media(source=Bytes(data="é".encode()), media_type="text/markdown", filename="a.md"),
            Media(source=Bytes(data=b"b"), media_type="text/plain"),
            Media(source=Bytes(data=b"%PDF"), media_type="application/pdf"),
        ]
        request = ChatRequest(model="m", messages=(Message("user", parts),))
        wire = dialect(rules=rules).encode(request, stream=False)
        named, plain, pdf = loads(wire.body or b"")["messages"][0]["content"]
        assert (named["text"], plain["text"], pdf["type"]) == ("a.md:\né", "b", "file")
        assert [(each.kind, each.feature) for each in wire.adjustments] == [("emulated", "media")] * 2

    def test_of_another_type_without_text_are_refused(self) -> None:
        part = Media(source=Bytes(data=b"\xff"), media_type="application/msword")
        with pytest.raises(UnsupportedError, match="accepts documents of the type application/pdf here, not"):
            encoded(Message("user", [part]), file_types=frozenset({"application/pdf"}))


class TestAssistant:
    def test_sends_back_what_gemini_signed(self) -> None:
        extra = {"google": {"thought_signature": "c2ln"}}
        own, foreign = (Seal(issuer=issuer, payload={"extra_content": extra}) for issuer in ("near", "far"))
        parts = [
            Text(text="a", seal=own),
            ToolCall(name="f", call_id="1", seal=own),
            ToolCall(name="g", call_id="2", seal=foreign),
            ToolCall(name="h", call_id="3", seal=Seal(issuer="near", payload="x")),
        ]
        (message,), dropped = encoded(Message("assistant", parts))
        assert (message["extra_content"], dropped) == (extra, ["seal"])
        assert [call.get("extra_content") for call in message["tool_calls"]] == [extra, None, None]

    def test_says_text_refusal_and_calls(self) -> None:
        call = ToolCall(name="f", call_id="1", arguments='{"a": 1}')
        message, dropped = encoded(
            Message("assistant", [Text(text="one "), Data(value=2), Refusal(text="no"), call], name="bot"),
            refusals=True,
        )
        assert dropped == []
        assert message == [
            {
                "role": "assistant",
                "content": "one 2",
                "refusal": "no",
                "name": "bot",
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}],
            }
        ]

    def test_says_a_refusal_as_text_where_there_is_no_member_for_it(self) -> None:
        assert said("assistant", Text(text="one "), Refusal(text="no")) == {"role": "assistant", "content": "one no"}

    def test_may_say_nothing(self) -> None:
        assert said("assistant") == {"role": "assistant", "content": ""}

    def test_has_no_content_beside_calls_alone(self) -> None:
        message = said("assistant", ToolCall(name="f", call_id="1"))
        assert message["content"] is None
        assert message["tool_calls"][0]["function"]["arguments"] == "{}"

    def test_may_call_in_the_older_form(self) -> None:
        call = ToolCall(name="f", call_id="call_0", arguments="{}", metadata={"type": "function_call"})
        result = ToolResult(call_id="call_0", name="f", content="4", metadata={"type": "function_call"})
        messages, _ = encoded(Message("assistant", [call]), Message("tool", [result]))
        assert messages == [
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "4"},
        ]

    def test_may_call_a_custom_tool(self) -> None:
        call = ToolCall(name="f", call_id="1", arguments="free text", metadata={"type": "custom"})
        assert said("assistant", call)["tool_calls"] == [
            {"id": "1", "type": "custom", "custom": {"name": "f", "input": "free text"}}
        ]

    @pytest.mark.parametrize(
        "part",
        [
            Extension(kind="far.x"),
            Media(source=PIXEL, media_type="image/png"),
            ToolCall(name="search", call_id="1", server_side=True),
            ToolResult(call_id="1", name="search"),
            Reasoning(text="hm"),
        ],
    )
    def test_leaves_out_what_has_no_place(self, part: Part) -> None:
        messages, dropped = encoded(Message("assistant", [Text(text="a"), part]))
        assert messages == [{"role": "assistant", "content": "a"}]
        assert dropped == [type(part).__name__.lower()]

    def test_gives_reasoning_back_where_the_host_wants_it(self) -> None:
        message = said(
            "assistant",
            Reasoning(text="hm"),
            Text(text="a"),
            replay_reasoning=lambda parts: {"reasoning": "".join(part.text for part in parts)},
        )
        assert message == {"role": "assistant", "content": "a", "reasoning": "hm"}


class TestResults:
    def test_come_before_what_else_is_said(self) -> None:
        results = [ToolResult(call_id=each, name="f", content=each) for each in "12"]
        messages, _ = encoded(Message("user", [Text(text="and?"), *results]))
        assert messages == [
            {"role": "tool", "tool_call_id": "1", "content": "1"},
            {"role": "tool", "tool_call_id": "2", "content": "2"},
            {"role": "user", "content": "and?"},
        ]

    def test_are_text(self) -> None:
        result = ToolResult(call_id="1", name="f", content=[Text(text="a"), Data(value={"b": None})])
        assert said("tool", result)["content"] == 'a{"b": null}'

    def test_hold_media_only_where_the_host_takes_it(self) -> None:
        result = ToolResult(call_id="1", name="f", content=[Media(source=PIXEL, media_type="image/png")])
        assert said("tool", result, tool_media=True)["content"][0]["type"] == "image_url"
        with pytest.raises(UnsupportedError, match="only text as the result of a tool"):
            encoded(Message("tool", [result]))


class TestOptions:
    MARK = {"type": "ephemeral"}  # noqa: RUF012

    def marked(self, text: str = "a") -> Text:
        return Text(text=text, options={"near": {"cache_control": self.MARK}})

    def test_of_a_message_are_members_of_it(self) -> None:
        messages, dropped = encoded(
            Message("user", "q", options={"near": {"a": 1}, "far": {"b": 2}}),
            Message("assistant", "a", options={"near": {"prefix": True}}),
        )
        assert messages == [
            {"role": "user", "content": "q", "a": 1},
            {"role": "assistant", "content": "a", "prefix": True},
        ]
        assert dropped == []

    def test_of_parts_are_members_of_them_in_every_role(self) -> None:
        part = {"type": "text", "text": "a", "cache_control": self.MARK}
        result = ToolResult(call_id="1", name="f", content=[self.marked()])
        whole = ToolResult(call_id="2", name="f", content="b", options={"near": {"cache_control": self.MARK}})
        calls = [ToolCall(name="f", call_id=each, arguments="{}") for each in "12"]
        messages, dropped = encoded(
            Message("user", [self.marked()]),
            Message("assistant", [self.marked(), Text(text="b"), *calls]),
            Message("tool", [result, whole]),
        )
        assert messages[0]["content"] == [part]
        assert messages[1]["content"] == [part, {"type": "text", "text": "b"}]
        assert messages[2:] == [
            {"role": "tool", "tool_call_id": "1", "content": [part]},
            {"role": "tool", "tool_call_id": "2", "content": "b", "cache_control": self.MARK},
        ]
        assert dropped == []

    def test_thoughts_in_the_form_of_content_are_sent_back(self) -> None:
        thought: dict[str, Any] = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
        reasoning = Reasoning(text="hm", seal=Seal(issuer="near", payload=thought))
        assert said("assistant", reasoning, Text(text="a")) == {
            "role": "assistant",
            "content": [thought, {"type": "text", "text": "a"}],
        }


def test_a_server_gets_its_own_reasoning_back() -> None:
    sealed = Reasoning(text="b", seal=Seal(issuer="near", payload=[{"type": "x"}]))
    foreign = Reasoning(text="c", seal=Seal(issuer="far", payload=[{"type": "y"}]))
    thoughts = [Reasoning(text="a"), sealed, foreign]
    assert replayed(thoughts, "reasoning", "near") == {"reasoning": "ab", "reasoning_details": [{"type": "x"}]}
    assert replayed(thoughts, None, "near") == {"reasoning_details": [{"type": "x"}]}
    assert replayed(thoughts[:1], "reasoning", "near") == {"reasoning": "a"}
    assert replayed([foreign], "reasoning", "near") == {}
