"""The work of decoding the Messages API is linear in whatever a server repeats, streamed and whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman_anthropic.dialect import AnthropicMessages
from properties.growth import check_linear, of_reply, of_stream

Shape = Callable[[int], list[Any]]
CITED = {
    "type": "char_location",
    "cited_text": "q",
    "document_index": 0,
    "document_title": "t",
    "start_char_index": 0,
    "end_char_index": 1,
}
TEXT = {"type": "text", "text": ""}
THINKING = {"type": "thinking", "thinking": ""}
NOVEL = {"type": "novel", "text": ""}
CALL: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
BEGUN = {"type": "message_start", "message": {"id": "m", "model": "x", "usage": {"input_tokens": 1}}}
ENDED = [
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
    {"type": "message_stop"},
]


def begin(block: dict[str, Any], index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": kind, **more}}


def stop(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def of(block: dict[str, Any], *each: dict[str, Any]) -> Shape:
    return lambda n: [begin(block), *[*each] * n, stop()]


def counted(**usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {}, "usage": usage}


def blocks(block: dict[str, Any], *, closed: bool) -> Shape:
    return lambda n: [each for i in range(n) for each in (begin(block, i), *([stop(i)] if closed else []))]


SHAPES: dict[str, Shape] = {
    "text": of(TEXT, delta("text_delta", text="abcd ")),
    "thinking": of(THINKING, delta("thinking_delta", thinking="abcd ")),
    "signatures": of(THINKING, delta("signature_delta", signature="abcd")),
    "thinking and signatures by turns": of(
        THINKING, delta("thinking_delta", thinking="a"), delta("signature_delta", signature="abcd")
    ),
    "input": of(CALL, delta("input_json_delta", partial_json="abc")),
    "input of a server's call": of({**CALL, "type": "mcp_tool_use"}, delta("input_json_delta", partial_json="abc")),
    "citations": of(TEXT, delta("citations_delta", citation=CITED)),
    "text and citations by turns": of(
        TEXT, delta("text_delta", text="abcd "), delta("citations_delta", citation=CITED)
    ),
    "citations of the first block": lambda n: [begin({**TEXT, "citations": [CITED] * n}), stop()],
    "citations after as many": lambda n: [
        begin({**TEXT, "citations": [CITED] * n}),
        *[delta("citations_delta", citation=CITED)] * n,
        stop(),
    ],
    "citations of a block that stays open": lambda n: [
        begin(TEXT),
        *[delta("citations_delta", citation=CITED)] * n,
    ],
    "a text of an unknown block": of(NOVEL, delta("novel_delta", text="abcd ")),
    "texts of an unknown block": lambda n: [
        begin(NOVEL),
        *(delta("novel_delta", **{f"k{i}": "v"}) for i in range(n)),
        stop(),
    ],
    "values of an unknown block": lambda n: [
        begin(NOVEL),
        *(delta("novel_delta", **{f"k{i}": [i]}) for i in range(n)),
        stop(),
    ],
    "one value of an unknown block": of(NOVEL, delta("novel_delta", value=[1, 2])),
    "letters after a long text of an unknown block": lambda n: [
        begin({"type": "novel", "text": "abc" * n}),
        *[delta("novel_delta", text="a")] * n,
        stop(),
    ],
    "open blocks": blocks(TEXT, closed=False),
    "closed blocks": blocks({**TEXT, "text": "a"}, closed=True),
    "blocks at one place": lambda n: [begin(NOVEL), delta("novel_delta", text="a")] * n,
    "calls": blocks(CALL, closed=False),
    "unknown blocks": blocks(NOVEL, closed=True),
    "redacted thinking": blocks({"type": "redacted_thinking", "data": "abc"}, closed=True),
    "usage": lambda n: [counted(output_tokens=i) for i in range(n)],
    "usage of many members": lambda n: [counted(**{f"k{i}": i}) for i in range(n)],
    "usage after many members": lambda n: [
        counted(**{f"k{i}": i for i in range(n)}),
        *(counted(output_tokens=i) for i in range(n)),
    ],
    "beginnings": lambda n: [BEGUN] * n,
    "ends": lambda n: [{"type": "message_delta", "delta": {f"k{i}": i, "container": {"id": i}}} for i in range(n)],
    "pings": lambda n: [{"type": "ping"}] * n,
    "unknown events": lambda n: [{"type": "novel", "value": i} for i in range(n)],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stream(shape: str) -> None:
    def stream(n: int) -> bytes:
        return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in (BEGUN, *SHAPES[shape](n), *ENDED))

    check_linear(lambda n: of_stream(AnthropicMessages(), stream(n)))


WHOLE: dict[str, Callable[[int], dict[str, Any]]] = {
    "texts": lambda n: {"content": [{**TEXT, "text": "a"}] * n},
    "citations": lambda n: {"content": [{**TEXT, "text": "a", "citations": [CITED] * n}]},
    "calls": lambda n: {"content": [CALL] * n},
    "calls of the server": lambda n: {"content": [{**CALL, "type": "server_tool_use"}] * n},
    "thinking": lambda n: {"content": [{**THINKING, "thinking": "a", "signature": "b"}] * n},
    "unknown blocks": lambda n: {"content": [NOVEL] * n},
    "members of an unknown block": lambda n: {"content": [{"type": "novel", **{f"k{i}": i for i in range(n)}}]},
    "results": lambda n: {"content": [{"type": "web_search_tool_result", "content": [{"url": "u"}] * n}]},
    "usage": lambda n: {"content": [], "usage": {f"k{i}": i for i in range(n)}},
    "unknown members": lambda n: {"content": [], **{f"k{i}": i for i in range(n)}},
}


@pytest.mark.parametrize("shape", WHOLE)
def test_a_whole_reply(shape: str) -> None:
    def reply(n: int) -> bytes:
        return json.dumps({"id": "m", "model": "x", "stop_reason": "end_turn", **WHOLE[shape](n)}).encode()

    check_linear(lambda n: of_reply(AnthropicMessages(), reply(n)))
