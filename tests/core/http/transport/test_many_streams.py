"""More streams at once than there are connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import attrs
import pytest

from dragoman import LLM, LLMConfig, RequestTimeoutError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply, Script
from soak.echo import echo, text_of
from soak.figures import closed_but, open_files

POOL = 100
MANY = 1000


def talking_to(server: LoopbackServer, **options: float) -> LLM:
    return LLM(LLMConfig(model="m", provider="openai_compatible", api_base=server.url, num_retries=0, **options))


async def streamed(llm: LLM, mark: str, **options: float) -> str:
    async with llm.stream(f"What is {mark} ?", **options) as stream:
        return (await stream.collect()).text


@asynccontextmanager
async def held(llm: LLM, server: LoopbackServer) -> AsyncIterator[threading.Event]:
    """Hold every connection of the pool with a stream that continues when the event is set."""
    gate = threading.Event()
    server.reply(*(Reply.sse(*halves(number), pauses=(0, gate)) for number in range(POOL)))
    async with AsyncExitStack() as stack:
        for number in range(POOL):
            stream = await stack.enter_async_context(llm.stream(f"What is mark-{number} ?"))
            await anext(stream)
            stack.push_async_callback(stream.collect)
        try:
            yield gate
        finally:
            gate.set()


def halves(number: int) -> list[bytes]:
    body = f'{{"messages": "mark-{number}", "stream": true}}'.encode()
    asked = Received(method="POST", path="/chat/completions", raw_headers=(), body=body, at=0, connection=0)
    reply = echo(asked)
    assert isinstance(reply, Reply)
    half = reply.body.index(b"data:", len(reply.body) // 2)
    return [reply.body[:half], reply.body[half:]]


async def test_a_thousand_at_once_all_finish(loopback: LoopbackServer) -> None:
    def slowly(request: Received) -> Script:
        reply = echo(request)
        assert isinstance(reply, Reply)
        return attrs.evolve(reply, framing=(len(reply.body) // 2,), pauses=(0, 0.01))

    loopback.always(slowly)
    files = open_files()
    async with talking_to(loopback) as llm:
        texts = await asyncio.gather(*(streamed(llm, f"mark-{number}") for number in range(MANY)))
    assert texts == [text_of(f"mark-{number}") for number in range(MANY)]
    assert len(loopback.requests) == MANY
    assert loopback.connections <= POOL
    assert await closed_but(files) <= files


async def test_waiting_for_a_connection_is_no_silence_of_the_server(loopback: LoopbackServer) -> None:
    """The pool is full for longer than the server may be silent, and than a connection may take."""
    loopback.always(echo)
    async with talking_to(loopback, connect_timeout=0.5, first_byte_timeout=0.5) as llm:
        async with held(llm, loopback) as gate:
            waiting = [asyncio.create_task(streamed(llm, f"mark-{number}")) for number in range(1000, 1010)]
            done, _ = await asyncio.wait(waiting, timeout=0.7)
            assert done == set()
            assert len(loopback.requests) == POOL
            gate.set()
        assert await asyncio.gather(*waiting) == [text_of(f"mark-{number}") for number in range(1000, 1010)]


async def test_waiting_for_a_connection_ends_with_the_deadline(loopback: LoopbackServer) -> None:
    loopback.always(echo)
    async with talking_to(loopback) as llm:
        async with held(llm, loopback):
            with pytest.raises(RequestTimeoutError, match="all 100 connections of this client were in use") as caught:
                await streamed(llm, "mark-1000", timeout=0.05)
            assert caught.value.phase == "total"
            assert len(loopback.requests) == POOL
        assert await streamed(llm, "mark-1001") == text_of("mark-1001")
