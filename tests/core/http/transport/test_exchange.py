"""Single exchanges: interim replies, and request bodies that the network does not accept at once."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from core.http.calls import context
from core.http.faulty import Say
from dragoman import CallContext, ConnectionFailedError, RequestTimeoutError
from dragoman.http import AioHttpTransport, HttpReply, HttpRequest
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

LARGE = bytes(16 << 20)
"""More than the network takes at once."""
POOL = 100
"""How many connections there are at most."""
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """Yield the address of a server that decides how much of a request it reads."""
    served = set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await serve(reader, writer)
        except ConnectionError:
            pass  # the client closed the connection
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 10)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.wait_for(asyncio.gather(*served), 5)


async def sent(url: str, within: CallContext | None = None, *, method: str = "POST", body: bytes = LARGE) -> HttpReply:
    transport = AioHttpTransport(trust_env=False)
    try:
        return await transport.send(HttpRequest(url=url, body=body, method=method), within or CallContext())
    finally:
        await transport.aclose()


async def until_gone(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 20):
        pass


async def test_calls_that_begin_together_are_sent_in_a_row(loopback: LoopbackServer) -> None:
    loopback.always(Say((OK,)))
    transport = AioHttpTransport(trust_env=False)
    order = list[str]()

    def note(frame: object, event: str, argument: object) -> None:
        if event == "c_call" and getattr(argument, "__name__", "") in {"send", "sendmsg"}:
            order.append("sent")

    async def call() -> None:
        order.append("prepared")
        await transport.send(HttpRequest(url=loopback.url), CallContext())

    async def at_once() -> None:
        await asyncio.gather(call(), call(), call())

    for _ in range(2):  # opens the connections, and shows that they can be reused
        await at_once()
    order.clear()
    sys.setprofile(note)
    try:
        await at_once()
    finally:
        sys.setprofile(None)
    await transport.aclose()
    assert order == ["prepared", "sent", "prepared", "prepared", "sent", "sent"]  # what is alone does not wait


async def test_a_client_that_is_closed_before_its_calls_are_sent_says_so(loopback: LoopbackServer) -> None:
    loopback.always(Say((OK,)))
    transport = AioHttpTransport(trust_env=False)
    calls = [transport.send(HttpRequest(url=loopback.url), CallContext()) for _ in range(6)]
    await asyncio.gather(*calls[:3])  # opens the connections
    *outcomes, _ = await asyncio.gather(*calls[3:], transport.aclose(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionFailedError] * 3
    assert (await transport.send(HttpRequest(url=loopback.url), CallContext())).body == b"ok"
    await transport.aclose()


class TestHeads:
    async def test_of_interim_replies_are_passed_over(self, loopback: LoopbackServer) -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
        loopback.always(Say((b"HTTP/1.1 100 Continue\r\n\r\n", interim, interim + OK)))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(2):
            reply = await transport.send(HttpRequest(url=loopback.url), CallContext())
            assert (reply.status, reply.body) == (200, b"ok")
            assert "link" not in reply.headers
        await transport.aclose()
        assert loopback.connections == 1

    async def test_of_interim_replies_alone_are_no_reply(self, loopback: LoopbackServer) -> None:
        loopback.always(Say((b"HTTP/1.1 102 Processing\r\n\r\n", 60.0)))
        with pytest.raises(RequestTimeoutError, match="first_byte_timeout"):
            await sent(loopback.url, context(first_byte=0.05), body=b"{}")

    async def test_are_all_that_answers_a_head(self, loopback: LoopbackServer) -> None:
        loopback.always(Say((b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n",)))
        reply = await sent(loopback.url, method="HEAD", body=b"")
        assert (loopback.requests[0].method, reply.status, reply.body) == ("HEAD", 200, b"")

    async def test_say_how_long_an_empty_body_is(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply())
        await sent(loopback.url, body=b"")
        assert loopback.requests[0].headers["content-length"] == "0"


class TestDeadlines:
    async def test_count_the_wait_for_a_connection(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(before_head="hang", repeat=POOL))
        loopback.always(Say((0.3, OK)))  # in time only for a deadline that begins with the connection
        transport = AioHttpTransport(trust_env=False)
        asked = HttpRequest(url=loopback.url)
        held = [asyncio.ensure_future(transport.send(asked, CallContext())) for _ in range(POOL)]
        await asyncio.to_thread(loopback.wait_requests, POOL)
        asyncio.get_running_loop().call_later(0.4, held[0].cancel)
        with pytest.raises(RequestTimeoutError, match="deadline"):
            await transport.send(asked, CallContext(deadline=CallContext().clock.monotonic() + 0.5))
        await transport.aclose()
        await asyncio.gather(*held, return_exceptions=True)

    async def test_are_kept_by_a_reply_that_has_arrived(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=b"in time"))
        transport = AioHttpTransport(trust_env=False)
        within = CallContext(deadline=CallContext().clock.monotonic() + 0.1)
        async with transport.stream(HttpRequest(url=loopback.url), within) as reply:
            await asyncio.sleep(0.2)
            assert await reply.read() == b"in time"
        await transport.aclose()

    @pytest.mark.parametrize("size", [2, 3])
    async def test_that_pass_in_the_turn_in_which_the_head_comes_end_a_body_that_goes_on(
        self, loopback: LoopbackServer, size: int
    ) -> None:
        loopback.always(Say((0.05, b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\nok" % size, 5.0)))
        transport = AioHttpTransport(trust_env=False)
        within = CallContext(deadline=CallContext().clock.monotonic() + 0.1)
        call = asyncio.create_task(transport.send(HttpRequest(url=loopback.url), within))
        await asyncio.to_thread(loopback.wait_requests, 1)
        time.sleep(0.3)  # noqa: ASYNC251  # the head and the deadline wait for the loop together
        if size == 2:
            assert (await call).body == b"ok"
        else:
            with pytest.raises(RequestTimeoutError, match="deadline"):
                await asyncio.wait_for(call, 2)
        await transport.aclose()


class TestLargeBodies:
    async def test_arrive(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply())
        await sent(loopback.url)
        assert loopback.requests[0].body == LARGE

    async def test_may_be_answered_before_they_have_arrived(self) -> None:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
            await until_gone(reader)

        async with serving(refuse) as url:
            transport = AioHttpTransport(trust_env=False)
            for _ in range(2):  # the next request does not go out behind half of this one
                reply = await transport.send(HttpRequest(url=url, body=LARGE), CallContext())
                assert (reply.status, reply.body) == (413, b"no")
            await transport.aclose()

    async def test_do_not_use_up_the_time_for_the_first_byte(self) -> None:
        async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.3)
            await reader.readexactly(len(LARGE))
            writer.write(OK)
            await until_gone(reader)

        async with serving(read_late) as url:
            assert (await sent(url, context(first_byte=0.2))).body == b"ok"

    async def test_that_have_arrived_leave_no_more_than_that_time(self) -> None:
        async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await until_gone(reader)

        async with serving(say_nothing) as url:
            with pytest.raises(RequestTimeoutError, match="first_byte_timeout"):
                await sent(url, context(first_byte=0.1))

    async def test_that_are_not_taken_end_with_the_call(self) -> None:
        async def listen_to_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2)

        async with serving(listen_to_nothing) as url:
            deadline = CallContext().clock.monotonic() + 0.1
            with pytest.raises(RequestTimeoutError, match="deadline"):
                await sent(url, CallContext(deadline=deadline))

    async def test_may_be_cut(self) -> None:
        async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1 << 16)

        async with serving(cut) as url:
            with pytest.raises(ConnectionFailedError, match="before the reply began"):
                await sent(url)

    def test_end_with_the_loop(self) -> None:
        async def begin(port: int) -> None:
            asked = HttpRequest(url=f"http://127.0.0.1:{port}", body=LARGE)
            call = asyncio.create_task(AioHttpTransport(trust_env=False).send(asked, CallContext()))
            await asyncio.sleep(0.1)
            assert not call.done()

        with socket.create_server(("127.0.0.1", 0)) as server:  # accepts nothing, so that nothing is read either
            asyncio.run(begin(server.getsockname()[1]))
        gc.collect()
