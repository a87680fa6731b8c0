"""Log probabilities of a stream stand on the texts of their tokens, in every dialect that reports any."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from dragoman import LLM, Event, LLMConfig, ReasoningDelta, Response, TextDelta, TurnEnd
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from recordings import Recording, recordings, skip


def token(text: str) -> dict[str, Any]:
    return {"token": text, "logprob": -0.5, "bytes": [*text.encode()], "top_logprobs": []}


def chat(delta: Mapping[str, Any], logprobs: Any = None, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}]}


def prompt(text: str, logprobs: Any = None, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": text, "logprobs": logprobs, "finish_reason": finish}]}


def gemini(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "index": 0, **more}]}


def gemini_tokens(*texts: str) -> dict[str, Any]:
    return {"chosenCandidates": [{"token": text, "logProbability": -0.5} for text in texts]}


def delta(kind: str, text: str, *logprobs: Any) -> dict[str, Any]:
    place = {"item_id": "i", "output_index": 0, "content_index": 0}
    return {"type": f"response.{kind}.delta", **place, "delta": text, "logprobs": [*logprobs]}


def cohere(text: str, logprobs: Any = None) -> dict[str, Any]:
    content = {"type": "text", "text": text}
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": content}}, "logprobs": logprobs}


def ollama(text: str, *logprobs: Any, **more: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **more.pop("message", {})}
    return {"model": "m", "message": message, "done": False, "logprobs": [*logprobs], **more}


A, B, C = map(token, "abc")
CALL = {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "f", "arguments": "{}"}}]}
COMPLETED = {
    "type": "response.completed",
    "response": {
        "id": "r",
        "status": "completed",
        "output": [
            {
                "type": "message",
                "id": "i",
                "content": [{"type": "output_text", "text": "abc", "annotations": [], "logprobs": [A, B, C]}],
            }
        ],
    },
}
ENTRY = {"text": "a", "token_ids": [1], "logprobs": [-0.5]}
OF_PROMPT = [{"tokens": [text], "token_logprobs": [-0.5]} for text in "ab"]

CASES: dict[str, tuple[str, list[Any], list[tuple[Any, ...]], Any]] = {
    "chat": (
        "openai_compatible",
        [
            chat({"role": "assistant", "content": ""}),
            chat({"content": "a"}, {"content": [A]}),
            chat({"content": "bc"}, {"content": [B, C], "refusal": None}),
            chat({}, None, "stop"),
        ],
        [(A,), (B, C)],
        {"content": [A, B, C]},
    ),
    "a refusal": (
        "openai_compatible",
        [chat({"refusal": "a"}, {"content": None, "refusal": [A]}), chat({"refusal": "b"}, {"refusal": [B]}, "stop")],
        [(A,), (B,)],
        {"refusal": [A, B]},
    ),
    "reasoning": (
        "openai_compatible",
        [chat({"reasoning_content": "a"}, {"content": [A]}), chat({"content": "b"}, {"content": [B]}, "stop")],
        [(A,), (B,)],
        {"content": [A, B]},
    ),
    "a piece of a character": (
        "openai_compatible",
        [chat({"content": ""}, {"content": [A]}), chat({"content": "é"}, {"content": [B]}, "stop")],
        [(A, B)],
        {"content": [A, B]},
    ),
    "a call": (
        "openai_compatible",
        [chat({"content": "a"}, {"content": [A]}), chat(CALL, {"content": [B]}, "tool_calls")],
        [(A,)],
        {"content": [A, B]},
    ),
    "a prompt": (
        "openai_compatible",
        [prompt("a", OF_PROMPT[0]), prompt("b", OF_PROMPT[1]), prompt("", None, "stop")],
        [(OF_PROMPT[0],), (OF_PROMPT[1],)],
        {"tokens": ["a", "b"], "token_logprobs": [-0.5, -0.5]},
    ),
    "responses": (
        "openai",
        [delta("output_text", "a", A), delta("output_text", "bc", B, C), delta("output_text", "", C), COMPLETED],
        [(A,), (B, C)],
        {"content": [A, B, C]},
    ),
    "gemini": (
        "google",
        [
            gemini({"text": "a", "thought": True}, {"text": "b"}, logprobsResult=gemini_tokens("b")),
            gemini({"text": "c"}, logprobsResult=gemini_tokens("c"), finishReason="STOP"),
        ],
        [(), (gemini_tokens("b"),), (gemini_tokens("c"),)],
        gemini_tokens("b", "c"),
    ),
    "cohere": (
        "cohere",
        [cohere("a", ENTRY), cohere("b"), {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}],
        [(ENTRY,), ()],
        [ENTRY],
    ),
    "ollama": (
        "ollama",
        [ollama("", A, message={"thinking": "a"}), ollama("bc", B, C), ollama("", done=True, done_reason="stop")],
        [(A,), (B, C)],
        [A, B, C],
    ),
    "mistral": (
        "mistral",
        [chat({"content": [{"type": "text", "text": "a"}]}, {"content": [A]}), chat({}, None, "stop")],
        [(A,)],
        {"content": [A]},
    ),
}


def reply(provider: str, frames: Iterable[Any]) -> Reply:
    if provider == "ollama":
        body = b"".join(json.dumps(each).encode() + b"\n" for each in frames)
        return Reply(headers={"content-type": "application/x-ndjson"}, body=body)
    return Reply.sse(*(f"data: {json.dumps(each)}\n\n".encode() for each in frames))


def told(events: Iterable[Event]) -> list[tuple[Any, ...]]:
    return [event.logprobs for event in events if isinstance(event, TextDelta | ReasoningDelta)]


async def streamed(answer: Reply, **more: Any) -> tuple[list[Event], Response]:
    with LoopbackServer(answer) as server:
        config = LLMConfig(api_base=server.url, api_key="k" * 20, num_retries=0, **more)
        async with LLM(config) as llm, llm.stream("hi") as stream:
            return [event async for event in stream], stream.response


@pytest.mark.parametrize("name", CASES)
async def test_stand_on_the_text_of_their_tokens(name: str) -> None:
    provider, frames, expected, whole = CASES[name]
    more = {"api": "responses"} if provider == "openai" else {}
    events, response = await streamed(reply(provider, frames), model="m", provider=provider, **more)

    assert told(events) == expected
    assert response.metadata["logprobsResult" if provider == "google" else "logprobs"] == whole


STREAMS = {
    "openai.chat": "openai/gpt-4o",
    "openai.responses": "openai/gpt-4o",
    "litellm_proxy.chat": "litellm_proxy/gpt-4o",
    "openrouter.chat": "openrouter/x",
}


def with_logprobs(api: str) -> list[Recording]:
    return [each for each in recordings(api) if each.streamed and "logprobs" in each.situation and each.status < 400]


@pytest.mark.parametrize("api", STREAMS)
async def test_of_recorded_streams_add_up_to_those_of_the_answer(api: str) -> None:
    skip()
    more = {"api": api.split(".")[1]} if api.startswith("openai") else {}
    for recording in with_logprobs(api):
        events, response = await streamed(recording.reply(), model=STREAMS[api], **more)
        known: Any = response.metadata["logprobs"]
        arrived = [each["token"] for logprobs in told(events) for each in logprobs]
        assert arrived == [each["token"] for each in known["content"]]  # numbers may be rounded otherwise at the end
        assert all(event.logprobs for event in events if isinstance(event, TextDelta) and event.text)
    assert with_logprobs(api)


async def test_arrive_through_the_streams_that_stand_on_another() -> None:
    frames = CASES["chat"][1]
    with LoopbackServer(reply("openai_compatible", frames)) as server:
        config = LLMConfig("m", provider="openai_compatible", api_base=server.url, temperature=None, max_tokens=None)
        async with LLM(config) as llm, llm.stream_run("hi", tools=[repeat], logprobs=True) as run:
            events: list[Any] = [event async for event in run]
    assert told(events) == [(A,), (B, C)]
    assert isinstance(events[-1], TurnEnd)


def repeat(text: str) -> str:
    """Return the text."""
    return text
