"""Calls that end at any moment: cancelled after every step, cut at every byte; the next call is always right."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any, Self, cast

import attrs
import pytest

from core.http.echoing import answer, asked_for, echo, raw
from core.http.faulty import Say
from dragoman import (
    LLM,
    CallContext,
    ConfigurationError,
    DragomanError,
    ResponseTooLargeError,
    StreamInterruptedError,
    SyncLLM,
)
from dragoman.http import AioHttpTransport, HttpRequest
from dragoman.http.transport.sessions import Session
from dragoman.testing.faults.fault import sound
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import End, Received, Reply
from faults.clients import CLIENTS

CLIENT = CLIENTS["openai_compatible"]
STEPS = 60
"""More turns of the loop than any of these calls takes, apart from those that wait."""


class Same:
    """Serve in the loop of the client, so that both go on step by step.

    Args:
        behaviour: writes the reply.

    """

    def __init__(self, behaviour: Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._behaviour = behaviour
        self.misbehaves = True

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._tasks = set[asyncio.Task[None]]()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                said = raw(echo(_received(head, await reader.readexactly(length))))
                await (self._behaviour if self.misbehaves else at_once)(said, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has left
        finally:
            writer.transport.abort()


def _received(head: bytes, body: bytes) -> Received:
    method, path, _ = head.decode().partition("\r\n")[0].split(" ")
    return Received(method=method, path=path, raw_headers=(), body=body, at=0.0, connection=0)


async def at_once(said: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(said)


async def in_pieces(said: bytes, writer: asyncio.StreamWriter) -> None:
    for start in range(0, len(said), 97):
        writer.write(said[start : start + 97])
        await asyncio.sleep(0)


async def never(said: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def then_closing(said: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(said)
    writer.close()
    raise ConnectionResetError


@pytest.mark.parametrize("behaviour", [at_once, in_pieces, never, then_closing])
@pytest.mark.parametrize("pooled", [False, True], ids=["fresh", "pooled"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_call_that_is_cancelled_at_any_step_harms_no_other(
    behaviour: Callable[[bytes, asyncio.StreamWriter], Awaitable[None]], *, pooled: bool, streamed: bool
) -> None:
    ended = 0
    async with Same(behaviour) as server:
        for steps in range(STEPS):
            async with LLM(CLIENT.config(server.url)) as llm:
                server.misbehaves = False
                for _ in range(2 if pooled else 0):  # the first connection that serves again is waited for
                    assert await answer(llm, "q1", streamed=streamed) == "answer to q1"
                server.misbehaves = True
                task = asyncio.create_task(answer(llm, "q2", streamed=streamed))
                for _ in range(steps):
                    await asyncio.sleep(0)
                ended += task.done()
                task.cancel()
                with suppress(asyncio.CancelledError):
                    assert await task == "answer to q2"
                server.misbehaves = False
                assert await answer(llm, "q3", streamed=streamed) == "answer to q3"
                assert not exchanges(llm)
    assert bool(ended) is (behaviour is not never)


def exchanges(llm: LLM) -> set[Any]:
    """Return what an LLM still holds open in this loop."""
    bound, _ = llm._model.ready()  # noqa: SLF001
    transport = cast("AioHttpTransport", cast("Any", bound.provider).transport)
    session = transport._sessions.current()  # noqa: SLF001
    return set() if session is None else set(session.exchanges)


@pytest.mark.parametrize("ending", [End.CLOSE, End.RESET])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_reply_that_is_cut_at_any_byte_is_an_error_and_the_next_is_right(
    loopback: LoopbackServer, ending: End, *, streamed: bool
) -> None:
    cut = _Cut(ending)
    loopback.always(cut)
    async with LLM(CLIENT.config(loopback.url)) as llm:
        assert await answer(llm, "q1", streamed=streamed) == "answer to q1"
        for at in range(cut.length):
            cut.at = at
            try:
                text = await answer(llm, "q2", streamed=streamed)
            except DragomanError as error:
                assert error.partial is None or "answer to q2".startswith(error.partial.text)  # noqa: PT017
            else:
                assert text == "answer to q2"  # what is missing came after the terminal signal
                assert streamed
                assert at > cut.length - 24
            cut.at = None
            assert await answer(llm, "q3", streamed=streamed) == "answer to q3"


class _Cut:
    def __init__(self, ending: End) -> None:
        self._ending = ending
        self.at: int | None = None
        self.length = 0

    def __call__(self, request: Received) -> Any:
        said = raw(echo(request))
        self.length = len(said)
        return _Said((said,) if self.at is None else (said[: self.at], self._ending))


class _Said:
    def __init__(self, steps: Iterable[Any]) -> None:
        self._steps = steps

    def steps(self) -> Iterable[Any]:
        return self._steps


class Users:
    """Use LLMs in random order: make, share, drop and close them; keep what went wrong.

    Args:
        url: where the server is.
        seed: what the order depends on.

    """

    def __init__(self, url: str, seed: int) -> None:
        self._url = url
        self._seed = seed
        self._shared = [LLM(CLIENT.config(url)) for _ in range(3)]
        self.wrong: list[object] = []

    def in_thread(self, number: int) -> None:
        for each in range(2):
            asyncio.run(self._in_loop(number * 2 + each))

    async def _in_loop(self, number: int) -> None:
        chance = random.Random(self._seed * 100 + number)  # noqa: S311  # a test is not a secret
        await asyncio.gather(*(self._in_task(chance, number * 10 + each) for each in range(8)))

    async def _in_task(self, chance: random.Random, number: int) -> None:
        own = LLM(CLIENT.config(self._url))
        for turn in range(8):
            question = f"q{number}{turn}"
            kind = chance.choice(("own", "own", "shared", "close", "drop", "without await"))
            try:
                text = await self._ask(kind, own, question, chance)
            except DragomanError as error:
                self.wrong.append(error)
            else:
                self.wrong.extend([] if text == f"answer to {question}" else [text])
            if kind in {"drop", "close"}:
                own = LLM(CLIENT.config(self._url))

    async def _ask(self, kind: str, own: LLM, question: str, chance: random.Random) -> str:
        if kind == "without await":
            return await asyncio.to_thread(_without_await, self._url, question)
        llm = chance.choice(self._shared) if kind == "shared" else own
        text = await answer(llm, question, streamed=chance.random() < 0.5)
        if kind == "close":
            await llm.aclose()
        return text


def _without_await(url: str, question: str) -> str:
    return SyncLLM(CLIENT.config(url)).generate(question).text


@pytest.mark.parametrize("seed", range(4))
def test_llms_are_made_shared_dropped_and_closed_in_any_order(loopback: LoopbackServer, seed: int) -> None:
    loopback.always(echo)
    users = Users(loopback.url, seed)
    threads = [threading.Thread(target=users.in_thread, args=(number,)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not users.wrong


async def test_an_llm_for_each_request_leaves_few_connections_and_no_errors(loopback: LoopbackServer) -> None:
    loopback.always(echo)
    made: weakref.WeakSet[Session] = weakref.WeakSet()

    async def request(number: int) -> str:
        llm = LLM(CLIENT.config(loopback.url))
        text = await answer(llm, f"q{number}", streamed=False)
        bound, _ = llm._model.ready()  # noqa: SLF001
        session = cast("Any", bound.provider).transport._sessions.current()  # noqa: SLF001
        made.add(session)
        return text

    for wave in range(20):
        numbers = range(wave * 10, wave * 10 + 10)
        assert await asyncio.gather(*map(request, numbers)) == [f"answer to q{number}" for number in numbers]
    gc.collect()
    async with LLM(CLIENT.config(loopback.url)) as llm:
        assert await answer(llm, "q1", streamed=False) == "answer to q1"  # which tidies up
    gc.collect()
    assert len(made) <= 1


async def test_closing_tells_every_call_that_waits(loopback: LoopbackServer) -> None:
    loopback.always(Reply(before_head="hang"))
    llm = LLM(CLIENT.config(loopback.url, num_retries=2, timeout=None))
    tasks = [asyncio.create_task(answer(llm, f"q{number}", streamed=number % 2 > 0)) for number in range(120)]
    await asyncio.to_thread(loopback.wait_requests, 100)  # as many as there are connections; the rest wait for one
    await llm.aclose()
    for task in tasks:
        with pytest.raises(DragomanError, match="client was closed") as caught:
            await task
        assert not caught.value.retryable
    loopback.always(echo)
    async with llm:
        assert await answer(llm, "q7", streamed=False) == "answer to q7"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_reply_may_be_as_large_as_the_configuration_says(loopback: LoopbackServer, *, streamed: bool) -> None:
    loopback.always(echo)
    async with LLM(CLIENT.config(loopback.url, max_reply_bytes=100)) as llm:
        with pytest.raises(ResponseTooLargeError, match="larger than 100 bytes; if that is expected, raise max_reply"):
            await answer(llm, "q1", streamed=streamed)
    async with LLM(CLIENT.config(loopback.url, max_reply_bytes=100_000)) as llm:
        assert await answer(llm, "q1", streamed=streamed) == "answer to q1"


async def test_closing_tells_a_call_whose_reply_has_begun(loopback: LoopbackServer) -> None:
    loopback.always(Reply(body=b'{"choices": [', ending="stall"))
    transport = AioHttpTransport(trust_env=False)
    task = asyncio.create_task(transport.send(HttpRequest(url=loopback.url), CallContext()))
    await asyncio.to_thread(loopback.wait_requests, 1)
    while not (session := transport._sessions.current()) or not any(each.status for each in session.exchanges):  # noqa: ASYNC110, SLF001  # the server is in another thread
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    await transport.aclose()
    with pytest.raises(StreamInterruptedError, match="client was closed"):
        await task


async def test_a_stream_is_entered_once(loopback: LoopbackServer) -> None:
    loopback.always(echo)
    async with LLM(CLIENT.config(loopback.url)) as llm:
        manager = llm.stream("q1")
        async with manager as stream:
            assert (await stream.collect()).text == "answer to q1"
        with pytest.raises(ConfigurationError, match="already entered"):
            await manager.__aenter__()
        await llm.stream("q1").__aexit__(None, None, None)  # which was never entered


async def test_a_request_id_that_repeats_the_key_is_masked(loopback: LoopbackServer) -> None:
    def repeat(request: Received) -> Any:
        return attrs.evolve(sound(asked_for(request), "x"), headers={"x-request-id": request.headers["authorization"]})

    loopback.always(repeat)
    async with LLM(CLIENT.config(loopback.url)) as llm:
        response = await llm.generate("q1")
    assert response.origin.request_id == "********"


@pytest.mark.parametrize("status", [429, 503])
async def test_an_error_that_nobody_can_unpack_tells_by_its_status(loopback: LoopbackServer, status: int) -> None:
    headers = {"content-encoding": "br", "retry-after": "3"}
    loopback.always(Reply(status=status, body=b"\x8b", headers=headers))
    async with LLM(CLIENT.config(loopback.url)) as llm:
        with pytest.raises(DragomanError) as caught:
            await llm.generate("q1")
    assert (caught.value.status, caught.value.retryable, caught.value.retry_after) == (status, True, 3.0)


async def test_a_connection_that_switched_protocols_does_not_serve_again(loopback: LoopbackServer) -> None:
    loopback.reply(Say((b"HTTP/1.1 101 Switching Protocols\r\n\r\n",)))
    loopback.always(echo)
    async with LLM(CLIENT.config(loopback.url)) as llm:
        with pytest.raises(DragomanError):
            await llm.generate("q1")
        assert await answer(llm, "q2", streamed=False) == "answer to q2"
    assert loopback.connections == 2
