"""Calls that are cancelled, two hundred waves in every state: nothing is swallowed, and nothing is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import anyio
import pytest

from core.http.faulty import unanswering
from dragoman import LLM, LLMConfig
from dragoman.testing.faults import FaultServer
from dragoman.testing.fixtures import faults
from soak.figures import closed_but, open_files

__all__ = ["faults"]

WAVES = 200
SOON = 1.0
"""Within how many seconds a server must see that the connection is closed."""
WAITING = ("hang_head", "drip_head", "silent_body", "ping_forever")
POOL = 100


async def whole(llm: LLM) -> object:
    return await llm.generate("hi")


async def streamed(llm: LLM) -> object:
    async with llm.stream("hi") as stream:
        return await stream.collect()


@asynccontextmanager
async def asking(url: str) -> AsyncIterator[LLM]:
    """Yield an LLM, and check that none of its files and tasks remains afterwards."""
    files = open_files()
    options = {"num_retries": 2, "timeout": 600, "connect_timeout": 60}
    async with LLM(LLMConfig(model="m", provider="openai_compatible", api_base=f"{url}/v1", **options)) as llm:
        yield llm
    assert await closed_but(files) <= files
    assert asyncio.all_tasks() == {asyncio.current_task()}


def begun(llm: LLM, *, plain: bool = True) -> list[asyncio.Task[object]]:
    return [asyncio.create_task(each(llm)) for each in ((whole, streamed) if plain else (streamed,))]


async def cancel(tasks: list[asyncio.Task[object]]) -> None:
    """Cancel all, and see to it that each raises the very cancellation that it was sent."""
    for number, task in enumerate(tasks):
        task.cancel(f"cancellation {number}")
    for number, task in enumerate(tasks):
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.args == (f"cancellation {number}",)
        assert task.cancelled()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110  # the server is in another thread
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("state", WAITING)
async def test_while_it_waits_for_the_server(faults: FaultServer, state: str) -> None:
    plain = state != "ping_forever"
    async with asking(faults.url_of(state)) as llm:
        for _ in range(WAVES):
            count = len(faults.requests)
            tasks = begun(llm, plain=plain)
            await until(lambda count=count, tasks=tasks: len(faults.requests) == count + len(tasks))
            await cancel(tasks)
            await asyncio.to_thread(faults.wait_hangup, count + len(tasks), SOON)
        faults.healthy = True
        assert await llm.completion("hi")


async def test_while_it_connects() -> None:
    with unanswering() as url:
        async with asking(url) as llm:
            for _ in range(WAVES):
                tasks = begun(llm)
                await asyncio.sleep(0.001)
                await cancel(tasks)


async def test_between_two_tries(faults: FaultServer) -> None:
    async with asking(faults.url_of("retry_after_30")) as llm:
        for wave in range(1, WAVES + 1):
            tasks = begun(llm)
            await until(lambda wave=wave: len(faults.requests) == 2 * wave)
            await asyncio.sleep(0.002)
            await cancel(tasks)
        faults.healthy = True
        assert await llm.completion("hi")
        assert len(faults.requests) == 2 * WAVES + 1


async def test_while_it_waits_for_a_connection(faults: FaultServer) -> None:
    """The place in the queue is given up, and none of the pool is lost."""
    async with asking(faults.url_of("hang_head")) as llm:
        held = [asyncio.create_task(whole(llm)) for _ in range(POOL)]
        await until(lambda: len(faults.requests) == POOL)
        for _ in range(WAVES):
            tasks = begun(llm)
            await asyncio.sleep(0)
            await cancel(tasks)
        assert len(faults.requests) == POOL
        await cancel(held)
        faults.healthy = True
        async with asyncio.timeout(30):
            assert all(await asyncio.gather(*(whole(llm) for _ in range(2 * POOL))))


class TestScopes:
    """Whatever cancels: asyncio or anyio."""

    @pytest.fixture(params=[whole, streamed], ids=["whole", "streamed"])
    def call(self, request: pytest.FixtureRequest) -> Callable[[LLM], Awaitable[object]]:
        return request.param

    @pytest.fixture(params=["hang_head", "silent_body", "retry_after_30"])
    def url(self, faults: FaultServer, request: pytest.FixtureRequest) -> Iterator[str]:
        yield faults.url_of(request.param)
        cancelled = len(faults.requests) - faults.healthy  # the call to a healthy server did not hang up
        if request.param != "retry_after_30" and cancelled:  # whose reply is whole; a request may not have arrived yet
            faults.wait_hangup(cancelled, SOON)

    async def test_asyncio_timeout(self, url: str, call: Callable[[LLM], Awaitable[object]]) -> None:
        async with asking(url) as llm:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.05):
                    await call(llm)
            assert type(caught.value) is TimeoutError

    async def test_move_on_after(self, url: str, call: Callable[[LLM], Awaitable[object]]) -> None:
        async with asking(url) as llm:
            with anyio.move_on_after(0.05) as scope:
                await call(llm)
            assert scope.cancelled_caught

    async def test_fail_after(self, url: str, call: Callable[[LLM], Awaitable[object]]) -> None:
        async with asking(url) as llm:
            with pytest.raises(TimeoutError) as caught, anyio.fail_after(0.05):
                await call(llm)
            assert type(caught.value) is TimeoutError

    async def test_a_task_group(self, url: str, call: Callable[[LLM], Awaitable[object]], faults: FaultServer) -> None:
        async with asking(url) as llm:
            async with anyio.create_task_group() as group:
                for _ in range(10):
                    group.start_soon(call, llm)
                await until(lambda: len(faults.requests) == 10)
                group.cancel_scope.cancel()
            faults.healthy = True
            assert await llm.completion("hi")

    async def test_a_sibling_that_fails(
        self, url: str, call: Callable[[LLM], Awaitable[object]], faults: FaultServer
    ) -> None:
        async def fail() -> None:
            await until(lambda: bool(faults.requests))
            raise ZeroDivisionError

        async with asking(url) as llm:
            with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012  # the block is what fails
                async with anyio.create_task_group() as group:
                    group.start_soon(call, llm)
                    group.start_soon(fail)
            assert [type(each) for each in caught.value.exceptions] == [ZeroDivisionError]

    async def test_a_scope_within_a_stream(self, faults: FaultServer) -> None:
        async with asking(faults.url_of("stall")) as llm:
            events = 0
            async with llm.stream("hi") as stream:
                with anyio.move_on_after(0.05) as scope:
                    async for _ in stream:
                        events += 1
            assert scope.cancelled_caught
            assert events
            await asyncio.to_thread(faults.wait_hangup, 1, SOON)
