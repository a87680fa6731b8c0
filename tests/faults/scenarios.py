"""Scenarios that a scripted reply cannot express: unreachable servers, and actions of the caller during a call."""

from __future__ import annotations

import asyncio
import gc
import inspect
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest
from attrs import field, frozen

from core.http.faulty import NOWHERE, refusing, unanswering, untrusted
from dragoman import LLM, DragomanError, RequestTimeoutError, StreamingLLM, StreamInterruptedError, SyncLLM
from dragoman.spec.errors import ConnectionFailedError
from dragoman.testing.faults import FaultServer
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from faults.clients import KEY, Client, Outcome, ask, ask_without_await, check_no_task_left
from faults.expected import BEGUN, TEXT, same_bodies

Run: TypeAlias = Callable[[Client, FaultServer], Any]
SOON = 1.0
"""Seconds within which the server must detect a hang-up."""


@frozen(kw_only=True)
class Scenario:
    """Describe a scenario.

    Args:
        name: its name.
        row: the number of its row.
        interface: whether it uses ``LLM`` or ``SyncLLM``.
        run: runs it, and raises an exception if the outcome is wrong.
        only: the clients to test; by default, all.

    """

    name: str
    row: int
    interface: Literal["async", "sync"]
    run: Run
    only: frozenset[str] = field(converter=frozenset)

    def applies_to(self, client: Client) -> bool:
        return client.name in self.only if self.only else self.interface == "async" or client.both


SCENARIOS: list[Scenario] = []


def scenario(row: int, *, only: tuple[str, ...] = ()) -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        interface = "async" if inspect.iscoroutinefunction(run) else "sync"
        SCENARIOS.append(Scenario(name=run.__name__, row=row, interface=interface, run=run, only=frozenset(only)))
        return run

    return register


def failed(outcome: Outcome, kind: type[DragomanError]) -> DragomanError:
    """Return the error of a call, and check that it shows no key."""
    assert type(outcome.error) is kind, outcome.response or outcome.shown
    assert KEY not in outcome.shown
    return outcome.error


async def hung_up(server: LoopbackServer, count: int = 1) -> None:
    await asyncio.to_thread(server.wait_hangup, count, SOON)


async def still_works(llm: LLM, server: FaultServer) -> None:
    """Check that the next call with the same object succeeds."""
    server.healthy = True
    assert (await llm.generate("hi")).text == TEXT


@scenario(1)
async def no_server_listens(client: Client, server: FaultServer) -> None:
    with refusing() as url:
        for streamed in (True, False):
            error = failed(await ask(client.config(url), streamed=streamed), ConnectionFailedError)
            assert (error.retryable, error.phase) == (True, "connect")


@scenario(1)
def no_server_listens_without_await(client: Client, server: FaultServer) -> None:
    with refusing() as url:
        for streamed in (True, False):
            failed(ask_without_await(client.config(url), streamed=streamed), ConnectionFailedError)


@scenario(2)
async def connection_is_not_accepted(client: Client, server: FaultServer) -> None:
    with unanswering() as url:
        config = client.config(url, connect_timeout=0.05, first_byte_timeout=10)
        for streamed in (True, False):
            error = failed(await ask(config, streamed=streamed), RequestTimeoutError)
            assert error.phase == "connect"


@scenario(3)
async def host_name_does_not_resolve(client: Client, server: FaultServer) -> None:
    for streamed in (True, False):
        outcome = await ask(client.config(NOWHERE, allow_insecure=True), streamed=streamed)
        assert "x" * 60 in str(failed(outcome, ConnectionFailedError))


@scenario(7)
async def a_kept_connection_is_closed(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("close_after_reply"), num_retries=1) as llm:
        for number in range(3):
            assert (await llm.generate("hi")).text == TEXT
            async with llm.stream("hi") as stream:
                assert (await stream.collect()).text == TEXT
            assert len(server.requests) == 2 * number + 2


async def read_slowly(client: Client, url: str) -> str:
    """Read a stream that ends while the consumer is busy."""
    text = ""
    async with client.llm(url) as llm, llm.stream("hi") as stream:
        await anext(stream)
        await asyncio.sleep(0.15)
        async for each in stream.text():
            text += each
        assert stream.response.text == text
    return text


@scenario(11)
async def lost_while_the_consumer_is_busy(client: Client, server: FaultServer) -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await read_slowly(client, server.url_of("trunc_behind"))
    assert caught.value.partial is not None
    assert caught.value.partial.text == BEGUN


