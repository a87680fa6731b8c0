"""Streams that are never closed: deleted, left early, or never started. A thousand of each leak nothing."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from dragoman import LLMConfig, Ping, StreamingLLM
from dragoman.testing.faults import FaultServer
from dragoman.testing.fixtures import faults
from soak.figures import closed_but, open_files

__all__ = ["faults"]

MANY = 1000


@pytest.fixture
async def llm(faults: FaultServer) -> AsyncIterator[StreamingLLM]:
    url = faults.url_of("stall")
    async with StreamingLLM(LLMConfig(model="m", provider="openai_compatible", api_base=f"{url}/v1")) as made:
        yield made


async def drop_a_generator(llm: StreamingLLM) -> None:
    assert await anext(llm.streaming_completion("hi"))


async def break_out_of_a_generator(llm: StreamingLLM) -> None:
    async for _ in llm.streaming_completion("hi"):
        break


async def drop_an_entered_stream(llm: StreamingLLM) -> None:
    stream = await llm.stream("hi").__aenter__()
    assert await anext(stream)


async def break_out_of_the_text_of_an_entered_stream(llm: StreamingLLM) -> None:
    stream = await llm.stream("hi").__aenter__()
    async for _ in stream.text():
        break


async def break_out_of_a_stream(llm: StreamingLLM) -> None:
    async with llm.stream("hi") as stream:
        async for event in stream:
            if not isinstance(event, Ping):
                break


WAYS = (
    drop_a_generator,
    break_out_of_a_generator,
    drop_an_entered_stream,
    break_out_of_the_text_of_an_entered_stream,
    break_out_of_a_stream,
)


def held() -> Counter[str]:
    """Return how many objects of each kind are alive that a stream is made of."""
    gc.collect()
    kinds = (type(each) for each in gc.get_objects())
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in kinds
        if str(kind.__module__).startswith(("aiohttp.", "dragoman.")) and ".testing" not in kind.__module__
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_thousand_leave_nothing_behind(
    way: Callable[[StreamingLLM], Awaitable[None]], llm: StreamingLLM, faults: FaultServer
) -> None:
    await way(llm)
    await asyncio.to_thread(faults.wait_hangup)
    llm.usage.clear()
    before, files = held(), open_files()
    for _ in range(MANY):
        await way(llm)
    gc.collect()
    await asyncio.to_thread(faults.wait_hangup, MANY + 1)
    assert await closed_but(files) <= files
    llm.usage.clear()  # which keeps the tokens of calls until somebody asks what they cost
    assert held() - before == Counter()  # what an earlier test has left may go meanwhile
    assert asyncio.all_tasks() == {asyncio.current_task()}
    faults.healthy = True
    assert await llm.completion("hi")


async def test_a_thousand_that_were_never_begun_ask_nothing(llm: StreamingLLM, faults: FaultServer) -> None:
    for _ in range(MANY):
        llm.streaming_completion("hi")
        llm.stream("hi")
    assert faults.requests == []


async def test_one_that_is_dropped_in_another_thread_hangs_up(llm: StreamingLLM, faults: FaultServer) -> None:
    streams = [await llm.stream("hi").__aenter__()]
    await asyncio.to_thread(streams.clear)
    await asyncio.to_thread(faults.wait_hangup)


def test_one_that_outlives_its_loop_warns_of_nothing(faults: FaultServer) -> None:
    config = LLMConfig(model="m", provider="openai_compatible", api_base=f"{faults.url_of('stall')}/v1")
    stream = asyncio.run(StreamingLLM(config).stream("hi").__aenter__())
    faults.wait_hangup()
    del stream
    gc.collect()
