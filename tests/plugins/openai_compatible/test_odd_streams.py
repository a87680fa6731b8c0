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


def fragment(name: str, arguments: Any, index: int = 0, call_id: str = "c") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})


ODD: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str]]]] = {
    "one id at two indices": ([fragment("f", '{"x"'), fragment("f", ":1}", 1)], [("f", '{"x":1}')]),
    "two calls without ids at one index": (
        [fragment("f", '{"x":1}', call_id=""), fragment("f", '{"x":2}', call_id="")],
        [("f", '{"x":1}'), ("f", '{"x":2}')],
    ),
    "said again in another spelling": (
        [fragment("f", '{"x": '), fragment("f", "1}"), fragment("f", '{"x":1}')],
        [("f", '{"x": 1}')],
    ),
    "objects that grow": ([fragment("f", {"x": 1}), fragment("f", {"x": 1, "y": 2})], [("f", '{"x":1,"y":2}')]),
    "null before": ([fragment("f", "null"), fragment("f", '{"x":1}')], [("f", '{"x":1}')]),
    "an empty object after": ([fragment("f", '{"x":1}'), fragment("f", "{}")], [("f", '{"x":1}')]),
    "an odd rest": ([fragment("f", '{"x":1}'), fragment("f", "{oops")], [("f", '{"x":1}{oops')]),
    "a name in pieces with its id": (
        [fragment("get_", ""), fragment("weather", ""), fragment("", '{"x":1}')],
        [("get_weather", '{"x":1}')],
    ),
}


@pytest.mark.parametrize("name", ODD)
async def test_odd_pieces_of_calls(loopback: LoopbackServer, name: str) -> None:
    pieces, calls = ODD[name]
    response = await streamed(loopback, *pieces, chunk({}, "tool_calls"))
    assert [(call.name, call.arguments) for call in response.tool_calls] == calls


async def test_a_call_is_looked_at_a_few_times_only(loopback: LoopbackServer) -> None:
    pieces = [fragment("f", '{"a":"}')] + [fragment("f", "{}")] * 20
    (call,) = (await streamed(loopback, *pieces, chunk({}, "tool_calls"))).tool_calls
    assert call.arguments == '{"a":"}' + "{}" * 20


async def test_a_whole_message_after_its_pieces_is_not_said_twice(loopback: LoopbackServer) -> None:
    last = {"index": 0, "delta": {}, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
    response = await streamed(loopback, chunk({"content": "hel"}), chunk({"content": "lo"}), {"choices": [last]})
    assert response.text == "hello"
