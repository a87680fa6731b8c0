"""Usage that arrives beside the end of an answer, after it or before it, is the usage of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import StreamEnd, Text
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
_TOKENS = {"usage": {"tokens": {"input_tokens": 3, "output_tokens": 2}}}
_COHERE_SAID: Any = {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}}
_COHERE_END: Any = {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
_COHERE: list[list[Any]] = [
    [_COHERE_SAID, {**_COHERE_END, **_TOKENS}],
    [_COHERE_SAID, {**_COHERE_END, "usage": None}, {"type": "usage", **_TOKENS}],
    [_COHERE_SAID, _COHERE_END, {"type": "message-end", "delta": _TOKENS}],
    [{**_COHERE_SAID, **_TOKENS}, {**_COHERE_END, "usage": {}}],
    [
        {"type": "message-start", "delta": {"usage": {"tokens": {"input_tokens": 3, "output_tokens": 1}}}},
        _COHERE_SAID,
        {**_COHERE_END, "usage": {"tokens": {"input_tokens": 0, "output_tokens": 2}}},
    ],
]
_LINE: Any = {"message": {"role": "assistant", "content": "Hi"}, "done": False}
_LAST: Any = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
_EVALUATED = {"prompt_eval_count": 3, "eval_count": 2}
_NOT_YET = {"prompt_eval_count": None, "eval_count": None}
_OLLAMA: list[list[Any]] = [
    [_LINE, {**_LAST, **_EVALUATED}],
    [{**_LINE, **_EVALUATED}, _LAST],
    [{**_LINE, **_EVALUATED}, {**_LAST, "prompt_eval_count": 0, "eval_count": 0}],
    [{**_LINE, "prompt_eval_count": 3}, {**_LAST, "eval_count": 2}],
    [{**_LINE, **_NOT_YET}, {**_LAST, **_NOT_YET}, {"model": "m", **_EVALUATED}],
    [_LINE, _LAST, {**_LAST, **_EVALUATED}],
]
_ITEM = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
_RESPONSE: Any = {"id": "r", "status": "completed", "output": [_ITEM]}
_COMPLETED: Any = {"type": "response.completed", "response": _RESPONSE}
_IO_TOKENS = {"usage": {"input_tokens": 3, "output_tokens": 2}}
_RESPONSES: list[list[Any]] = [
    [{"type": "response.completed", "response": {**_RESPONSE, **_IO_TOKENS}}],
    [{**_COMPLETED, **_IO_TOKENS}],
    [{"type": "response.in_progress", "response": {"id": "r", **_IO_TOKENS}}, _COMPLETED],
    [
        {"type": "response.created", "response": {"id": "r", "usage": None}},
        {"type": "response.in_progress", "response": {"id": "r", **_IO_TOKENS}},
        {"type": "response.completed", "response": {**_RESPONSE, "usage": {"input_tokens": 0, "output_tokens": 0}}},
    ],
    [_COMPLETED, {"type": "response.usage", **_IO_TOKENS}],
    [_COMPLETED, {"type": "response.completed", "response": {**_RESPONSE, **_IO_TOKENS}}],
]
STREAMS: dict[str, list[list[Any]]] = {
    "cohere.chat": _COHERE,
    "ollama.chat": _OLLAMA,
    **{name: _RESPONSES for name in DIALECTS if name.endswith(".responses")},
    **{name: _CHAT for name in DIALECTS if name.endswith(".chat") and name not in {"cohere.chat", "ollama.chat"}},
    "google.generate": [[_gemini("Hi"), _gemini("", "STOP"), _GEMINI], [_gemini("Hi", "STOP"), _GEMINI]],
    "anthropic.messages": _MESSAGES,
    "bedrock.invoke_stream": _MESSAGES,
    "bedrock.converse_stream": [
        [*_SAID, _END, _METADATA],
        [*_SAID, _END, _METRICS, _METADATA],
        [*_SAID, _METADATA, _END],
        [*_SAID, _METADATA, _END, _METRICS],
        [*_SAID, _METADATA, {"metadata": {"usage": {"inputTokens": 0, "outputTokens": 0}}}, _END],
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
    outcome = streamed(DIALECTS[name], [_event(each) for each in events])
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd), outcome.error
    assert end.response.text == "Hi"
    assert (end.response.usage.input_tokens, end.response.usage.output_tokens) == (3, 2)


_CALLED = {"id": "c", "function": {"name": "f", "arguments": {}}}
MORE: dict[str, tuple[list[Any], list[Any]]] = {
    "cohere.chat": (
        [_COHERE_SAID, _COHERE_END],
        [
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "MORE"}}}},
            {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": _CALLED}}},
            {"type": "usage", **_TOKENS},
        ],
    ),
    "ollama.chat": (
        [_LINE, _LAST],
        [{"message": {"content": "MORE", "tool_calls": [_CALLED]}, "done": False}, {"model": "m", **_EVALUATED}],
    ),
    **{
        name: (
            [_COMPLETED],
            [
                {"type": "response.output_text.delta", "item_id": "n", "output_index": 1, "delta": "MORE"},
                {"type": "response.output_item.done", "item": {"type": "function_call", "call_id": "c", "name": "f"}},
                {"type": "response.usage", **_IO_TOKENS},
            ],
        )
        for name in DIALECTS
        if name.endswith(".responses")
    },
    "bedrock.converse_stream": (
        [*_SAID, _END],
        [
            {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": "MORE"}}},
            {"contentBlockStart": {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "c", "name": "f"}}}},
            _METADATA,
        ],
    ),
    "google.generate": (
        [_gemini("Hi", "STOP")],
        [_gemini("MORE"), {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]}, _GEMINI],
    ),
    **{name: (_MESSAGES[0], [{**_BEGUN[1], "index": 1}]) for name, streams in STREAMS.items() if streams is _MESSAGES},
    **{
        name: ([*_CHAT[1], "[DONE]"], [_chat({"content": "MORE"}), _chat({"tool_calls": [_CALLED]})])
        for name, streams in STREAMS.items()
        if streams is _CHAT
    },
}


def _event(value: Any) -> bytes:
    return b"data: " + (value if isinstance(value, str) else json.dumps(value)).encode() + b"\n\n"


def test_every_dialect_is_asked() -> None:
    assert MORE.keys() == STREAMS.keys() == DIALECTS.keys()


@pytest.mark.parametrize("name", MORE)
def test_nothing_but_usage_is_read_after_the_terminal_signal(name: str) -> None:
    whole, more = MORE[name]
    end = streamed(DIALECTS[name], [_event(each) for each in (*whole, *more)]).events[-1]
    assert isinstance(end, StreamEnd)
    assert [*map(type, end.response.message.parts)] == [Text]
    assert end.response.text == "Hi"
    assert (end.response.usage.input_tokens, end.response.usage.output_tokens) == (3, 2)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("cohere.chat", {"type": "message-end", "delta": {"error": "overloaded", **_TOKENS}}),
        ("openai.responses", {"type": "response.failed", "response": {"status": "failed", **_IO_TOKENS}}),
    ],
)
def test_of_an_answer_that_failed_is_kept(name: str, event: Any) -> None:
    error = streamed(DIALECTS[name], [_event(event)]).error
    assert error is not None
    assert error.partial is not None
    assert (error.partial.usage.input_tokens, error.partial.usage.output_tokens) == (3, 2)
