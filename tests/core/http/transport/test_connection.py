"""Reused connections: a reply never reaches the wrong caller, and a closed connection never fails a call."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from core.http.echoing import Followed, Following, answer, asked_for, echo, raw
from core.http.faulty import Forever
from dragoman import LLM, ConfigurationError, ConnectionFailedError, DragomanError, ProtocolError
from dragoman.http.transport import connection
from dragoman.http.transport.connection import ClientProtocol, StaleConnectionError, check_aiohttp, protocol_of
from dragoman.testing.faults.fault import sound
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import End, Received, Reply
from faults.clients import CLIENTS, Client

STRAY = {
    "a whole reply": lambda request: raw(sound(asked_for(request), "STALE")),
    "a head without a body": lambda _: b"HTTP/1.1 204 No Content\r\n\r\n",
    "an interim reply": lambda _: b"HTTP/1.1 100 Continue\r\n\r\n",
    "half a head": lambda _: b"HTTP/1.1 200 OK\r\ncontent-ty",
    "a single byte": lambda _: b"H",
    "no HTTP": lambda _: b"\x00\xff and so on\r\n\r\n",
    "a reply without its end": lambda request: raw(sound(asked_for(request), "STALE"))[:-3],
}
"""Data that a server may send without a request."""


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("way", ["together", "read", "unread"])
@pytest.mark.parametrize("kind", STRAY)
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
async def test_what_nobody_asked_for_is_nobodys_answer(
    loopback: LoopbackServer, client: Client, kind: str, way: str, *, streamed: bool
) -> None:
    together = way == "together"
    spoils = together or kind == "no HTTP"  # as far as both come in one segment
    serve = Following(lambda request: Followed(echo(request), STRAY[kind](request), together=together))
    loopback.always(serve)
    async with LLM(client.config(loopback.url)) as llm:
        for number in range(3):
            try:
                text = await answer(llm, f"q{number}", streamed=streamed)
            except DragomanError:
                assert spoils  # the reply that it follows, and no other
                continue
            assert text == f"answer to q{number}"
            if not together:
                await serve.settled(read=way == "read")


@pytest.mark.parametrize("read", [False, True], ids=["unread", "read"])
async def test_a_connection_that_was_closed_while_idle_is_replaced(loopback: LoopbackServer, *, read: bool) -> None:
    serve = Following(lambda request: Followed(echo(request), End.CLOSE))
    loopback.always(serve)
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url)) as llm:
        for number in range(3):
            assert await answer(llm, f"q{number}", streamed=False) == f"answer to q{number}"
            await until(lambda: not loopback._open)  # noqa: SLF001  # the server has closed it
            if read:
                await asyncio.sleep(0)
    assert loopback.connections == len(loopback.requests) == 3


async def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.005)  # noqa: ASYNC251  # the loop reads nothing meanwhile
    pytest.fail("it has not happened")


@pytest.mark.parametrize("status", [200, 204, 302, 400, 429, 500])
async def test_errors_and_other_questions_are_followed_as_well(loopback: LoopbackServer, status: int) -> None:
    listing = raw(Reply.json({"object": "list", "data": [{"id": "STALE", "object": "model"}]}))
    error = {"error": {"message": "no", "type": "x", "code": "y"}}

    def make(request: Received) -> Followed:
        if request.method == "GET":
            return Followed(Reply.json({"data": [{"id": "m"}]}), listing)
        return Followed(Reply.json(error, status=status) if b"q1" in request.body else echo(request), listing)

    serve = Following(make)
    loopback.always(serve)
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url)) as llm:
        for _ in range(2):
            with pytest.raises(DragomanError):
                await answer(llm, "q1", streamed=False)
            await serve.settled(read=True)
            assert [model.id for model in await llm.models()] == ["m"]
            await serve.settled(read=False)
            assert await answer(llm, "q2", streamed=True) == "answer to q2"
            await serve.settled(read=False)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_server_that_closes_after_each_reply_costs_no_call(loopback: LoopbackServer, *, streamed: bool) -> None:
    """A request may meet the end of its connection, which is a try; with the usual retries, no call fails."""
    loopback.always(lambda request: Followed(echo(request), End.CLOSE))
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url, num_retries=2)) as llm:
        for number in range(50):
            response = await answer(llm, f"q{number}", streamed=streamed)
            assert response == f"answer to q{number}"


async def test_a_request_that_the_server_took_is_not_sent_again(loopback: LoopbackServer) -> None:
    loopback.reply(echo)
    loopback.always(Reply(before_head="close"))
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url, num_retries=0)) as llm:
        assert await answer(llm, "q1", streamed=False) == "answer to q1"
        with pytest.raises(ConnectionFailedError, match="reused connection") as caught:
            await answer(llm, "q2", streamed=False)
    assert caught.value.retryable
    assert caught.value.retry_after == 0
    assert len(loopback.requests) == 2


async def test_many_dead_connections_are_replaced_at_once(loopback: LoopbackServer) -> None:
    loopback.always(echo)
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url, num_retries=0)) as llm:
        await asyncio.gather(*(answer(llm, f"q{number}", streamed=False) for number in range(20)))
        for each in tuple(loopback._open):  # noqa: SLF001  # a server that starts again drops all its connections
            loopback._loop.call_soon_threadsafe(each._transport.abort)  # noqa: SLF001
        await until(lambda: not loopback._open)  # noqa: SLF001
        texts = await asyncio.gather(*(answer(llm, f"q{number}", streamed=False) for number in range(20)))
    assert texts == [f"answer to q{number}" for number in range(20)]


async def test_endless_interim_replies_are_an_error(loopback: LoopbackServer) -> None:
    loopback.always(Forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"))
    async with LLM(CLIENTS["openai_compatible"].config(loopback.url, timeout=None)) as llm:
        for streamed in (False, True):
            with pytest.raises(ProtocolError):
                await answer(llm, "q1", streamed=streamed)


def test_another_protocol_than_ours_is_refused() -> None:
    pooled: Any = SimpleNamespace(protocol=object())
    with pytest.raises(ConfigurationError, match=r"tested with, 3\.14\.0 to"):
        protocol_of(pooled)


def test_an_aiohttp_without_what_is_needed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_aiohttp.cache_clear()
    monkeypatch.delattr("aiohttp.client_proto.ResponseHandler.should_close")
    with pytest.raises(ConfigurationError, match="pip install 'aiohttp"):
        check_aiohttp()
    monkeypatch.undo()
    check_aiohttp()


async def test_a_protocol_without_a_transport_is_stale() -> None:
    protocol = ClientProtocol(asyncio.get_running_loop())
    assert not protocol.release()
    with pytest.raises(StaleConnectionError):
        protocol.begin()
    protocol.data_received(b"late")  # which has nowhere to go


def test_the_parser_in_python_tells_that_something_is_left() -> None:
    assert not connection._is_between_replies(SimpleNamespace(_tail=b"HT"))  # noqa: SLF001
    assert not connection._is_between_replies(SimpleNamespace(_lines=[b"HTTP/1.1"]))  # noqa: SLF001
    assert not connection._is_between_replies(None)  # noqa: SLF001


def test_a_socket_that_tells_nothing_proves_nothing() -> None:
    assert connection._acknowledged(None) is None  # noqa: SLF001
    assert not connection._is_readable(None)  # noqa: SLF001
    with socket.socket() as closed:
        pass
    assert connection._acknowledged(closed) is None  # noqa: SLF001


def test_a_parser_that_fails_is_not_between_replies() -> None:
    def fail() -> None:
        raise ValueError

    assert not connection._is_between_replies(SimpleNamespace(feed_eof=fail))  # noqa: SLF001
