"""What a type checker must see in the objects that users hold; checked, never run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Optional, assert_type

from attrs import frozen

from dragoman.client.estimate import Estimate, estimate_tokens
from dragoman.client.ledger import UsageLedger
from dragoman.client.llm import LLM
from dragoman.client.model_usage import ModelUsage
from dragoman.client.streaming_llm import AsyncLLM, StreamingLLM
from dragoman.client.sync import SyncLLM
from dragoman.plugins.resolution import Explanation, explain
from dragoman.spec.capabilities import Capabilities
from dragoman.spec.config import LLMConfig
from dragoman.spec.cost import Cost
from dragoman.spec.events import Event
from dragoman.spec.function_tool import FunctionTool
from dragoman.spec.message import Message
from dragoman.spec.operations import Embeddings, ModelInfo
from dragoman.spec.part_fields import JSON
from dragoman.spec.partial import Partial
from dragoman.spec.parts import ToolCall, ToolResult
from dragoman.spec.prepared import Prepared
from dragoman.spec.provider import CallContext, Provider
from dragoman.spec.request import ChatRequest, Tool
from dragoman.spec.response import CacheMiss, Origin, Response, Timing, Usage
from dragoman.spec.run import Run
from dragoman.spec.run_events import RunEvent
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
    assert_type(await llm.generate("Hi", output="json"), Response)
    assert_type(await llm.generate("Hi", output={"type": "object"}), Response)
    assert_type(await llm.generate("Hi", output=City), Response[City])
    assert_type((await llm.generate("Hi", output=City | None, repairs=1)).value, City | None)
    assert_type((await llm.generate("Hi", output=Literal["a", "b"])).value, Literal["a", "b"])
    assert_type(await llm.extract(City, "Bern", repairs=2), City)
    assert_type(await llm.extract(int | str, "Bern"), int | str)
    assert_type(await llm.extract(Optional[City], "Bern"), City | None)  # noqa: UP045  # the older spelling
    assert_type(await llm.extract(Literal["a", "b"], "Bern"), Literal["a", "b"])
    assert_type(await llm.extract(list[int], "Bern"), list[int])
    assert_type(await llm.models(), Sequence[ModelInfo])
    assert_type(await llm.count_tokens("Hi"), Usage)
    assert_type(llm.build_request("Hi"), Prepared)
    assert_type(llm.explain(), Explanation)
    assert_type(llm.usage, UsageLedger)
    assert_type(llm.usage + llm.usage, UsageLedger)
    assert_type(llm.usage.models["p/m"], ModelUsage)
    assert_type(llm.usage.total.cost(), Cost | None)


async def an_answer_tells_what_it_took(response: Response) -> None:
    assert_type(response.cost(), Cost | None)
    assert_type(Cost.total([response.cost()]), Cost | None)
    assert_type(response.usage.total_tokens, int | None)
    assert_type(response.timing, Timing | None)
    assert_type(response.cache_miss, CacheMiss | None)
    assert_type(estimate_tokens("Hi"), Estimate)


def embeddings_have_a_cost(embeddings: Embeddings) -> None:
    assert_type(embeddings.cost(prices_of="openai"), Cost | None)
    assert_type(embeddings.origin, Origin)


async def a_stream_gives_events_and_text(llm: LLM) -> None:
    async with llm.stream("Hi") as stream:
        async for event in stream:
            assert_type(event, Event)
        async for piece in stream.text():
            assert_type(piece, str)
        assert_type(await stream.collect(), Response)
        assert_type(stream.response, Response)


async def a_stream_of_a_value_gives_its_states_and_items(llm: LLM) -> None:
    async with llm.stream_extract(list[City], "Hi") as cities:
        async for partial in cities:
            assert_type(partial, Partial[list[City]])
        async for city in cities.items():
            assert_type(city, City)
        assert_type(cities.value, list[City])
        assert_type(cities.response, Response[list[City]])
        assert_type(await cities.collect(), list[City])
    async with llm.stream_extract(set[int], "Hi") as numbers:
        async for number in numbers.items():
            assert_type(number, int)
    async with llm.stream_extract(City | int, "Hi") as one:
        one.items()  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # no list
        assert_type(one.value, City | int)


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
    assert_type(llm.generate("Hi", output=list[City]), Response[list[City]])
    assert_type(llm.extract(City, "Bern"), City)
    assert_type(llm.extract(City | None, "Bern"), City | None)
    with llm.stream_extract(list[City], "Hi") as cities:
        for partial in cities:
            assert_type(partial, Partial[list[City]])
        for city in cities.items():
            assert_type(city, City)
        assert_type(cities.value, list[City])
    with llm.stream("Hi") as stream:
        for event in stream:
            assert_type(event, Event)
        for piece in stream.text():
            assert_type(piece, str)
        assert_type(stream.collect(), Response)


def weather(city: str) -> str:
    return city


async def a_run_has_the_type_that_was_asked_for(llm: LLM, run: Run[City]) -> None:
    assert_type(await llm.run("Hi", tools=[weather], turns=3), Run[Any])
    assert_type(await llm.run("Hi", tools=[weather], output=City), Run[City])
    assert_type(await llm.run(run.approve("c1"), tools=[weather]), Run[City])
    assert_type((await llm.run([Message("user", "Hi")], output=list[int])).value, list[int])
    assert_type(run.value, City)
    assert_type(run.pending, tuple[ToolCall, ...])
    assert_type(run.deny("c1", "no").answer("c2", 5), Run[City])
    assert_type(Run.from_dict(run.to_dict()), Run[Any])
    async with llm.stream_run("Hi", tools=[weather], output=City) as stream:
        async for event in stream:
            assert_type(event, RunEvent)
        assert_type(stream.run, Run[City])
        assert_type(await stream.collect(), Run[City])


def a_run_without_await(llm: SyncLLM, run: Run[City]) -> None:
    assert_type(llm.run("Hi", tools=[weather], output=City), Run[City])
    assert_type(llm.run(run), Run[City])
    assert_type(llm.run("Hi"), Run[Any])
    with llm.stream_run("Hi", output=City) as stream:
        for event in stream:
            assert_type(event, RunEvent)
        assert_type(stream.run, Run[City])


def a_tool_is_made_of_a_function(call: ToolCall) -> None:
    tool = Tool.from_function(weather, approve="ask", timeout=5)
    assert_type(tool, FunctionTool)
    assert_type(call.parse(tool), dict[str, Any])
    assert_type(call.parse(weather), dict[str, Any])
    assert_type(ToolResult.of(call, 5), ToolResult)


def an_answer_is_read_as_a_type(response: Response) -> None:
    assert_type(response.parse(City), City)
    assert_type(response.parse(City | int), City | int)
    assert_type(response.value, Any)
    assert_type(response.rejected, tuple[Response, ...])
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
