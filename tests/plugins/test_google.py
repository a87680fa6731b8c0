from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    Bytes,
    ChatRequest,
    CompletionRequest,
    Data,
    FileRef,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    Settings,
    Support,
    Text,
    UnsupportedError,
    Url,
    fit,
)
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_google.dialect import Gemini
from dragoman_google.models import capabilities, generation, thinking
from plugins.google_wire import KEY, chunk, config, contents, encoded, streamed

__all__ = ["loopback"]


async def test_key_is_sent_in_a_header_only(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json(chunk({"text": "Hello"}, finish="STOP")))

    async with LLM(config(loopback)) as llm:
        text = await llm.chat_completion([Message("system", "Be brief."), Message("user", "hi")])

    (received,) = loopback.requests
    assert text == "Hello"
    assert received.path == "/v1beta/models/gemini-2.5-flash:generateContent"
    assert received.headers["x-goog-api-key"] == KEY
    assert received.json == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
    }


async def test_path_of_a_stream(loopback: LoopbackServer) -> None:
    await streamed(loopback, chunk({"text": "Hello"}, finish="STOP"))

    assert loopback.requests[0].path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"


async def test_prompt_is_sent_as_a_conversation(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json(chunk({"text": "there"}, finish="STOP")))

    async with LLM(config(loopback)) as llm:
        assert await llm.completion("Hi") == "there"

    assert loopback.requests[0].json["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-pro", "/models/gemini-pro"),
        ("models/gemini-pro", "/models/gemini-pro"),
        ("tunedModels/mine", "/tunedModels/mine"),
        ("a/../../b?c#d", "/models/a%2F..%2F..%2Fb%3Fc%23d"),
        ("//evil.test", "/models/%2F%2Fevil.test"),
    ],
)
def test_model_name_is_quoted_in_the_path(model: str, path: str) -> None:
    request = ChatRequest(model=model, messages=(Message("user", "hi"),))

    assert Gemini().encode(request, stream=False).url == f"{path}:generateContent"


def test_path_on_vertex_includes_the_publisher() -> None:
    assert Gemini(vertex=True).resource("google/gemini-2.5-pro") == "/publishers/google/models/gemini-2.5-pro"
    assert Gemini(vertex=True).resource("endpoints/42") == "/endpoints/42"


def test_all_settings_are_sent() -> None:
    settings = Settings(
        max_tokens=9,
        temperature=1.5,
        top_p=0.5,
        top_k=3,
        stop=("a", "b"),
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=2,
        service_tier="flex",
    )

    body, _ = encoded(settings=settings)

    assert body["serviceTier"] == "flex"
    assert body["generationConfig"] == {
        "maxOutputTokens": 9,
        "temperature": 1.5,
        "topP": 0.5,
        "topK": 3,
        "stopSequences": ["a", "b"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 2,
    }


@pytest.mark.parametrize("model", ["gemini-3-pro-preview", "gemini-3.5-flash", "gemini-flash-latest"])
def test_a_model_that_thinks_keeps_its_default_temperature_unless_given(model: str) -> None:
    given = {"model": model, "provider": "google", "api_key": KEY}

    assert "generationConfig" not in LLM(LLMConfig(**given)).build_request("hi").body
    sent = LLM(LLMConfig(**given, temperature=0.7)).build_request("hi").body
    assert sent["generationConfig"] == {"temperature": 0.7}


@pytest.mark.parametrize(
    ("model", "effort", "sent", "changed"),
    [
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}, False),
        ("gemini-2.5-flash", "low", {"thinkingBudget": 1024}, False),
        ("gemini-2.5-flash", "medium", {"thinkingBudget": 8192}, False),
        ("gemini-2.5-flash", "high", {"thinkingBudget": 24576}, False),
        ("gemini-2.5-flash", "max", {"thinkingBudget": 24576}, True),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}, True),
        ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "minimal"}, False),
        ("gemini-3-flash-preview", "none", {"thinkingLevel": "minimal"}, True),
        ("gemini-3-pro-preview", "minimal", {"thinkingLevel": "low"}, True),
        ("gemini-3-pro-preview", "high", {"thinkingLevel": "high"}, False),
        ("gemini-3-pro-preview", "xhigh", {"thinkingLevel": "high"}, True),
    ],
)
def test_effort_by_family(model: str, effort: str, sent: dict[str, Any], changed: Any) -> None:
    body, notes = encoded(model=model, settings=Settings(effort=effort))

    assert body["generationConfig"]["thinkingConfig"] == sent
    assert (("coerced", "effort") in notes) is changed


