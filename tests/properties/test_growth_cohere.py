"""The work of decoding Cohere's dialect is linear in whatever a server repeats, streamed and whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman_cohere.dialect import Cohere
from properties.growth import check_linear, of_reply, of_stream

Shape = Callable[[int], list[Any]]
CITED = {"start": 0, "end": 1, "text": "a", "sources": [{"type": "document", "id": "d", "document": {"text": "q"}}]}
LOGGED = {"text": "a", "token_ids": [1], "logprobs": [-1.0]}
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 1}}}}


def sent(kind: str, message: Any, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}, **more}


def text(index: int = 0, **more: Any) -> dict[str, Any]:
    return sent("content-delta", {"content": {"text": "abcd "}}, index, **more)


def called(call_id: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}


STREAMS: dict[str, Shape] = {
    "text": lambda n: [text()] * n,
    "blocks of text": lambda n: [text(i) for i in range(n)],
    "thoughts": lambda n: [sent("content-delta", {"content": {"thinking": "ab "}})] * n,
    "a plan": lambda n: [sent("tool-plan-delta", {"tool_plan": "ab "})] * n,
    "arguments": lambda n: [
        sent("tool-call-start", {"tool_calls": called("c", "")}),
        *[sent("tool-call-delta", {"tool_calls": {"function": {"arguments": "abc"}}})] * n,
    ],
    "calls": lambda n: [sent("tool-call-start", {"tool_calls": called(f"c{i}")}, i) for i in range(n)],
    "calls at one place": lambda n: [sent("tool-call-start", {"tool_calls": called(f"c{i}")}) for i in range(n)],
    "citations": lambda n: [text(), *[sent("citation-start", {"citations": CITED})] * n],
    "citations of no text": lambda n: [sent("citation-start", {"citations": CITED})] * n,
    "text and citations by turns": lambda n: [text(), sent("citation-start", {"citations": CITED})] * n,
    "log probabilities": lambda n: [text(logprobs=LOGGED)] * n,
    "unknown blocks": lambda n: [sent("content-start", {"content": {"type": "novelty"}}, i) for i in range(n)],
    "unknown events": lambda n: [{"type": "novelty", f"x{i}": i} for i in range(n)],
}
WHOLES: dict[str, Callable[[int], dict[str, Any]]] = {
    "texts": lambda n: {"content": [{"type": "text", "text": "abcd "}] * n},
    "thoughts": lambda n: {"content": [{"type": "thinking", "thinking": "ab "}] * n},
    "calls": lambda n: {"tool_calls": [called(f"c{i}") for i in range(n)]},
    "citations": lambda n: {"content": [{"type": "text", "text": "a"}], "citations": [CITED] * n},
    "citations of many texts": lambda n: {
        "content": [{"type": "text", "text": "a"}] * n,
        "citations": [{**CITED, "content_index": i} for i in range(n)],
    },
}


@pytest.mark.parametrize("shape", STREAMS)
def test_a_stream_of_all_that_is_repeated(shape: str) -> None:
    def work(n: int) -> int:
        events = [*STREAMS[shape](n), END]
        return of_stream(Cohere(), b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in events))

    check_linear(work)


@pytest.mark.parametrize("shape", WHOLES)
def test_a_whole_reply(shape: str) -> None:
    def work(n: int) -> int:
        message = {"role": "assistant", **WHOLES[shape](n)}
        return of_reply(Cohere(), json.dumps({"id": "m", "finish_reason": "COMPLETE", "message": message}).encode())

    check_linear(work)
