from __future__ import annotations

import base64
from typing import Any

import pytest

from dragoman import (
    Bytes,
    Extension,
    Media,
    ProtocolError,
    Text,
    Url,
    Usage,
)
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from plugins.google_wire import chunk, decoded, streamed

__all__ = ["loopback"]


FINISHES = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "FUNCTION_CALL": "tool_calls",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "LANGUAGE": "content_filter",
    "OTHER": "other",
    "NO_IMAGE": "error",
    "SOMETHING_NEW": "other",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    1: "stop",
    2: "length",
    3: "content_filter",
    9: "other",
}


@pytest.mark.parametrize(("raw", "reason"), FINISHES.items())
async def test_finish_reasons(loopback: LoopbackServer, raw: Any, reason: str) -> None:
    end = chunk({"text": "x"}, finish=raw, candidate={"finishMessage": "so it is"})

    for answer in (decoded(end), await streamed(loopback, end)):
        assert (answer.finish.reason, answer.finish.raw) == (reason, str(raw))
        assert answer.metadata["finishMessage"] == "so it is"


async def test_blocked_prompt_has_a_finish_reason(loopback: LoopbackServer) -> None:
    feedback = {"blockReason": "SAFETY", "safetyRatings": [{"category": "X", "probability": "HIGH"}]}
    blocked = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}

    for answer in (decoded(blocked), await streamed(loopback, blocked)):
        assert (answer.finish.reason, answer.finish.raw) == ("content_filter", "SAFETY")
        assert answer.metadata == {"promptFeedback": feedback}
        assert (answer.usage.input_tokens, answer.usage.output_tokens) == (4, None)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}, (5, 3, None, None)),
        (
            {"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 7, "totalTokenCount": 15},
            (5, 10, None, 7),
        ),
        (
            {"promptTokenCount": 5, "candidatesTokenCount": 9, "thoughtsTokenCount": 7, "totalTokenCount": 14},
            (5, 9, None, 7),
        ),
        (
            {
                "promptTokenCount": 5,
                "toolUsePromptTokenCount": 2,
                "candidatesTokenCount": 3,
                "cachedContentTokenCount": 4,
                "totalTokenCount": 10,
            },
            (7, 3, 4, None),
        ),
        ({"promptTokenCount": 5, "thoughtsTokenCount": 7, "totalTokenCount": 12}, (5, 7, None, 7)),
        ({}, (None, None, None, None)),
    ],
)
def test_usage(report: dict[str, Any], expected: tuple[int | None, ...]) -> None:
    usage = decoded(chunk({"text": "x"}, finish="STOP", usageMetadata=report)).usage

    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.reasoning_tokens) == expected
    assert usage.raw == (report or None)


def test_metadata_of_a_response() -> None:
    body = chunk({"text": "x"}, finish="STOP", modelVersion="gemini-x", createTime="2026-01-02T03:04:05.5Z")

    answer = decoded(body)

    assert (answer.origin.response_id, answer.origin.served_model) == ("r-1", "gemini-x")
    assert answer.origin.created == 1767323045.5
    assert answer.raw == body


def test_each_further_candidate_is_an_alternative() -> None:
    body = chunk({"text": "x"}, finish="STOP", modelVersion="gemini-x", usageMetadata={"promptTokenCount": 1})
    call = {"functionCall": {"name": "f", "args": {"a": 1}}}
    body["candidates"][:0] = [
        {"index": 2, "content": {"parts": [call]}, "finishReason": "STOP"},
        {"index": 1, "content": {"parts": [{"text": "y"}]}, "finishReason": "MAX_TOKENS", "avgLogprobs": -0.5},
    ]

    answer = decoded(body)
    second, third = answer.alternatives

    assert (answer.text, second.text) == ("x", "y")
    assert (str(second.finish.reason), second.metadata, second.usage) == ("length", {"avgLogprobs": -0.5}, Usage())
    assert (second.origin.response_id, second.origin.served_model) == ("r-1", "gemini-x")
    assert [(each.name, each.arguments) for each in third.tool_calls] == [("f", '{"a":1}')]
    assert (answer.usage.input_tokens, answer.raw) == (1, body)


def test_the_lowest_candidate_is_the_answer() -> None:
    body = chunk({"text": "x"}, finish="STOP")
    other = {"index": 3, "content": {"parts": [{"text": "z"}]}, "finishReason": "STOP"}
    body["candidates"] = [other, {**body["candidates"][0], "index": 2}]

    answer = decoded(body)

    assert (answer.text, [each.text for each in answer.alternatives]) == ("x", ["z"])


async def test_collected_stream_equals_reply(loopback: LoopbackServer) -> None:
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
    pieces = [
        chunk({"text": "Let me ", "thought": True}),
        chunk({"text": "see.", "thought": True}),
        chunk({"text": "Hel"}),
        chunk({"text": "lo"}),
        chunk({"text": "", "thoughtSignature": "c2ln"}),
        chunk({"functionCall": {"name": "f", "args": {"a": 1}}}),
        chunk(finish="STOP", usageMetadata=usage),
    ]
    whole = chunk(
        {"text": "Let me see.", "thought": True},
        {"text": "Hello", "thoughtSignature": "c2ln"},
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        finish="STOP",
        usageMetadata=usage,
    )

    answer = await streamed(loopback, *pieces)

    assert answer.message == decoded(whole).message == decoded(pieces).message
    assert (answer.finish, answer.usage) == (decoded(whole).finish, decoded(whole).usage)
    assert (answer.text, answer.reasoning) == ("Hello", "Let me see.")