@scenario(11)
async def lost_after_the_end_while_the_consumer_is_busy(client: Client, server: FaultServer) -> None:
    assert await read_slowly(client, server.url_of("reset_behind")) == TEXT


@scenario(54, only=("openai", "openai-responses", "anthropic", "google"))
async def every_reply_is_503(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("status_503"), num_retries=2) as llm:
        calls = [llm.generate("hi") for _ in range(100)]
        assert all(isinstance(each, DragomanError) for each in await asyncio.gather(*calls, return_exceptions=True))
    assert len(server.requests) <= 120


@scenario(55)
async def every_attempt_sends_the_same(client: Client, server: FaultServer) -> None:
    used = set[str]()
    for streamed in (True, False):
        server.requests.clear()
        config = client.config(server.url_of("status_500", "close_before_head", "ok"), num_retries=2)
        assert (await ask(config, streamed=streamed)).error is None
        assert len(server.requests) == 3
        assert same_bodies(server)
        keys = {request.headers["idempotency-key"] for request in server.requests}
        assert len(keys) == 1
        assert keys.isdisjoint(used)
        used |= keys
        assert [request.headers.get("x-retry-count") for request in server.requests] == [None, "1", "2"]


@scenario(59)
async def the_consumer_breaks_out(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("stall")) as llm:
        async with llm.stream("hi") as stream:
            async for _ in stream:
                break
        await hung_up(server)
        await still_works(llm, server)


@scenario(59)
def the_consumer_breaks_out_without_await(client: Client, server: FaultServer) -> None:
    with SyncLLM(client.config(server.url_of("stall"))) as llm:
        with llm.stream("hi") as stream:
            for _ in stream:
                break
        server.wait_hangup(timeout=SOON)


@scenario(60)
async def generators_are_dropped(client: Client, server: FaultServer) -> None:
    async with StreamingLLM(client.config(server.url_of("stall"))) as llm:
        for count in range(150):
            generator = llm.streaming_completion("hi")
            assert await anext(generator)
            del generator
            if count % 50 == 49:
                gc.collect()
                await hung_up(server, count + 1)
        await still_works(llm, server)


STATES = {
    "hang_head": "waiting for the head",
    "drip_head": "waiting for the end of the head",
    "silent_body": "waiting for the first event",
    "stall": "waiting for the next event",
}


async def in_the_middle(client: Client, server: FaultServer, name: str) -> AsyncIterator[tuple[LLM, asyncio.Task[Any]]]:
    async with client.llm(server.url_of(name)) as llm:
        for number, call in enumerate((collect(llm), llm.generate("hi"))):
            if name == "stall" and number:
                call.close()
                continue
            task = asyncio.create_task(call)
            await asyncio.to_thread(server.wait_requests, number + 1)
            await asyncio.sleep(0.02)
            yield llm, task
            await hung_up(server, number + 1)
        await still_works(llm, server)


async def collect(llm: LLM) -> object:
    async with llm.stream("hi") as stream:
        return await stream.collect()


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel("by the test")
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


@scenario(61)
async def cancelled_while_it_waits(client: Client, server: FaultServer) -> None:
    for name in STATES:
        with FaultServer(server_dialects=(client.server_dialect,)) as own:
            async for _, task in in_the_middle(client, own, name):
                await cancelled(task)


@scenario(61)
async def cancelled_while_it_connects(client: Client, server: FaultServer) -> None:
    with unanswering() as url:
        async with client.llm(url) as llm:
            for call in (collect(llm), llm.generate("hi")):
                task = asyncio.create_task(call)
                await asyncio.sleep(0.02)
                await cancelled(task)
    await check_no_task_left()


@scenario(61)
async def cancelled_between_two_attempts(client: Client, server: FaultServer) -> None:
    async with LLM(client.config(server.url_of("retry_after_30", "ok"), num_retries=1, timeout=60)) as llm:
        task = asyncio.create_task(llm.generate("hi"))
        await asyncio.to_thread(server.wait_requests)
        await asyncio.sleep(0.05)
        await cancelled(task)
        assert len(server.requests) == 1
        assert (await llm.generate("hi")).text == TEXT


async def within(seconds: float, call: Awaitable[Any]) -> object:
    async with asyncio.timeout(seconds):
        return await call


async def fail_in_stream(llm: LLM) -> None:
    async with llm.stream("hi") as stream:
        async for _ in stream:
            raise ZeroDivisionError