@pytest.mark.parametrize(
    ("model", "effort", "limit", "budget", "changed"),
    [
        ("gemini-2.5-flash", "low", 4_000, 1_024, False),
        ("gemini-2.5-flash", "low", 300, 150, True),
        ("gemini-2.5-flash", "high", 10_000, 5_000, True),
        ("gemini-2.5-flash", "low", 200, 0, True),
        ("gemini-2.5-flash", "none", 10, 0, False),
        ("gemini-2.5-flash-lite", "low", 1_100, 550, True),
        ("gemini-2.5-flash-lite", "low", 1_000, 0, True),
        ("gemini-2.5-pro", "low", 100, 128, True),
    ],
)
def test_the_thinking_leaves_room_for_the_answer(
    model: str, effort: str, limit: int, budget: int, *, changed: bool
) -> None:
    body, notes = encoded(model=model, settings=Settings(effort=effort, max_tokens=limit))
    assert body["generationConfig"] == {
        "maxOutputTokens": limit,
        "thinkingConfig": {"thinkingBudget": budget},
    }
    assert (("coerced", "effort") in notes) is changed


def test_effort_is_dropped_for_models_without_thinking() -> None:
    body, notes = encoded(model="gemini-2.0-flash", settings=Settings(effort="high"))

    assert "generationConfig" not in body
    assert notes == [("dropped", "effort")]


def test_options_take_precedence_over_effort() -> None:
    options = {"thinking_budget": -1, "include_thoughts": True}
    body, _ = encoded(settings=Settings(effort="low"), options=options)
    level, _ = encoded(model="gemini-3-flash", options={"thinking_level": "medium"})

    assert body["generationConfig"]["thinkingConfig"] == {"thinkingBudget": -1, "includeThoughts": True}
    assert level["generationConfig"]["thinkingConfig"] == {"thinkingLevel": "medium"}


def test_options_are_sent_in_the_body() -> None:
    options = {
        "safety_settings": {"harassment": "block_none", "HARM_CATEGORY_HATE_SPEECH": "OFF"},
        "cached_content": "cachedContents/1",
        "response_modalities": ["TEXT", "IMAGE"],
        "retrieval_config": {"languageCode": "de"},
        "labels": {"team": "a"},
        "extra_body": {"generationConfig": {"enableEnhancedCivicAnswers": True}, "store": False},
    }

    body, _ = encoded(options=options)

    assert body == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "safetySettings": [
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
            {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
        ],
        "cachedContent": "cachedContents/1",
        "generationConfig": {
            "responseModalities": ["TEXT", "IMAGE"],
            "enableEnhancedCivicAnswers": True,
        },
        "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
        "labels": {"team": "a"},
        "store": False,
    }


def test_misspelled_option_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="thinking_budget"):
        encoded(options={"thinking_buget": 1})


def test_messages_of_one_role_are_merged_and_the_user_is_first() -> None:
    body, notes = encoded(
        Message("assistant", "Hello."), Message("user", "a"), Message("user", "b"), Message("system", "Be kind.")
    )

    assert body["contents"] == [
        {"role": "user", "parts": [{"text": " "}]},
        {"role": "model", "parts": [{"text": "Hello."}]},
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
    ]
    assert body["systemInstruction"] == {"parts": [{"text": "Be kind."}]}
    assert notes == [("coerced", "system message"), ("emulated", "messages")]


def test_system_message_alone_gets_a_user_message() -> None:
    body, notes = encoded(Message("system", "Tell a joke."))

    assert body["contents"] == [{"role": "user", "parts": [{"text": " "}]}]
    assert notes == [("emulated", "messages")]


def test_gemma_without_system_messages_gets_them_from_the_user() -> None:
    body, notes = encoded(Message("system", "Be brief."), Message("user", "hi"), model="gemma-3-27b-it")

    assert body == {"contents": [{"role": "user", "parts": [{"text": "Be brief."}, {"text": "hi"}]}]}
    assert notes == [("emulated", "system message")]


