"""The sample servers read requests back, and refuse what the vendor refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    Bytes,
    ChatRequest,
    FileRef,
    InlineText,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Refusal,
    Settings,
    Text,
    ToolChoice,
    ToolResult,
    Url,
)
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES, ServerDialect
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import Pairing, linked_media, settings_of

URL = "https://media.example/a"


def read(dialect: ServerDialect, path: str = "/", **body: Any) -> ChatRequest:
    assert dialect.read_request is not None
    body = {"model": "m", **body}
    request = Received(method="POST", path=path, raw_headers=(), body=json.dumps(body).encode(), at=0.0, connection=0)
    return dialect.read_request(request)


def chat_parts(*parts: Any) -> tuple[Any, ...]:
    return read(CHAT, messages=[{"role": "user", "content": list(parts)}]).messages[0].parts


def test_chat_reads_media_of_every_kind() -> None:
    found = chat_parts(
        {"type": "video_url", "video_url": {"url": URL}},
        {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "mp3"}},
        {"type": "file", "file": {"file_id": "f"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,YQ==", "filename": "a.pdf"}},
        {"type": "refusal", "refusal": "No."},
    )
    assert found == (
        Media(source=Url(url=URL), media_type="video/*"),
        Media(source=Bytes(data=b"a"), media_type="audio/mp3"),
        Media(source=FileRef(file_id="f"), media_type="application/octet-stream"),
        Media(source=Bytes(data=b"a"), media_type="application/pdf", filename="a.pdf"),
        Refusal(text="No."),
    )


def test_chat_reads_what_an_assistant_said() -> None:
    (message,) = read(CHAT, messages=[{"role": "assistant", "content": None, "refusal": "No.", "name": "a"}]).messages
    assert message == Message("assistant", Refusal(text="No."), name="a")


def test_chat_reads_the_names_of_several_hosts() -> None:
    messages = [{"role": "user", "content": "hi"}]
    new = read(CHAT, messages=messages, max_completion_tokens=9, reasoning={"effort": "low"})
    old = read(CHAT, messages=messages, max_tokens=9, reasoning_effort="low")
    assert new.settings == old.settings == Settings(max_tokens=9, effort="low")


@pytest.mark.parametrize(
    "body",
    [
        {"messages": {}},
        {"messages": [{"role": "user", "content": "hi"}], "model": None},
        {"messages": [{"role": "user", "content": "hi"}], "tools": [{"function": {"name": "clock"}}]},
        {"messages": ["hi"]},
        {"messages": [{"role": 1, "content": "hi"}]},
        {"messages": [{"role": "human", "content": "hi"}]},
        {"messages": [{"role": "user", "content": [{"type": "novelty"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "aGk="}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:a/b;base64,-"}}]}]},
        {"messages": [{"role": "tool", "content": 17}]},
        {"messages": [{"role": "user", "content": "hi"}], "stop": "a"},
        {"messages": [{"role": "user", "content": "hi"}], "temperature": "0.5"},
        {"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "yaml"}},
        {"messages": [{"role": "user", "content": "hi"}], "response_format": {"type": "json_schema"}},
    ],
)
def test_chat_refuses_what_the_vendor_refuses(body: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        read(CHAT, **body)


def test_responses_reads_every_item() -> None:
    request = read(
        RESPONSES,
        instructions="Be brief.",
        input=[
            {"role": "user", "content": [{"type": "input_image", "file_id": "f"}]},
            {"role": "user", "content": [{"type": "input_file", "file_url": URL}]},
            {"type": "reasoning", "id": "r"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "b"}],
            },
        ],
        tools=[{"type": "function", "name": "clock", "parameters": None}],
    )
    assert [message.parts for message in request.messages] == [
        (Text(text="Be brief."),),
        (Media(source=FileRef(file_id="f"), media_type="image/*"),),
        (Media(source=Url(url=URL), media_type="application/octet-stream"),),
        (Reasoning(redacted=True),),
        (Text(text="a"), Refusal(text="b")),
    ]
    assert read(RESPONSES, input="hi").messages == (Message("user", "hi"),)
    assert read(RESPONSES, input="hi", text={"format": {"type": "text"}}).output == OutputFormat()


def test_messages_reads_every_block() -> None:
    content = [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "words"}},
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        {"type": "thinking", "thinking": "hm"},
        {"type": "redacted_thinking", "data": "x"},
    ]
    request = read(MESSAGES, messages=[{"role": "assistant", "content": content}], output_config={"effort": "low"})
    assert request.messages[0].parts == (
        Media(source=InlineText(text="words"), media_type="text/plain"),
        Media(source=FileRef(file_id="f"), media_type="image/*"),
        Reasoning(text="hm"),
        Reasoning(redacted=True),
    )
    assert request.settings.effort == "low"
    with pytest.raises(ValueError, match="must be user or assistant"):
        read(MESSAGES, messages=[{"role": "tool", "content": "hi"}])


def test_gemini_reads_every_part() -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"fileData": {"fileUri": "files/f", "mimeType": "image/png"}},
        {"functionCall": {"name": "clock"}},
    ]
    answers = [{"functionResponse": {"name": "clock", "response": {"hour": 3, "minute": 4}}}]
    request = read(
        GEMINI,
        "/models/m:generateContent",
        contents=[{"role": "model", "parts": parts}, {"role": "user", "parts": answers}],
        tools=[{"functionDeclarations": [{"name": "clock"}]}],
        toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["clock"]}},
        generationConfig={"thinkingConfig": {"thinkingLevel": "LOW"}},
    )
    assert request.model == "m"
    assert request.messages[0].parts[:2] == (
        Reasoning(text="hm"),
        Media(source=FileRef(file_id="files/f"), media_type="image/png"),
    )
    assert request.messages[1].parts == (ToolResult(call_id="call 1", name="clock", content={"hour": 3, "minute": 4}),)
    assert request.tool_choice == ToolChoice("tool", "clock")
    assert request.settings.effort == "low"
    with pytest.raises(ValueError, match="unknown kind 'novelty'"):
        read(GEMINI, contents=[{"role": "user", "parts": [{"novelty": 1}]}])


def test_results_without_ids_belong_to_calls_by_name_and_order() -> None:
    pairing = Pairing()
    ids = [pairing.call("weather"), pairing.call("clock", "c"), pairing.call("weather")]
    assert [pairing.result(name) for name in ("weather", "clock", "weather")] == ids
    assert (pairing.result("weather"), pairing.result("weather", "x")) == ("", "x")


def test_settings_come_from_several_objects() -> None:
    found = settings_of(({"a": 1, "b": None}, {"a": "seed", "b": "top_k"}), ({"c": 2}, {"c": "top_k"}), effort=None)
    assert found == Settings(seed=1, top_k=2)


def test_an_address_is_an_address() -> None:
    assert linked_media(URL, "image/*", filename="a") == Media(source=Url(url=URL), media_type="image/*", filename="a")
    with pytest.raises(ValueError, match="must be a string"):
        linked_media(None, "image/*")


def request_of(path: str, **body: Any) -> Received:
    return Received(method="POST", path=path, raw_headers=(), body=json.dumps(body).encode(), at=0.0, connection=0)


def test_anthropic_refuses_a_prompt_without_its_words() -> None:
    assert MESSAGES.prompts is not None
    read_prompt = MESSAGES.prompts.read
    good = request_of("/complete", model="m", prompt="\n\nHuman: hi\n\nAssistant:", max_tokens_to_sample=9)
    assert (read_prompt(good).prompt, read_prompt(good).settings) == ("hi", Settings(max_tokens=9))
    with pytest.raises(ValueError, match="must stand between"):
        read_prompt(request_of("/complete", model="m", prompt="hi"))


def test_gemini_refuses_texts_for_several_models() -> None:
    assert GEMINI.embeddings is not None
    each = {"model": "models/other", "content": {"parts": [{"text": "hi"}]}}
    with pytest.raises(ValueError, match="must be for models/m"):
        GEMINI.embeddings.read(request_of("/models/m:batchEmbedContents", requests=[each]))


def test_one_text_may_be_sent_without_a_list() -> None:
    assert CHAT.embeddings is not None
    assert CHAT.embeddings.read(request_of("/embeddings", model="m", input="hi")).texts == ("hi",)
