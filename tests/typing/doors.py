"""What a type checker must see in the objects that users hold; checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_type

from attrs import frozen

from dragoman.client.llm import LLM
from dragoman.client.streaming_llm import AsyncLLM, StreamingLLM
from dragoman.client.sync import SyncLLM
from dragoman.plugins.resolution import Explanation, explain
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import LLMConfig
from dragoman.spec.events import Event
from dragoman.spec.message import Message
from dragoman.spec.operations import ModelInfo
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import ToolCall
from dragoman.spec.provider import CallContext, Prepared, Provider
from dragoman.spec.request import ChatRequest
from dragoman.spec.response import Response, Usage
from dragoman.spec.secret import KeySource, Secret


@frozen
class City:
    name: str


async def the_doors_of_an_llm(llm: LLM, messages: list[Message]) -> None:
    assert_type(await llm.completion("Hi", temperature=0.1), str)
    assert_type(await llm.chat_completion(messages), str)
    assert_type(await llm.generate("Hi"), Response)
    assert_type(await llm.generate(Message("user", "Hi")), Response)
    assert_type(await llm.generate([{"role": "user", "content": "Hi"}]), Response)
    assert_type(await llm.extract(City, "Bern"), City)
    assert_type(await llm.extract(list[int], "Bern"), list[int])
    assert_type(await llm.models(), Sequence[ModelInfo])
    assert_type(await llm.count_tokens("Hi"), Usage)
    assert_type(llm.build_request("Hi"), Prepared)
    assert_type(llm.explain(), Explanation)


async def a_stream_gives_events_and_text(llm: LLM) -> None:
    async with llm.stream("Hi") as stream:
        async for event in stream:
            assert_type(event, Event)
        async for piece in stream.text():
            assert_type(piece, str)
        assert_type(await stream.collect(), Response)
        assert_type(stream.response, Response)


async def the_names_that_say_they_are_asynchronous(one: AsyncLLM, other: StreamingLLM) -> None:
    assert_type(await one.acompletion("Hi"), str)
    assert_type(await one.achat_completion([Message("user", "Hi")]), str)
    async for piece in other.streaming_completion("Hi"):
        assert_type(piece, str)
    async with other as entered:
        assert_type(entered, StreamingLLM)


def the_doors_without_await(llm: SyncLLM) -> None:
    assert_type(llm.completion("Hi"), str)
    assert_type(llm.generate("Hi"), Response)
    assert_type(llm.extract(City, "Bern"), City)
    with llm.stream("Hi") as stream:
        for event in stream:
            assert_type(event, Event)
        for piece in stream.text():
            assert_type(piece, str)
        assert_type(stream.collect(), Response)


def an_answer_is_read_as_a_type(response: Response) -> None:
    assert_type(response.parse(City), City)
    assert_type(response.text, str)
    assert_type(response.refusal, str | None)
    assert_type(response.tool_calls, tuple[ToolCall, ...])
    assert_type(response.tool_calls[0].parse(), dict[str, JSON])
    assert_type(response.usage.input_tokens, int | None)


def a_configuration_has_fields(config: LLMConfig) -> None:
    assert_type(config.model, str | None)
    assert_type(config.api_key, Secret | KeySource | None)
    assert_type(config.kwargs, dict[str, Any])
    assert_type(config.to_dict(), dict[str, Any])
    assert_type(config.replace(model="m"), LLMConfig)
    assert_type(explain("gpt-4").steps, tuple[str, ...])


async def a_provider_answers(provider: Provider, request: ChatRequest, context: CallContext) -> None:
    assert_type(provider.capabilities("m"), Capabilities)
    assert_type(await provider.chat(request, context), Response)
    async with provider.stream(request, context) as events:
        async for event in events:
            assert_type(event, Event)
