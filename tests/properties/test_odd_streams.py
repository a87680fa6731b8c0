"""A stream in an odd form gives the answer that the same reply gives as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import Response, StreamEnd, StreamInterruptedError
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import Outcome, decoded, streamed

Json = dict[str, Any]
ONE = {"a": 1}
TEXT = {"type": "text", "text": "hi"}
TOOL = {"type": "tool_use", "id": "c", "name": "f", "input": ONE}
STOP = {"type": "message_stop"}


def begun(**members: Any) -> Json:
    return {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", **members}}


def ended(reason: str) -> Json:
    return {"type": "message_delta", "delta": {"stop_reason": reason}}


def block(start: Json, delta: Json) -> list[Json]:
    return [
        {"type": "content_block_start", "index": 0, "content_block": start},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
    ]


MESSAGES: dict[str, tuple[list[Json], Json]] = {
    "all with its beginning": (
        [begun(content=[TEXT, TOOL]), ended("tool_use"), STOP],
        {"content": [TEXT, TOOL], "stop_reason": "tool_use"},
    ),
    "all and the end with its beginning": (
        [begun(content=[TEXT], stop_reason="end_turn"), STOP],
        {"content": [TEXT], "stop_reason": "end_turn"},
    ),
    "with its beginning, and again": (
        [
            begun(content=[TEXT]),
            *block({"type": "text", "text": ""}, {"type": "text_delta", "text": "hi"}),
            ended("end_turn"),
            STOP,
        ],
        {"content": [TEXT], "stop_reason": "end_turn"},
    ),
    "arguments that are an object": (
        [
            begun(content=[]),
            *block({**TOOL, "input": {}}, {"type": "input_json_delta", "partial_json": ONE}),
            ended("tool_use"),
            STOP,
        ],
        {"content": [TOOL], "stop_reason": "tool_use"},
    ),
}


def event(kind: str, place: int | None = None, **message: Any) -> Json:
    return {"type": kind, "index": place, "delta": {"message": message}}


CITED = {"start": 0, "end": 2, "text": "hi", "sources": [{"id": "d"}], "content_index": 0, "type": "TEXT_CONTENT"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
SAID = [
    event("content-start", 0, content={"type": "text", "text": ""}),
    event("content-delta", 0, content={"text": "hi"}),
]
COHERE_END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
COHERE: dict[str, tuple[list[Json], Json]] = {
    "calls in a list": (
        [event("tool-call-start", 0, tool_calls=[CALL]), COHERE_END],
        {"tool_calls": [CALL]},
    ),
    "a citation in a list": (
        [*SAID, event("citation-start", 0, citations=[CITED]), COHERE_END],
        {"content": [TEXT], "citations": [CITED]},
    ),
    "a citation before the text": (
        [event("citation-start", 0, citations=CITED), *SAID, COHERE_END],
        {"content": [TEXT], "citations": [CITED]},
    ),
    "a citation without a text": ([event("citation-start", 0, citations=CITED), COHERE_END], {"citations": [CITED]}),
    "a text without a list": ([*SAID, COHERE_END], {"content": "hi"}),
}
TOOL_USE = {"toolUseId": "c", "name": "f"}
CONVERSE = [
    {"contentBlockStart": {"contentBlockIndex": 0, "start": {"toolUse": TOOL_USE}}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"toolUse": {"input": ONE}}}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"metadata": {"usage": {"inputTokens": 1}}},
]
NO_PLACE = [
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "hm"}}}},
    {"contentBlockDelta": {"delta": {"text": "h"}}},
    {"contentBlockDelta": {"delta": {"text": "i"}}},
    {"contentBlockDelta": {"delta": {"reasoningContent": {"text": "well"}}}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": {"inputTokens": 1}}},
]
THOUGHTS = [{"reasoningContent": {"reasoningText": {"text": text}}} for text in ("hm", "well")]
ANNOTATED = [{"type": "url_citation", "url_citation": {"url": f"https://{name}.test"}} for name in "abc"]


def chunk(delta: Json, reason: str | None = None) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


ALL_SO_FAR = [
    chunk({"content": "hi", "annotations": ANNOTATED[:1]}),
    chunk({"annotations": ANNOTATED[:2]}),
    chunk({"annotations": ANNOTATED[:2]}),
    chunk({"annotations": ANNOTATED[2:]}),
    chunk({}, "stop"),
]
CASES = [
    *[
        pytest.param(name, events, {"type": "message", **body}, id=f"{name} {case}")
        for name in ("anthropic.messages", "bedrock.invoke_stream")
        for case, (events, body) in MESSAGES.items()
    ],
    *[
        pytest.param("cohere.chat", events, {"message": body, "finish_reason": "COMPLETE"}, id=f"cohere {case}")
        for case, (events, body) in COHERE.items()
    ],
    pytest.param(
        "bedrock.converse_stream",
        CONVERSE,
        {"output": {"message": {"content": [{"toolUse": {**TOOL_USE, "input": ONE}}]}}, "stopReason": "tool_use"},
        id="converse arguments that are an object",
    ),
    pytest.param(
        "bedrock.converse_stream",
        NO_PLACE,
        {"output": {"message": {"content": [THOUGHTS[0], {"text": "hi"}, THOUGHTS[1]]}}, "stopReason": "end_turn"},
        id="converse blocks without a place",
    ),
    pytest.param(
        "openai.chat",
        ALL_SO_FAR,
        {"choices": [{"message": {"content": "hi", "annotations": ANNOTATED}, "finish_reason": "stop"}]},
        id="chat all citations so far",
    ),
]


def outcome(dialect: DialectCase, events: list[Json]) -> Outcome:
    return streamed(dialect, [b"data: " + json.dumps(each).encode() + b"\n\n" for each in events])


def said(response: Response) -> list[Any]:
    parts: Any = response.message.parts
    texts = [(type(part), getattr(part, "text", None), getattr(part, "citations", None)) for part in parts]
    return [texts, [(call.name, call.call_id, call.parse()) for call in response.tool_calls], response.metadata]


@pytest.mark.parametrize(("name", "events", "body"), CASES)
def test_it_is_as_in_a_whole_answer(name: str, events: list[Json], body: Json) -> None:
    whole, found = decoded(DIALECTS[name], json.dumps(body).encode()), outcome(DIALECTS[name], events)
    assert found.error is None, found.error
    end = found.events[-1]
    assert isinstance(whole, Response)
    assert isinstance(end, StreamEnd)
    assert said(end.response) == said(whole)
    assert end.response.finish == whole.finish


@pytest.mark.parametrize(("name", "events", "body"), CASES)
def test_it_is_no_answer_before_its_end(name: str, events: list[Json], body: Json) -> None:
    del body
    last = 2 if name.endswith("converse_stream") else 1
    assert isinstance(outcome(DIALECTS[name], events[:-last]).error, StreamInterruptedError)
