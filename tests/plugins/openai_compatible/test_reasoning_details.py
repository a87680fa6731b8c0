"""Details of the reasoning go back to the server that gave them, whole or streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Reasoning, Response
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

SIGNED = {"type": "reasoning.text", "index": 0, "text": "hm", "signature": "s"}
SECRET = {"type": "reasoning.encrypted", "index": 0, "data": "xyz"}


def model(server: LoopbackServer) -> LLM:
    return LLM(LLMConfig(model="m", provider="openai_compatible", api_base=server.url, api_key="k"))


async def whole(server: LoopbackServer, *details: Any) -> Response:
    message = {"role": "assistant", "content": "a", "reasoning_details": [*details]}
    server.reply(Reply.json({"choices": [{"message": message, "finish_reason": "stop"}]}))
    async with model(server) as llm:
        return await llm.generate("q")


async def streamed(server: LoopbackServer, *deltas: Any) -> Response:
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]})
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    server.reply(Reply(headers=(("content-type", "text/event-stream"),), body=text.encode()))
    async with model(server) as llm, llm.stream("q") as events:
        return await events.collect()


def sent_back(server: LoopbackServer, answer: Response) -> Any:
    body = model(server).build_request([{"role": "user", "content": "q"}, answer.message]).body
    return body["messages"][1]


@pytest.mark.parametrize(("detail", "text"), [(SIGNED, "hm"), (SECRET, "")])
async def test_details_of_a_whole_answer(loopback: LoopbackServer, detail: dict[str, Any], text: str) -> None:
    answer = await whole(loopback, detail)
    (reasoning,) = answer.message.of_type(Reasoning)
    assert (reasoning.text, reasoning.redacted) == (text, not text)
    assert sent_back(loopback, answer) == {"role": "assistant", "content": "a", "reasoning_details": [detail]}


async def test_details_of_a_stream_are_joined(loopback: LoopbackServer) -> None:
    pieces = [{**SIGNED, "text": "h", "signature": None}, {**SIGNED, "text": "m"}, {"type": "reasoning.text"}]
    answer = await streamed(loopback, *({"reasoning_details": [piece]} for piece in pieces))
    assert answer.reasoning == "hm"
    assert sent_back(loopback, answer)["reasoning_details"] == [SIGNED]


async def test_encrypted_details_of_a_stream(loopback: LoopbackServer) -> None:
    answer = await streamed(loopback, {"reasoning_details": [SECRET]})
    assert [part.redacted for part in answer.message.of_type(Reasoning)] == [True]
    assert sent_back(loopback, answer)["reasoning_details"] == [SECRET]


async def test_an_answer_without_details_has_no_seal(loopback: LoopbackServer) -> None:
    answer = await whole(loopback)
    assert sent_back(loopback, answer) == {"role": "assistant", "content": "a"}
    assert (await streamed(loopback, {"reasoning": "hm"})).message.of_type(Reasoning)[0].seal is None
