"""Streams as servers really send them: ends that are none, arguments sent twice, calls without index or id."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Response, StreamInterruptedError, Tool
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply


def chunk(delta: dict[str, Any], reason: Any = None) -> dict[str, Any]:
    return {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def called(arguments: str, **more: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return {"tool_calls": [{"function": function, **more}]}


async def streamed(loopback: LoopbackServer, *chunks: dict[str, Any]) -> Response:
    data = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in chunks)
    loopback.reply(Reply.sse(data + b"data: [DONE]\n\n"))
    config = LLMConfig("m", provider="openai_compatible", api_base=loopback.url, num_retries=0)
    async with LLM(config) as llm, llm.stream("hi") as stream:
        return await stream.collect()


@pytest.mark.parametrize("reason", ["", "null", None])
async def test_a_reason_without_a_word_is_no_end(loopback: LoopbackServer, reason: Any) -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(loopback, chunk({"content": "The answer is"}, reason))
    assert caught.value.partial is not None
    assert caught.value.partial.text == "The answer is"
    whole = await streamed(loopback, chunk({"content": "Hi"}, reason), chunk({}, "stop"))
    assert whole.text == "Hi"


@pytest.mark.parametrize(
    ("fragments", "arguments"),
    [
        (['{"x":1}', '{"x":1}'], '{"x":1}'),
        (['{"x"', '{"x":1', '{"x":1}'], '{"x":1}'),
        (['{"x":', "1}"], '{"x":1}'),
        (['{"', "a", '":', '{"', "b", '":1}}'], '{"a":{"b":1}}'),
        (["", "{}"], "{}"),
    ],
)
async def test_arguments_may_be_sent_again_from_the_beginning(
    loopback: LoopbackServer, fragments: list[str], arguments: str
) -> None:
    first = called(fragments[0], name="f", index=0, id="c1")
    rest = [chunk(called(each, index=0)) for each in fragments[1:]]
    response = await streamed(loopback, chunk(first), *rest, chunk({}, "tool_calls"))
    assert [call.arguments for call in response.tool_calls] == [arguments]


async def test_calls_without_index_and_id_are_told_apart_by_their_names(loopback: LoopbackServer) -> None:
    response = await streamed(
        loopback,
        chunk(called('{"by":', name="a")),
        chunk(called('"a"}')),
        chunk(called('{"by":"b"}', name="b")),
        chunk({}, "tool_calls"),
    )
    assert [(call.name, call.arguments) for call in response.tool_calls] == [("a", '{"by":"a"}'), ("b", '{"by":"b"}')]


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini"])
def test_models_that_take_one_call_at_a_time_are_not_asked_for_it(model: str) -> None:
    llm = LLM(LLMConfig(model, provider="openai", api_key="k"))
    body = llm.build_request("q", tools=[Tool(name="f")], parallel_tool_calls=False).body
    assert "parallel_tool_calls" not in body


async def test_a_parameter_that_is_only_named_in_the_message_is_learned(loopback: LoopbackServer) -> None:
    said = {"error": {"message": "Model incompatible request argument supplied: temperature", "param": None}}
    answer = {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]}
    loopback.reply(Reply.json(said, status=400), Reply.json(answer))
    config = LLMConfig(model="m", provider="openai_compatible", api_base=loopback.url)
    async with LLM(config) as llm:
        response = await llm.generate("hi")
    assert response.text == "ok"
    assert [note.feature for note in response.adjustments] == ["temperature"]
    searching = LLM(LLMConfig("gpt-4o-search-preview", provider="openai", api_key="k", temperature=1))
    assert "temperature" not in searching.build_request("q").body
