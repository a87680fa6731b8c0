"""Prompts at ``/completions``, whole and streamed, at a server that has this endpoint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, CompletionRequest, LLMConfig, Response, StreamingLLM, StreamInterruptedError, UnsupportedError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
LOGPROBS: list[dict[str, Any]] = [
    {"tokens": ["He"], "token_logprobs": [-0.5], "top_logprobs": [{"He": -0.5}], "text_offset": [0]},
    {"tokens": ["llo"], "token_logprobs": [-0.25], "top_logprobs": [{"llo": -0.25}], "text_offset": [2]},
]
ALL_LOGPROBS = {name: [*LOGPROBS[0][name], *LOGPROBS[1][name]] for name in LOGPROBS[0]}


def choice(text: str, logprobs: Any = None, finish: str | None = None) -> dict[str, Any]:
    return {"text": text, "index": 0, "logprobs": logprobs, "finish_reason": finish}


def body(*choices: Any, **more: Any) -> dict[str, Any]:
    return {"id": "cmpl-1", "object": "text_completion", "created": 7, "model": "m-1", "choices": [*choices], **more}


def answer(got: Received) -> Reply:
    assert got.path == "/v1/completions"
    if not got.json.get("stream"):
        return Reply.json(body(choice("Hello", ALL_LOGPROBS, "stop"), usage=USAGE))
    chunks = [body(choice("He", LOGPROBS[0])), body(choice("llo", LOGPROBS[1])), body(choice("", None, "stop"))]
    pieces = [f"data: {json.dumps(each)}\n\n".encode() for each in (*chunks, body(usage=USAGE))]
    return Reply.sse(*pieces, b"data: [DONE]\n\n")


def config(server: LoopbackServer, **fields: Any) -> LLMConfig:
    fields = {"temperature": None, "max_tokens": 5, "completions": True, **fields}
    return LLMConfig("m", provider="openai_compatible", api_base=server.url, num_retries=0, **fields)


async def streamed(server: LoopbackServer, **fields: Any) -> Response:
    asked = CompletionRequest(model="m", prompt="Say", **fields)
    async with LLM(config(server)) as llm, llm.stream(asked) as stream:
        return await stream.collect()


async def test_are_sent_as_they_are() -> None:
    with LoopbackServer(answer) as server:
        async with StreamingLLM(config(server)) as llm:
            pieces = [piece async for piece in llm.streaming_completion("def f(", suffix="return 1", seed=2)]
    assert pieces == ["He", "llo"]
    assert server.requests[0].json == {
        "model": "m",
        "prompt": "def f(",
        "suffix": "return 1",
        "max_tokens": 5,
        "seed": 2,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_give_the_same_answer_whole_and_streamed() -> None:
    with LoopbackServer(answer) as server:
        response = await streamed(server)
        async with StreamingLLM(config(server)) as llm:
            assert await llm.completion("Say") == response.text == "Hello"
    assert (response.finish.reason, response.usage.output_tokens) == ("stop", 2)
    assert (response.origin.response_id, response.origin.served_model) == ("cmpl-1", "m-1")
    assert response.metadata["logprobs"] == ALL_LOGPROBS


async def test_that_are_cut_are_an_error_with_what_arrived() -> None:
    piece = f"data: {json.dumps(body(choice('He')))}\n\n".encode()
    with LoopbackServer(always=Reply.sse(piece)) as server, pytest.raises(StreamInterruptedError) as caught:
        await streamed(server)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "He"


async def test_are_messages_where_the_endpoint_is_not_known() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    with LoopbackServer(always=Reply.sse(f"data: {json.dumps(chunk)}\n\n".encode())) as server:
        async with StreamingLLM(config(server, completions=False)) as llm:
            assert [piece async for piece in llm.streaming_completion("Say")] == ["Hi"]
            with pytest.raises(UnsupportedError, match="suffix"):
                await anext(llm.streaming_completion("Say", suffix="."))
    assert [got.path for got in server.requests] == ["/v1/chat/completions"]
