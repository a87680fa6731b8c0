"""Usage that arrives beside the end of an answer, after it or before it, is the usage of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import StreamEnd
from fuzz.dialects import DIALECTS
from fuzz.outcome import streamed


def _chat(delta: Any = None, reason: str | None = None) -> Any:
    return {"id": "x", "choices": [{"index": 0, "delta": delta or {}, "finish_reason": reason}]}


def _gemini(text: str, reason: str | None = None) -> Any:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": reason}]}


_COUNTS = {"prompt_tokens": 3, "completion_tokens": 2}
_CHAT: list[list[Any]] = [
    [_chat({"content": "Hi"}), _chat(None, "stop"), {"id": "x", "choices": [], "usage": _COUNTS}],
    [_chat({"content": "Hi"}), _chat(None, "stop"), {"id": "x", "usage": _COUNTS}],
    [_chat({"content": "Hi"}), _chat(None, "stop"), {**_chat(), "usage": _COUNTS}],
    [{**_chat({"content": "Hi"}), "usage": _COUNTS}, {**_chat(None, "stop"), "usage": None}],
]
_GEMINI = {"usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}
_BEGUN: list[Any] = [
    {"type": "message_start", "message": {"id": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 0}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
]
_DELTA: Any = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
_STOP: Any = {"type": "message_stop"}
_USED = {"usage": {"output_tokens": 2}}
_MESSAGES: list[list[Any]] = [
    [*_BEGUN, {**_DELTA, **_USED}, _STOP],
    [*_BEGUN, _DELTA, {"type": "message_delta", "delta": {}, **_USED}, _STOP],
    [*_BEGUN, {"type": "message_delta", "delta": {}, **_USED}, {**_DELTA, "usage": None}, _STOP],
    [*_BEGUN, _DELTA, {**_STOP, **_USED}],
]
_SAID: list[Any] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}},
]
_END: Any = {"messageStop": {"stopReason": "end_turn"}}
_METADATA: Any = {"metadata": {"usage": {"inputTokens": 3, "outputTokens": 2}}}
_METRICS: Any = {"metadata": {"metrics": {"latencyMs": 5}}}
STREAMS: dict[str, list[list[Any]]] = {
    **{name: _CHAT for name in DIALECTS if name.endswith(".chat") and name not in {"cohere.chat", "ollama.chat"}},
    "google.generate": [[_gemini("Hi"), _gemini("", "STOP"), _GEMINI], [_gemini("Hi", "STOP"), _GEMINI]],
    "anthropic.messages": _MESSAGES,
    "bedrock.invoke_stream": _MESSAGES,
    "bedrock.converse_stream": [
        [*_SAID, _END, _METADATA],
        [*_SAID, _END, _METRICS, _METADATA],
        [*_SAID, _METADATA, _END],
        [*_SAID, _METADATA, _END, _METRICS],
    ],
}


@pytest.mark.parametrize(
    ("name", "events"),
    [
        pytest.param(name, events, id=f"{name} {number}")
        for name, streams in STREAMS.items()
        for number, events in enumerate(streams)
    ],
)
def test_is_counted(name: str, events: list[Any]) -> None:
    outcome = streamed(DIALECTS[name], [b"data: " + json.dumps(each).encode() + b"\n\n" for each in events])
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd), outcome.error
    assert end.response.text == "Hi"
    assert (end.response.usage.input_tokens, end.response.usage.output_tokens) == (3, 2)
