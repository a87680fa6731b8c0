from __future__ import annotations

import asyncio
import io
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest
from attrs import frozen

from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import End, Received, Reply, Step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["loopback"]

GET = b"GET /x HTTP/1.1\r\nhost: h\r\n\r\n"
STREAM = b'data: {"n": 1}\n\ndata: {"n": 2}\n\n'


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def connect(server: LoopbackServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def exchange(server: LoopbackServer, request: bytes = GET) -> bytes:
    """Send *request* and return everything that arrives until the server closes the connection."""
    with connect(server) as client:
        client.sendall(request)
        return read_to_end(client)


def read_to_end(client: socket.socket) -> bytes:
    received = b""
    while data := client.recv(65536):
        received += data
    return received


def read_until(client: socket.socket, end: bytes) -> bytes:
    received = b""
    while not received.endswith(end):
        data = client.recv(1)
        assert data, received
        received += data
    return received


async def pieces_of(response: aiohttp.ClientResponse) -> list[bytes]:
    """Return the HTTP chunks of a body."""
    return [data async for data, ends in response.content.iter_chunks() if ends and data]


class TestRequests:
    async def test_are_recorded_whole(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        before = time.monotonic()
        loopback.reply(Reply.json({"ok": True}))
        async with session.post(f"{loopback.url}/v1/chat?a=1", json={"n": 1}, headers={"X-Key": "k"}) as response:
            assert await response.json() == {"ok": True}

        [received] = loopback.requests
        assert (received.method, received.path, received.json) == ("POST", "/v1/chat?a=1", {"n": 1})
        assert received.headers["x-key"] == "k"
        assert ("X-Key", "k") in received.raw_headers
        assert received.connection == 0
        assert before <= received.at <= time.monotonic()

    async def test_may_be_large_or_chunked(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        async def body() -> AsyncIterator[bytes]:
            for _ in range(3):
                yield b"x" * 100_000

        loopback.always(Reply())
        async with session.post(loopback.url, data=io.BytesIO(b"x" * 3_000_000)):
            pass
        async with session.post(loopback.url, data=body()):
            pass

        assert [len(request.body) for request in loopback.requests] == [3_000_000, 300_000]

    def test_in_chunks_may_have_extensions_and_trailers(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(ending="close"))
        exchange(
            loopback,
            b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\ntrailer: x\r\n\r\n",
        )

        assert loopback.requests[0].body == b"abc"

    async def test_reuse_their_connection(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        loopback.always(Reply(body=b"x"))
        for _ in range(3):
            async with session.get(loopback.url) as response:
                await response.read()

        assert [request.connection for request in loopback.requests] == [0, 0, 0]
        assert loopback.connections == 1

    @pytest.mark.parametrize("request_", [b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"])
    def test_may_ask_for_the_end(self, loopback: LoopbackServer, request_: bytes) -> None:
        loopback.reply(Reply(body=b"x"))

        assert exchange(loopback, request_).endswith(b"\r\n\r\nx")

    def test_can_be_waited_for(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(ending="close"))
        exchange(loopback)
        exchange(loopback)

        assert len(loopback.wait_requests(2)) == 2
        with pytest.raises(TimeoutError, match="expected 3 requests within 0 s, got 2 requests and 0 hang-ups"):
            loopback.wait_requests(3, timeout=0)


class TestAnswers:
    def test_come_from_the_queue_then_from_the_default(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(status=204, ending="close"))
        loopback.reply(Reply(status=500, ending="close", repeat=2), Reply(status=529, ending="close"))

        assert [exchange(loopback)[9:12] for _ in range(4)] == [b"500", b"500", b"529", b"204"]

    def test_may_depend_on_the_request(self, loopback: LoopbackServer) -> None:
        def echo(request: Received) -> Reply:
            return Reply(body=request.path.encode(), ending="close")

        loopback.reply(echo)

        assert exchange(loopback).endswith(b"/x")

    def test_that_are_missing_raise_an_error_at_the_end(self) -> None:
        server = LoopbackServer()
        with pytest.raises(ExceptionGroup, match="script") as caught, server:
            assert exchange(server, b"GET /x HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 500 ")

        assert caught.group_contains(LookupError, match="no reply is scripted for GET /x")

    def test_that_raise_an_error_are_reported_at_the_end(self) -> None:
        def broken(request: Received) -> Reply:
            raise ArithmeticError(request.path)

        with pytest.raises(ExceptionGroup) as caught, LoopbackServer(broken) as server:
            exchange(server, b"GET /x HTTP/1.0\r\n\r\n")

        assert caught.group_contains(ArithmeticError, match="/x")

    def test_do_not_hide_an_error_of_the_test(self) -> None:
        def fail() -> None:
            with LoopbackServer() as server:
                exchange(server, b"GET /x HTTP/1.0\r\n\r\n")
                server.wait_hangup(timeout=0)

        with pytest.raises(TimeoutError, match="expected 1 hang-ups"):
            fail()

    def test_to_an_invalid_request(self) -> None:
        with pytest.raises(ExceptionGroup) as caught, LoopbackServer() as server:
            assert exchange(server, b"garbage\r\n\r\n") == b""

        assert caught.group_contains(ValueError)


class TestFraming:
    def test_of_a_plain_body_is_its_length(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(status=404, headers={"x-a": "b"}, body=b"hello", ending="close"))

        assert exchange(loopback) == b"HTTP/1.1 404 Not Found\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello"

    def test_of_a_stream_is_chunked(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.sse(STREAM, headers=[("Connection", "close")]))

        head, _, body = exchange(loopback).partition(b"\r\n\r\n")
        assert b"content-type: text/event-stream" in head
        assert b"transfer-encoding: chunked" in head
        assert body == b"20\r\n" + STREAM + b"\r\n0\r\n\r\n"

    @pytest.mark.parametrize("separate", [False, True])
    async def test_bytewise(self, loopback: LoopbackServer, session: aiohttp.ClientSession, *, separate: bool) -> None:
        loopback.reply(Reply.sse(STREAM, framing="bytewise", separate=separate))
        async with session.get(loopback.url) as response:
            assert await pieces_of(response) == [STREAM[index : index + 1] for index in range(len(STREAM))]

    async def test_by_lengths_skips_empty_pieces(
        self, loopback: LoopbackServer, session: aiohttp.ClientSession
    ) -> None:
        loopback.reply(Reply(body=b"0123456789", framing=(3, 0, 2)))
        async with session.get(loopback.url) as response:
            assert await pieces_of(response) == [b"012", b"34", b"56789"]

    async def test_by_the_pieces_given(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        loopback.reply(Reply.sse(b"data: 1\n", b"\n"))
        async with session.get(loopback.url) as response:
            assert response.content_type == "text/event-stream"
            assert await pieces_of(response) == [b"data: 1\n", b"\n"]

    def test_in_separate_writes_without_chunks(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"hello", framing="bytewise", chunked=False, ending="close"))

        assert exchange(loopback).endswith(b"content-length: 5\r\n\r\nhello")

    def test_that_is_given_is_sent_unchanged(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"hello", headers={"Content-Length": "3"}, ending="close"))

        assert exchange(loopback) == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello"

    def test_of_an_empty_body(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(ending="close"), Reply.sse(ending="close"))

        assert exchange(loopback).endswith(b"content-length: 0\r\n\r\n")
        assert exchange(loopback).endswith(b"chunked\r\n\r\n0\r\n\r\n")

    async def test_of_a_large_body(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        loopback.reply(Reply(body=b"x" * 10_000_000))
        async with session.get(loopback.url) as response:
            assert len(await response.read()) == 10_000_000


class TestPauses:
    def test_hold_a_piece_back_until_the_test_sets_an_event(self, loopback: LoopbackServer) -> None:
        gate = threading.Event()
        loopback.reply(Reply.sse(b"a", b"b", pauses=(0, gate), ending="close"))
        with connect(loopback) as client:
            client.sendall(GET)
            read_until(client, b"\r\n\r\n1\r\na\r\n")
            client.settimeout(0)
            with pytest.raises(BlockingIOError):
                client.recv(1)
            client.settimeout(5)
            gate.set()

            assert read_to_end(client) == b"1\r\nb\r\n0\r\n\r\n"

    def test_may_be_seconds_before_the_head_or_after_the_body(self, loopback: LoopbackServer) -> None:
        reply = Reply(body=b"x", before_head=0.01, pauses=(0.02, 0.03), ending="close")
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n"

        assert list(reply.steps()) == [0.01, head, 0.02, b"x", 0.03, End.CLOSE]

        loopback.reply(reply)

        assert exchange(loopback) == head + b"x"


class TestEndings:
    async def test_clean(self, loopback: LoopbackServer, session: aiohttp.ClientSession) -> None:
        loopback.reply(Reply.sse(STREAM))
        async with session.get(loopback.url) as response:
            assert await response.read() == STREAM

    @pytest.mark.parametrize("chunked", [True, False])
    async def test_cut(self, loopback: LoopbackServer, session: aiohttp.ClientSession, *, chunked: bool) -> None:
        loopback.reply(Reply(body=STREAM, chunked=chunked, ending="cut"))
        async with session.get(loopback.url) as response:
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()

    def test_cut_is_not_a_reset(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"hello", ending="cut"))

        assert exchange(loopback).endswith(b"content-length: 6\r\n\r\nhello")

    def test_reset(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.sse(STREAM, ending="reset"))
        with connect(loopback) as client:
            client.sendall(GET)
            read_until(client, STREAM + b"\r\n")
            with pytest.raises(ConnectionResetError):
                client.recv(1)

    def test_close_before_the_head(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(before_head="close"))

        assert exchange(loopback) == b""

    def test_reset_before_the_head(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(before_head="reset"))
        with pytest.raises(ConnectionResetError):
            exchange(loopback)

    @pytest.mark.parametrize("reply", [Reply(before_head="hang"), Reply.sse(STREAM, ending="stall")])
    def test_without_an_end(self, loopback: LoopbackServer, reply: Reply) -> None:
        loopback.reply(reply)
        with connect(loopback) as client:
            client.sendall(GET)
            loopback.wait_requests(1)
            assert loopback.hangups == []
        hangup = loopback.wait_hangup()

        assert hangup.request is loopback.requests[0]
        assert hangup.connection == 0

    @pytest.mark.parametrize("end", list(End))
    def test_leave_the_server_usable(self, loopback: LoopbackServer, end: End) -> None:
        loopback.reply(Reply(before_head=end.value), Reply(status=204, ending="close"))
        with connect(loopback) as client:
            client.sendall(GET)
            loopback.wait_requests(1)

        assert exchange(loopback).startswith(b"HTTP/1.1 204 No Content")


class TestHangups:
    async def test_record_when_and_how_much_was_sent(
        self, loopback: LoopbackServer, session: aiohttp.ClientSession
    ) -> None:
        before = time.monotonic()
        loopback.reply(Reply.sse(STREAM, ending="stall"))
        async with session.get(loopback.url) as response:
            assert await response.content.readexactly(len(STREAM)) == STREAM
        hangup = await asyncio.to_thread(loopback.wait_hangup)

        assert before <= hangup.at <= time.monotonic()
        assert hangup.sent > len(STREAM)

    @pytest.mark.parametrize("pause", [threading.Event(), 60.0])
    def test_end_a_pause(self, loopback: LoopbackServer, pause: threading.Event | float) -> None:
        loopback.reply(Reply.sse(STREAM, pauses=(pause,)))
        with connect(loopback) as client:
            client.sendall(GET)
            head = read_until(client, b"\r\n\r\n")

        assert loopback.wait_hangup().sent == len(head)

    def test_end_an_endless_reply(self, loopback: LoopbackServer) -> None:
        @frozen
        class Endless:
            def steps(self) -> Iterator[Step]:
                yield b"HTTP/1.1 200 OK\r\n\r\n"
                while True:
                    yield b": ping\n\n"

        loopback.reply(Endless())
        with connect(loopback) as client:
            client.sendall(GET)
            read_until(client, b": ping\n\n: ping\n\n")

        assert loopback.wait_hangup().sent >= 16

    def test_end_a_write_that_is_not_read(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"x" * 30_000_000))
        with connect(loopback) as client:
            client.sendall(GET)
            read_until(client, b"xxx")

        assert loopback.wait_hangup().sent == 0

    def test_are_not_recorded_between_two_requests_or_within_one(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(body=b"x"))
        with connect(loopback) as client:
            client.sendall(GET)
            read_until(client, b"\r\n\r\nx")
            client.sendall(GET[:10])
        loopback.reply(Reply(ending="close"))
        exchange(loopback)

        assert loopback.hangups == []


class TestEnd:
    def test_is_at_once_with_connections_open(self) -> None:
        server = LoopbackServer(Reply(before_head="hang"))
        with server:
            idle, waiting = connect(server), connect(server)
            waiting.sendall(GET)
            server.wait_requests(1)
        with idle, waiting:
            assert server.hangups == []
            for client in (idle, waiting):
                assert client.recv(1) == b""

    def test_is_silent_in_developer_mode(self) -> None:
        program = (
            "import socket\n"
            "from dragoman.testing.loopback import LoopbackServer\n"
            "from dragoman.testing.reply import Reply\n"
            "with LoopbackServer(Reply.sse(b'data: x\\n\\n', ending='stall')) as server:\n"
            "    for _ in range(3):\n"
            "        with socket.create_connection(('127.0.0.1', server.port)) as client:\n"
            "            client.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')\n"
            "            client.recv(100)\n"
            "    server.wait_hangup(3)\n"
            "    with socket.create_connection(('127.0.0.1', server.port)) as client:\n"
            "        client.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n')\n"
            "        server.wait_requests(4)\n"
        )
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "error", "-c", program], capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