@scenario(62)
async def a_timeout_of_the_caller(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("stall")) as llm:
        with pytest.raises(TimeoutError) as caught:
            await within(0.05, collect(llm))
        assert not isinstance(caught.value, DragomanError)
        if server.requests:
            await hung_up(server)
        await still_works(llm, server)


@scenario(63)
async def the_consumer_raises(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("stall")) as llm:
        with pytest.raises(ZeroDivisionError):
            await fail_in_stream(llm)
        await hung_up(server)
        await still_works(llm, server)


@scenario(63)
def the_consumer_raises_without_await(client: Client, server: FaultServer) -> None:
    with interrupted(client, server, ZeroDivisionError):
        raise ZeroDivisionError


@scenario(64)
def an_interrupt(client: Client, server: FaultServer) -> None:
    with interrupted(client, server, KeyboardInterrupt):
        raise KeyboardInterrupt


@contextmanager
def interrupted(client: Client, server: FaultServer, kind: type[BaseException]) -> Iterator[None]:
    """Run the body of the ``with`` statement in the middle of a stream."""
    with SyncLLM(client.config(server.url_of("stall"))) as llm:
        with pytest.raises(kind), llm.stream("hi") as stream:  # noqa: PT012  # the caller supplies the statement
            next(iter(stream))
            yield
        server.wait_hangup(timeout=SOON)


@scenario(65)
def several_event_loops(client: Client, server: FaultServer) -> None:
    llm = LLM(client.config(server.url_of("ok")))
    for _ in range(3):
        assert asyncio.run(llm.generate("hi")).text == TEXT


@scenario(65)
def several_threads(client: Client, server: FaultServer) -> None:
    texts: list[str] = []
    with SyncLLM(client.config(server.url_of("ok"))) as llm:
        threads = [threading.Thread(target=lambda: texts.append(llm.generate("hi").text)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert texts == [TEXT] * 8


@scenario(66)
async def closed_with_a_stream_open(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("stall")) as llm:
        async with llm.stream("hi") as stream:
            await anext(stream)
            reading = asyncio.create_task(stream.collect())
            await asyncio.sleep(0.02)
            await llm.aclose()
            with pytest.raises(StreamInterruptedError, match="closed"):
                await asyncio.wait_for(reading, 5)
        await hung_up(server)


@scenario(66)
async def closed_before_the_head(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("hang_head")) as llm:
        asking = asyncio.create_task(llm.generate("hi"))
        await asyncio.to_thread(server.wait_requests)
        await llm.aclose()
        with pytest.raises(ConnectionFailedError):
            await asyncio.wait_for(asking, 5)
        await hung_up(server)


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", url)
        yield


async def through(proxy: str, client: Client) -> None:
    async with proxied(proxy):
        for streamed in (True, False):
            # The proxy of a URL is cached, so each scenario uses its own URL.
            outcome = await ask(client.config(f"https://far.test/{proxy.rpartition(':')[2]}"), streamed=streamed)
            failed(outcome, ConnectionFailedError)


@scenario(79)
async def a_proxy_refuses(client: Client, server: FaultServer) -> None:
    with refusing() as url:
        await through(url, client)


@scenario(79)
async def a_proxy_wants_a_password(client: Client, server: FaultServer) -> None:
    with LoopbackServer(Reply(status=407)) as proxy:
        await through(proxy.url, client)
        assert {each.method for each in proxy.requests} == {"CONNECT"}
        assert KEY not in repr(proxy.requests)


@scenario(79)
async def a_proxy_cuts_the_tunnel(client: Client, server: FaultServer) -> None:
    with LoopbackServer(Reply(before_head="close")) as proxy:
        await through(proxy.url, client)


@scenario(80)
async def untrusted_certificate(client: Client, server: FaultServer) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with untrusted(Path(folder)) as url:
            for streamed in (True, False):
                error = failed(await ask(client.config(url, num_retries=2), streamed=streamed), ConnectionFailedError)
                assert (error.code, error.retryable, len(error.attempts)) == ("tls", False, 1)
                assert "trust store" in str(error)


@scenario(82, only=("openai", "openai-responses", "anthropic", "google"))
async def three_hundred_streams(client: Client, server: FaultServer) -> None:
    async with client.llm(server.url_of("ok")) as llm:
        answers: list[Awaitable[Any]] = [collect(llm) for _ in range(300)]
        assert {answer.text for answer in await asyncio.gather(*answers)} == {TEXT}
    assert len(server.requests) == 300
    assert server.connections <= 100


__all__ = ["SCENARIOS", "Scenario"]