def test_system_messages_must_be_text() -> None:
    with pytest.raises(UnsupportedError, match="only text"):
        encoded(Message("system", Media(source=Bytes(data=b"x"), media_type="image/png")))


def test_empty_texts_are_not_sent() -> None:
    sent = contents(Message("user", [Text(text=""), Text(text="hi")]), Message("assistant", ""))

    assert sent == [{"role": "user", "parts": [{"text": "hi"}]}]


@pytest.mark.parametrize(
    ("part", "sent"),
    [
        (
            Media(source=Bytes(data=b"png"), media_type="image/png"),
            {"inlineData": {"mimeType": "image/png", "data": "cG5n"}},
        ),
        (
            Media(source=Url(url="data:image/png;base64,aGk="), media_type="image/*"),
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        ),
        (
            Media(source=Url(url="https://x.test/a.png?b=c"), media_type="image/*"),
            {"fileData": {"mimeType": "image/png", "fileUri": "https://x.test/a.png?b=c"}},
        ),
        (
            Media(source=Url(url="gs://bucket/film"), media_type="video/*"),
            {"fileData": {"fileUri": "gs://bucket/film"}},
        ),
        (
            Media(source=FileRef(file_id="files/1"), media_type="application/pdf"),
            {
                "fileData": {
                    "mimeType": "application/pdf",
                    "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/1",
                }
            },
        ),
        (Media(source=InlineText(text="words"), media_type="text/plain"), {"text": "words"}),
        (Data(value={"a": 1}), {"text": '{"a":1}'}),
        (
            Media(
                source=Bytes(data=b""),
                media_type="video/mp4",
                options={"google": {"videoMetadata": {"fps": 1}}, "other": {"x": 1}},
            ),
            {"inlineData": {"mimeType": "video/mp4", "data": ""}, "videoMetadata": {"fps": 1}},
        ),
    ],
)
def test_user_parts(part: Any, sent: dict[str, Any]) -> None:
    assert contents(Message("user", part)) == [{"role": "user", "parts": [sent]}]


@pytest.mark.parametrize(
    ("model", "number", "how"),
    [
        ("gemini-pro", (1, 0), "none"),
        ("gemini-1.5-pro-002", (1, 5), "none"),
        ("gemini-2.0-flash", (2, 0), "none"),
        ("gemini-2.5-flash-lite", (2, 5), "budget"),
        ("gemini-2.5-flash-image", (2, 5), "none"),
        ("models/gemini-3-pro-preview", (3, 0), "level"),
        ("gemini-10.2-flash", (10, 2), "level"),
        ("gemini-flash-latest", (3, 0), "level"),
        ("gemma-3-27b-it", (1, 0), "none"),
    ],
)
def test_families(model: str, number: tuple[int, int], how: str) -> None:
    assert (generation(model), thinking(model)) == (number, how)


def test_capabilities() -> None:
    assert capabilities("gemini-3-pro").settings["presence_penalty"].support is Support.NO
    assert "presence_penalty" not in capabilities("gemini-2.5-pro").settings
    assert capabilities("gemma-3-4b-it").tools.support is Support.NO
    assert capabilities("gemma-4-31b-it").tools.support is Support.UNKNOWN
    assert capabilities("gemini-2.0-flash").settings["effort"].support is Support.NO


def test_build_request_for_a_prompt() -> None:
    sent = Gemini().encode(CompletionRequest(model="gemini-2.5-flash", prompt="hi"), stream=False)

    assert json.loads(sent.body or b"") == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


def test_the_name_of_a_speaker_is_recorded_as_not_sent() -> None:
    request = ChatRequest(model="gemini-2.5-flash", messages=(Message("user", "x", name="bob"),), settings=Settings())
    _, notes = fit(request, capabilities("gemini-2.5-flash"), issuer="google")
    assert [(note.kind, note.feature) for note in notes if note.feature == "name"] == [("dropped", "name")]


@pytest.mark.parametrize("given", [1, True, {1: "BLOCK_NONE"}, object()])
def test_settings_of_safety_in_another_shape_are_refused(given: Any) -> None:
    llm = LLM(LLMConfig("gemini-2.5-flash", provider="google", api_key="k"))
    with pytest.raises(InvalidRequestError, match="safety_settings"):
        llm.build_request("x", safety_settings=given)
