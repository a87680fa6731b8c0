from __future__ import annotations

import base64
from typing import Any

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
    Part,
    Reasoning,
    Refusal,
    Seal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.spec.data_owner import Owner
from dragoman.spec.message_formats import read_messages

PIXEL = base64.b64encode(b"\x89PNG").decode()
PICTURE = Bytes(data=b"\x89PNG")
CITED = {"url": "https://a.test", "start": 0}
PNG = b"\x89PNG\r\n\x1a\n"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def read(*given: Any) -> tuple[Message, ...]:
    return read_messages(given, "acme")


def part(given: Any, role: str = "user") -> Part:
    (message,) = read({"role": role, "content": [given]})
    (only,) = message.parts
    return only


class TestParts:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ("a", Text(text="a")),
            ({"type": "text", "text": "a"}, Text(text="a")),
            ({"type": "input_text", "text": "a"}, Text(text="a")),
            (
                {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
                Text(text="a", metadata={"cache_control": {"type": "ephemeral"}}),
            ),
            (
                {"text": "a", "type": "text", "breakpoint": {"mode": "explicit"}},
                Text(text="a", options={"acme": {"breakpoint": {"mode": "explicit"}}}),
            ),
            (
                {"type": "video_url", "video_url": {"url": "https://x.test/a.mp4"}},
                Media(source=Url(url="https://x.test/a.mp4"), media_type="video/mp4"),
            ),
            (
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://x.test/a.pdf"}},
                Media(source=Url(url="https://x.test/a.pdf"), media_type="application/pdf", filename="a.pdf"),
            ),
            (
                {"type": "container_upload", "file_id": "f"},
                Extension(kind="acme.container_upload", value={"type": "container_upload", "file_id": "f"}),
            ),
            (
                {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]},
                Reasoning(
                    text="hm",
                    seal=Seal(
                        issuer="acme",
                        payload={
                            "type": "thinking",
                            "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}],
                        },
                    ),
                ),
            ),
            (
                {"type": "input_text", "text": "a", "prompt_cache": True},
                Text(text="a", options={"acme": {"prompt_cache": True}}),
            ),
            (
                {"type": "image_url", "image_url": "https://x.test/a"},
                Media(source=Url(url="https://x.test/a"), media_type="image/*"),
            ),
            (
                {"type": "image_url", "image_url": {"url": "https://x.test/a.png?b", "detail": "low"}},
                Media(source=Url(url="https://x.test/a.png?b"), media_type="image/png", metadata={"detail": "low"}),
            ),
            (
                {"type": "image_url", "image_url": {"url": f"data:image/PNG;base64,{PIXEL}"}},
                Media(source=PICTURE, media_type="image/png"),
            ),
            (
                {"type": "input_image", "image_url": f"data:;base64,{PIXEL}"},
                Media(source=PICTURE, media_type="image/*"),
            ),
            (
                {"type": "input_image", "file_id": "f", "detail": "high"},
                Media(source=FileRef(file_id="f"), media_type="image/*", metadata={"detail": "high"}),
            ),
            ({"type": "input_image", "file_id": "f"}, Media(source=FileRef(file_id="f"), media_type="image/*")),
            (
                {"type": "input_audio", "input_audio": {"data": PIXEL, "format": "mp3"}},
                Media(source=PICTURE, media_type="audio/mpeg"),
            ),
            (
                {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PIXEL}", "filename": "a.pdf"}},
                Media(source=PICTURE, media_type="application/pdf", filename="a.pdf"),
            ),
            (
                {"type": "file", "file": {"file_id": "f"}},
                Media(source=FileRef(file_id="f"), media_type="application/octet-stream"),
            ),
            (
                {"type": "input_file", "file_data": PIXEL, "filename": "a.txt"},
                Media(source=PICTURE, media_type="text/plain", filename="a.txt"),
            ),
            (
                {"type": "input_file", "file_url": "https://x.test/a"},
                Media(source=Url(url="https://x.test/a"), media_type="application/pdf"),
            ),
            (
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                Media(source=PICTURE, media_type="image/png"),
            ),
            (
                {"type": "image", "source": {"type": "url", "url": "https://x.test/a"}},
                Media(source=Url(url="https://x.test/a"), media_type="image/*"),
            ),
            (
                {"type": "document", "source": {"type": "file", "file_id": "f"}, "title": "A", "context": "c"},
                Media(
                    source=FileRef(file_id="f"),
                    media_type="application/pdf",
                    filename="A",
                    options={"acme": {"context": "c"}},
                ),
            ),
            (
                {"type": "document", "source": {"type": "text", "data": "a"}},
                Media(source=InlineText(text="a"), media_type="text/plain"),
            ),
            (
                {"type": "tool_result", "tool_use_id": "1", "content": "sunny"},
                ToolResult(call_id="1", name="", content="sunny"),
            ),
            (
                {"type": "tool_result", "tool_use_id": "1", "is_error": True},
                ToolResult(call_id="1", name="", outcome="error"),
            ),
            (
                {
                    "type": "tool_result",
                    "tool_use_id": "1",
                    "content": [
                        {"type": "text", "text": "a"},
                        {"type": "image", "source": {"type": "url", "url": "https://x.test/a"}},
                    ],
                },
                ToolResult(
                    call_id="1",
                    name="",
                    content=[Text(text="a"), Media(source=Url(url="https://x.test/a"), media_type="image/*")],
                ),
            ),
            ({"type": "tool_result", "call_id": "1", "name": "f"}, ToolResult(call_id="1", name="f")),
            (
                {"type": "document_url", "document_url": "https://x.test/a", "document_name": "a.docx"},
                Media(source=Url(url="https://x.test/a"), media_type=DOCX, filename="a.docx"),
            ),
            (
                {"type": "document_url", "document_url": {"url": "https://x.test/a.txt"}},
                Media(source=Url(url="https://x.test/a.txt"), media_type="text/plain"),
            ),
            (
                {"type": "document_url", "document_url": f"data:application/pdf;base64,{PIXEL}", "pages": 2},
                Media(source=PICTURE, media_type="application/pdf", options={"acme": {"pages": 2}}),
            ),
            ({"type": "document", "document": {"id": "1", "data": {"a": 1}}}, Data(value={"a": 1})),
            ({"type": "document", "document": {"data": "a"}}, Text(text="a")),
            (
                {"type": "image_url", "image_url": base64.b64encode(PNG).decode()},
                Media(source=Bytes(data=PNG), media_type="image/png"),
            ),
            ({"type": "image_url", "image_url": "YWJj"}, Media(source=Url(url="YWJj"), media_type="image/*")),
            ({"type": "image_url", "image_url": "a.png"}, Media(source=Url(url="a.png"), media_type="image/png")),
            ({"type": "data", "value": [1]}, Data(value=[1])),
        ],
    )
    def test_of_every_format_are_read(self, given: Any, expected: Part) -> None:
        assert part(given) == expected

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"type": "output_text", "text": "a", "annotations": [], "logprobs": []}, Text(text="a")),
            ({"type": "input_text", "text": "a", "annotations": [{"url": "https://a.test"}]}, Text(text="a")),
            ({"type": "text", "text": "a", "annotations": {"audience": ["user"]}, "_meta": {"b": 1}}, Text(text="a")),
            (
                {"type": "output_text", "text": "a", "annotations": [CITED]},
                Text(text="a", citations=(Citation(source_url="https://a.test", metadata=CITED),)),
            ),
            (
                {"type": "output_text", "text": "a", "annotations": [{"url": 7, "title": "b"}, 7]},
                Text(text="a", citations=(Citation(title="b", metadata={"url": 7, "title": "b"}), Citation())),
            ),
            (
                {"type": "text", "text": "a", "citations": [{"type": "char_location"}]},
                Text(text="a", seal=Seal(issuer="acme", payload=[{"type": "char_location"}])),
            ),
            ({"type": "refusal", "refusal": "no"}, Refusal(text="no")),
            ({"type": "refusal", "text": "no"}, Refusal(text="no")),
            (
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                Reasoning(text="hm", seal=Seal(issuer="acme", payload="s")),
            ),
            ({"type": "thinking", "thinking": "hm", "signature": ""}, Reasoning(text="hm")),
            (
                {"type": "redacted_thinking", "data": "x"},
                Reasoning(redacted=True, seal=Seal(issuer="acme", payload="x")),
            ),
            (
                {"type": "tool_use", "id": "1", "name": "f", "input": {"a": "ö"}},
                ToolCall(name="f", call_id="1", arguments='{"a": "ö"}'),
            ),
            ({"type": "tool_use", "id": "1", "name": "f"}, ToolCall(name="f", call_id="1", arguments="{}")),
            (
                {"type": "tool_use", "id": "1", "name": "f", "input": "{"},
                ToolCall(name="f", call_id="1", arguments="{"),
            ),
            ({"type": "search", "id": "1"}, Extension(kind="acme.search", value={"type": "search", "id": "1"})),
        ],
    )
    def test_of_answers_are_read(self, given: Any, expected: Part) -> None:
        assert part(given, "assistant") == expected

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (7, r"messages\[0\]\.content\[0\] must be an object, not 7"),
            ({"type": "image_ur"}, r"content\[0\] has the unknown type 'image_ur'; did you mean 'image_url'"),
            ({"type": "zzzz"}, r"content\[0\] has the unknown type 'zzzz'; known types are .*image_url"),
            ({"text": "q"}, r"content\[0\] has no type; give one, as in"),
            (
                {"type": "text", "text": None},
                r"content\[0\]: the data does not fit a part: required field missing: .text.",
            ),
            (
                {"type": "text", "txt": "x"},
                r"content\[0\]\.text must be a string; it is missing; is it the member 'txt'",
            ),
            ({"type": "image_url", "image_ulr": {}}, r"it is missing; is it the member 'image_ulr'\?"),
            ({"type": "text"}, "required field missing: 'text'"),
            ({"type": "input_text"}, r"content\[0\]\.text must be a string; it is missing"),
            ({"type": "image_url", "image_url": {"url": 7}}, r"image_url\.url must be a string; it is 7"),
            ({"type": "image_url"}, "image_url must be an object with a url; it is missing"),
            ({"type": "image_url", "image_url": {"url": "a", "size": 1}}, r"image_url\.size is an unknown member"),
            ({"type": "image_url", "image_url": "data:image/png,x"}, r"must be a data: URL in base64"),
            ({"type": "image_url", "image_url": "data:image/png;base64,%"}, "must be base64; it is '%'"),
            ({"type": "input_audio", "input_audio": "x"}, "input_audio must be an object; it is 'x'"),
            ({"type": "image", "source": {"type": "path"}}, r"source\.type must be base64, url, file or text"),
            ({"type": "tool_use", "id": "1", "name": "f", "input": {1, 2}}, "input cannot be written as JSON"),
            ({"type": "document_url"}, "document_url must be an object; it is missing"),
            ({"type": "document", "document": {"text": "a"}}, r"document\.text is an unknown member"),
            (
                {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "vidio_url"}]},
                r"content\[0\]\.content\[0\] has the unknown type 'vidio_url'",
            ),
        ],
    )
    def test_that_cannot_be_read_are_named(self, given: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            part(given)


class TestMessages:
    def test_of_a_chat_are_read(self) -> None:
        call = {"id": "1", "index": 0, "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
        messages = read(
            {"role": "developer", "content": "Be brief.", "name": None},
            {"role": "user", "content": [{"type": "text", "text": "q"}], "name": "ann"},
            {"role": "assistant", "content": None, "tool_calls": [call], "refusal": None, "audio": None},
            {"role": "tool", "tool_call_id": "1", "content": "sunny"},
            {"role": "assistant", "content": "", "refusal": "no", "reasoning_content": "hm", "annotations": []},
        )
        assert messages == (
            Message("system", "Be brief."),
            Message("user", "q", name="ann"),
            Message("assistant", [ToolCall(name="f", call_id="1", arguments='{"a": 1}')]),
            Message("tool", [ToolResult(call_id="1", name="f", content="sunny")]),
            Message("assistant", [Reasoning(text="hm"), Refusal(text="no")]),
        )

    def test_of_a_chat_hold_calls_of_every_kind(self) -> None:
        signed: dict[str, Any] = {"google": {"thought_signature": "s"}}
        calls = [
            {"id": "1", "type": "custom", "custom": {"name": "f", "input": "free"}},
            {"id": "2", "function": {"name": "g", "arguments": {"a": 1}}, "extra_content": signed},
            {"function": {"name": "h"}},
        ]
        (message,) = read({"role": "assistant", "tool_calls": calls})
        assert message.parts == (
            ToolCall(name="f", call_id="1", arguments="free", metadata={"type": "custom"}),
            ToolCall(
                name="g", call_id="2", arguments='{"a": 1}', seal=Seal(issuer="acme", payload={"extra_content": signed})
            ),
            ToolCall(name="h", call_id=""),
        )

    def test_of_a_chat_may_be_signed_in_members_of_their_own(self) -> None:
        extra: dict[str, Any] = {"google": {"thought_signature": "s"}}
        seal = Seal(issuer="acme", payload={"extra_content": extra})
        said, silent = read(
            {"role": "assistant", "content": ["a", "b"], "extra_content": extra},
            {"role": "assistant", "content": None, "extra_content": extra, "tool_calls": [{"function": {"name": "f"}}]},
        )
        assert said.parts == (Text(text="a"), Text(text="b", seal=seal))
        assert silent.parts == (ToolCall(name="f", call_id=""),)

    def test_of_litellm_keep_what_it_adds_to_them(self) -> None:
        blocks = [{"type": "thinking", "thinking": "hm", "signature": "s"}]
        (message,) = read(
            {
                "role": "assistant",
                "content": "a",
                "provider_specific_fields": {"thinking_blocks": blocks, "citations": None, "ignored": 1},
                "tool_calls": [
                    {"id": "1", "function": {"name": "f"}, "provider_specific_fields": {"thought_signature": "t"}},
                    {"id": "2", "function": {"name": "g"}, "provider_specific_fields": None},
                ],
            }
        )
        assert message.parts == (
            Reasoning(text="", redacted=True, seal=Seal(issuer="acme", payload=blocks)),
            Text(text="a"),
            ToolCall(name="f", call_id="1", seal=Seal(issuer="acme", payload={"thought_signature": "t"})),
            ToolCall(name="g", call_id="2"),
        )

    def test_of_a_chat_may_have_the_older_form(self) -> None:
        said, result = read(
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "sunny"},
        )
        metadata: dict[str, Any] = {"type": "function_call"}
        assert said.parts == (ToolCall(name="f", call_id="call_0", arguments="{}", metadata=metadata),)
        assert result.parts == (ToolResult(name="f", call_id="call_0", content="sunny", metadata=metadata),)

    def test_of_blocks_are_read(self) -> None:
        said, result = read(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {}}],
                "stop_reason": "tool_use",
                "usage": {"input_tokens": 1},
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "sunny"},
                    {"type": "tool_result", "tool_use_id": "9"},
                    {"type": "text", "text": "and?"},
                ],
            },
        )
        assert said == Message("assistant", [ToolCall(name="f", call_id="1", arguments="{}")])
        assert result.parts == (
            ToolResult(call_id="1", name="f", content="sunny"),
            ToolResult(call_id="9", name=""),
            Text(text="and?"),
        )

    def test_of_items_are_read(self) -> None:
        thought: dict[str, Any] = {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "hm"}],
        }
        search: dict[str, Any] = {"type": "web_search_call", "id": "ws_1"}
        messages = read(
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "q"}]},
            thought,
            search,
            {
                "type": "function_call",
                "id": "fc",
                "call_id": "1",
                "name": "f",
                "arguments": "{}",
                "status": "completed",
            },
            {"type": "custom_tool_call", "call_id": "2", "name": "g", "input": "free"},
            {"type": "function_call_output", "call_id": "1", "output": "sunny"},
            {"type": "custom_tool_call_output", "call_id": "2", "output": [{"type": "input_text", "text": "ok"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}], "id": "m"},
        )
        custom: dict[str, Any] = {"type": "custom"}
        assert messages == (
            Message("user", "q"),
            Message(
                "assistant",
                [
                    Reasoning(text="hm", id="rs_1", seal=Seal(issuer="acme", payload=thought)),
                    Extension(kind="acme.web_search_call", value=search),
                    ToolCall(
                        name="f",
                        call_id="1",
                        arguments="{}",
                        id="fc",
                        metadata={"acme": {"type": "function_call", "id": "fc", "status": "completed"}},
                    ),
                    ToolCall(name="g", call_id="2", arguments="free", metadata=custom),
                ],
            ),
            Message("tool", [ToolResult(call_id="1", name="f", content="sunny")]),
            Message("tool", [ToolResult(call_id="2", name="g", content="ok", metadata=custom)]),
            Message(
                "assistant",
                [Text(text="a", id="m", metadata={"acme": {"type": "message", "role": "assistant", "id": "m"}})],
            ),
        )

    def test_of_items_make_one_answer(self) -> None:
        thought: dict[str, Any] = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}
        written: list[Any] = [{"type": "output_text", "text": "a"}]
        messages = read(
            thought,
            {"role": "assistant", "content": written, "phase": "commentary"},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "namespace": "n"},
            {"role": "assistant", "content": "b"},
        )
        assert messages == (
            Message(
                "assistant",
                [
                    Reasoning(redacted=True, id="rs", seal=Seal(issuer="acme", payload=thought)),
                    Text(text="a", metadata={"acme": {"type": "message", "role": "assistant", "phase": "commentary"}}),
                    ToolCall(
                        name="f",
                        call_id="1",
                        arguments="{}",
                        metadata={"acme": {"type": "function_call", "namespace": "n"}},
                    ),
                    Text(text="b"),
                ],
            ),
        )

    @pytest.mark.parametrize(
        ("item", "role"),
        [
            ({"type": "item_reference", "id": "1"}, "assistant"),
            ({"type": "tool_search_output", "tools": []}, "user"),
            ({"type": "additional_tools", "role": "developer", "tools": []}, "system"),
        ],
    )
    def test_of_other_items_go_to_their_vendor(self, item: dict[str, Any], role: str) -> None:
        assert read(item) == (Message(role, [Extension(kind=f"acme.{item['type']}", value=item)]),)

    def test_keep_what_the_vendor_of_the_call_knows(self) -> None:
        mark = {"type": "ephemeral"}
        messages = read(
            {"role": "assistant", "content": "a", "prefix": True},
            {"role": "assistant", "content": "a", "reasoning": "hm", "reasoning_details": [{"type": "x"}]},
            {"role": "assistant", "thinking_blocks": [{"type": "x"}]},
            {"role": "tool", "tool_call_id": "1", "content": "b", "cache_control": mark},
            {"role": "user", "content": "c", "cache_control": mark},
        )
        seal = Seal(issuer="acme", payload=[{"type": "x"}])
        assert messages == (
            Message("assistant", "a", options={"acme": {"prefix": True}}),
            Message("assistant", [Reasoning(text="hm", seal=seal), Text(text="a")]),
            Message("assistant", [Reasoning(redacted=True, seal=seal)]),
            Message("tool", [ToolResult(call_id="1", name="", content="b", metadata={"cache_control": mark})]),
            Message("user", [Text(text="c", metadata={"cache_control": mark})]),
        )

    @pytest.mark.parametrize(
        "added",
        [
            {"parsed": {"a": 1}},
            {"citations": [{"start": 0}], "search_results": [{"url": "u"}]},
            {"executed_tools": [{"type": "search"}]},
            {"context": {"intent": "i"}, "end_turn": True, "content_filter_results": {"hate": {"filtered": False}}},
            {"audio_content": "x"},
            {"prefix": None, "partial": None, "images": None, "tool_plan": None},
        ],
    )
    def test_of_answers_lose_what_servers_and_libraries_add_to_them(self, added: dict[str, Any]) -> None:
        assert read({"role": "assistant", "content": "a", **added}) == (Message("assistant", "a"),)
        refused = {name: value for name, value in added.items() if value is not None}
        if refused:
            with pytest.raises(InvalidRequestError, match="is an unknown member"):
                read({"role": "user", "content": "a", **added})

    @pytest.mark.parametrize("kind", ["text", "output_text"])
    @pytest.mark.parametrize("added", ["parsed", "parsed_output", "logprobs"])
    def test_of_answers_lose_what_libraries_add_to_their_texts(self, kind: str, added: str) -> None:
        assert part({"type": kind, "text": "a", added: {"a": 1}}, "assistant") == Text(text="a")

    def test_of_answers_lose_what_libraries_add_to_their_calls(self) -> None:
        (answer,) = read(
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "parsed_arguments": {}}
        )
        assert answer == Message("assistant", [ToolCall(name="f", call_id="1", arguments="{}")])

    def test_of_one_vendor_lose_its_own_words_on_calls_at_another(self) -> None:
        use = {"type": "tool_use", "id": "1", "name": "f", "input": {}, "caller": {"type": "direct"}}
        given = [{"role": "assistant", "content": [use]}]
        call = ToolCall(name="f", call_id="1", arguments="{}")
        own = ToolCall(name="f", call_id="1", arguments="{}", options={"acme": {"caller": {"type": "direct"}}})
        assert read_messages(given, "acme") == (Message("assistant", [own]),)
        assert read_messages(given, Owner("acme", frozenset({"chat"}))) == (Message("assistant", [call]),)

    def test_do_not_begin_an_answer_if_they_say_so(self) -> None:
        given = [{"role": "assistant", "content": "a", "prefix": False, "partial": False}]
        assert read_messages(given, Owner("acme", frozenset({"blocks"}))) == (Message("assistant", "a"),)
        kept = Message("assistant", "a", options={"acme": {"partial": False, "prefix": False}})
        assert read_messages(given, "acme") == (kept,)

    @pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking", "tool_plan"])
    def test_of_answers_may_have_reasoning_under_any_of_its_names(self, name: str) -> None:
        (answer,) = read({"role": "assistant", "content": "a", name: "hm"})
        assert answer == Message("assistant", [Reasoning(text="hm"), Text(text="a")])

    def test_may_have_images_beside_their_content(self) -> None:
        image = Media(source=Bytes(data=PNG), media_type="image/png")
        held = base64.b64encode(PNG).decode()
        asked, drawn = read(
            {"role": "user", "content": "a", "images": [held, f"data:image/png;base64,{held}"]},
            {
                "role": "assistant",
                "content": "b",
                "images": [{"index": 0, "type": "image_url", "image_url": {"url": f"data:image/png;base64,{held}"}}],
            },
        )
        assert asked == Message("user", [Text(text="a"), image, image])
        assert drawn == Message("assistant", [Text(text="b"), image])

    @pytest.mark.parametrize(
        ("images", "problem"),
        [
            ("x", r"messages\[0\]\.images must be a list; it is 'x'"),
            ([7], r"images\[0\] must be an object, not 7"),
            ([{"image_url": 7}], r"images\[0\]\.image_url must be an object with a url; it is 7"),
            (["data:image/png;base64,%"], r"images\[0\] must be base64"),
        ],
    )
    def test_name_the_image_that_cannot_be_read(self, images: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            read({"role": "user", "content": "a", "images": images})

    def test_of_ours_are_read(self) -> None:
        said = [
            Message("user", [Text(text="a", citations=()), Media(source=PICTURE, media_type="image/png")]),
            Message("assistant", [Reasoning(text="hm"), ToolCall(name="f", call_id="1", arguments="{}")]),
            Message("tool", [ToolResult(call_id="1", name="f", content=[Data(value={"a": 1})])]),
        ]
        assert read(*(message.to_dict() for message in said)) == tuple(said)

    def test_may_be_models_that_can_be_dumped(self) -> None:
        class Dumped:
            def model_dump(self, **_: Any) -> dict[str, Any]:
                return {"role": "user", "content": "hi"}

        assert read(Dumped()) == (Message("user", "hi"),)
        assert read_messages([Dumped, 7], "acme") == (Dumped, 7)

    def test_may_be_empty(self) -> None:
        assert read({"role": "assistant"}, {"role": "assistant", "content": ["", None][:1]}) == (
            Message("assistant", []),
            Message("assistant", [Text(text="")]),
        )
        assert read({"role": "tool", "tool_call_id": "1", "content": None, "is_error": True}) == (
            Message("tool", [ToolResult(call_id="1", name="", outcome="error")]),
        )

    @pytest.mark.parametrize(
        ("content", "parts"),
        [
            ("5", [Text(text="5")]),
            ("", []),
            ([{"type": "text", "text": "5"}], [Text(text="5")]),
            ([], []),
            (None, []),
        ],
    )
    def test_of_a_tool_hold_its_result_also_without_the_id_of_a_call(self, content: Any, parts: list[Text]) -> None:
        assert read({"role": "tool", "content": content}) == (
            Message("tool", [ToolResult(call_id="", name="", content=parts)]),
        )

    def test_of_a_tool_may_hold_a_result_without_content(self) -> None:
        assert read({"role": "tool", "content": [{"type": "tool_result", "tool_use_id": "c"}]}) == (
            Message("tool", [ToolResult(call_id="c", name="")]),
        )

    def test_of_a_tool_may_hold_blocks_that_are_results(self) -> None:
        block = {"type": "tool_result", "tool_use_id": "c", "content": "5"}
        assert read({"role": "tool", "content": [block]}) == (
            Message("tool", [ToolResult(call_id="c", name="", content="5")]),
        )

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({"content": "a"}, r"messages\[0\] has no role"),
            ({"role": 7, "content": "a", "name": "b"}, r"messages\[0\]\.role must be a string"),
            ({"role": "user", "content": 7}, r"messages\[0\]\.content must be a string or a list of parts; it is 7"),
            ({"role": "user", "content": "a", "tool_calls": []}, r"messages\[0\]\.tool_calls is an unknown member"),
            ({"role": "assistant", "tool_calls": {}}, r"tool_calls must be a list; it is \{\}"),
            ({"role": "assistant", "tool_calls": ["f"]}, r"tool_calls\[0\] must be an object, not 'f'"),
            ({"role": "assistant", "tool_calls": [{"id": "1"}]}, r"tool_calls\[0\]\.function must be an object"),
            (
                {"role": "assistant", "content": "a", "colour": "red"},
                r"messages\[0\]\.colour is an unknown member; leave",
            ),
            (
                {"role": "user", "parts": [{"text": "a"}]},
                r"messages\[0\]\.parts is an unknown member; it is called 'content' here",
            ),
            ({"role": "user", "text": "a"}, r"messages\[0\]\.text is an unknown member; it is called 'content' here"),
            ({"role": "user", "content": "a", 7: 8}, r"messages\[0\]\.7 is an unknown member; leave it out"),
            ({"role": "tool", "tool_call_id": 7}, r"tool_call_id must be a string; it is 7"),
            ({"type": "function_call", "name": "f"}, r"messages\[0\]\.call_id must be a string; it is missing"),
        ],
    )
    def test_that_cannot_be_read_are_named(self, given: Any, problem: str) -> None:
        with pytest.raises(InvalidRequestError, match=problem):
            read(given)


def test_an_item_after_what_is_no_message_is_refused_as_before() -> None:
    with pytest.raises(InvalidRequestError):
        ChatRequest(model="m", messages=read_messages([5, {"type": "function_call", "call_id": "c", "name": "f"}], "x"))