def test_texts_that_the_server_separates_stay_separate() -> None:
    texts = decoded(chunk({"text": "a"}, {"text": "b", "thoughtSignature": "cw=="}, {"text": "c"}, finish="STOP"))

    assert [part.text for part in texts.message.of_type(Text)] == ["a", "b", "c"]
    assert [part.seal is not None for part in texts.message.parts] == [False, True, False]


def test_images_and_sounds() -> None:
    wave = {"mimeType": "audio/L16;rate=24000", "data": base64.b64encode(b"\x01\x02").decode()}
    picture = {"mimeType": "image/png", "data": "-_8="}
    answer = decoded(
        [
            chunk({"inlineData": wave}),
            chunk({"inlineData": wave}),
            chunk({"inlineData": picture}, {"inlineData": picture}),
            chunk({"inlineData": picture, "thought": True}),
            chunk({"fileData": {"mimeType": "image/png", "fileUri": "gs://b/o"}}, finish="STOP"),
        ]
    )

    sources = [part.source for part in answer.message.of_type(Media)]
    assert sources == [
        Bytes(data=b"\x01\x02\x01\x02"),
        Bytes(data=b"\xfb\xff"),
        Bytes(data=b"\xfb\xff"),
        Url(url="gs://b/o"),
    ]
    assert [part.kind for part in answer.message.of_type(Extension)] == ["google.inlineData"]


def test_arguments_streamed_as_values() -> None:
    def piece(*values: dict[str, Any], **more: Any) -> dict[str, Any]:
        return chunk({"functionCall": {**more, **({"partialArgs": list(values)} if values else {})}})

    answer = decoded(
        [
            piece(name="f", willContinue=True),
            piece({"jsonPath": "$.a[0].b", "stringValue": "x", "willContinue": True}, willContinue=True),
            piece({"jsonPath": "$.a[0].b", "stringValue": "y"}, willContinue=True),
            piece(
                {"jsonPath": "$['c d']", "numberValue": 1}, {"jsonPath": "$.e", "boolValue": True}, willContinue=True
            ),
            piece({"jsonPath": "$.n", "nullValue": "NULL_VALUE"}),
            piece(name="g", willContinue=True),
            piece(),
            piece(name="h", willContinue=True),
            piece({"jsonPath": "$.a", "stringValue": "cu", "willContinue": True}, willContinue=True),
            chunk(finish="MAX_TOKENS"),
        ]
    )

    f, g, h = answer.tool_calls
    assert f.parse() == {"a": [{"b": "xy"}], "c d": 1, "e": True, "n": None}
    assert (g.arguments, h.arguments) == ("{}", '{"a":"cu"')


@pytest.mark.parametrize("path", ["", "$", "$[0]", "$.a[99999999]", "$.a..b", "$.a[x]"])
def test_arguments_with_invalid_paths(path: str) -> None:
    call = {"name": "f", "partialArgs": [{"jsonPath": path, "stringValue": "x"}]}

    with pytest.raises(ProtocolError, match="does not fit the arguments"):
        decoded([chunk({"functionCall": call}, finish="STOP")])


def test_citations() -> None:
    grounding = {
        "groundingChunks": [{"web": {"uri": "https://a.test", "title": "A"}}, {"retrievedContext": {"text": "quoted"}}],
        "groundingSupports": [
            {"segment": {"startIndex": 4, "endIndex": 8, "text": "zwei"}, "groundingChunkIndices": [0, 1, 7]},
            {"segment": {"startIndex": 90, "endIndex": 99, "text": "ä"}, "groundingChunkIndices": [0]},
            {"segment": {"text": "not there"}, "groundingChunkIndices": [0], "confidenceScores": [0.5]},
        ],
    }
    recited = {"citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "https://c.test", "license": "mit"}]}
    parts = [chunk({"text": "ä "}), chunk({"text": "zwei"})]
    last = chunk(finish="STOP", candidate={"groundingMetadata": grounding, "citationMetadata": recited})

    (text,) = decoded([*parts, last]).message.of_type(Text)

    assert text.text == "ä zwei"
    places = [(each.source_url, each.quote, each.start, each.end) for each in text.citations]
    assert places == [
        ("https://a.test", None, 2, 6),
        (None, "quoted", 2, 6),
        ("https://a.test", None, 0, 1),
        ("https://a.test", None, None, None),
        ("https://c.test", None, 0, 1),
    ]
    assert text.citations[-1].metadata == {"license": "mit"}


def test_sources_without_segments_are_cited_without_positions() -> None:
    grounding = {"groundingChunks": [{"web": {"uri": "https://a.test", "title": "A"}}]}

    answer = decoded(chunk({"text": "x"}, finish="STOP", candidate={"groundingMetadata": grounding}))

    assert [each.title for each in answer.message.of_type(Text)[0].citations] == ["A"]
    assert answer.metadata["groundingMetadata"] == grounding
