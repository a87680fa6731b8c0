from __future__ import annotations

import asyncio
import gc
import gzip
import tracemalloc
import warnings
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest

from core.http.calls import HELLO, context, data
from core.http.faulty import NOWHERE, Forever, Say, refusing, unanswering, untrusted
from dragoman import (
    CallContext,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    ProtocolError,
    RedirectError,
    RequestTimeoutError,
    ResponseTooLargeError,
    StreamInterruptedError,
    Timeouts,
)
from dragoman.http import AioHttpTransport, HttpReply, HttpRequest
from dragoman.spec.secret import Secret
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

BODY = b'{"answer": 42}' * 50


async def send(url: str, within: CallContext | None = None, **fields: int) -> HttpReply:
    transport = AioHttpTransport(trust_env=False, max_reply_bytes=fields.pop("limit", 1 << 20))
    try:
        return await transport.send(HttpRequest(url=url, body=b"{}"), within or CallContext())
    finally:
        await transport.aclose()


async def pieces(url: str, within: CallContext | None = None) -> tuple[bytes, BaseException | None]:
    """Return what arrives of a streamed reply, and what ends it before its end."""
    transport, received = AioHttpTransport(trust_env=False), b""
    try:
        async with transport.stream(HttpRequest(url=url), within or CallContext()) as reply:
            while piece := await reply.piece():
                received += piece
    except DragomanError as error:
        return received, error
    finally:
        await transport.aclose()
    return received, None


class TestRequests:
    async def test_are_sent_as_they_are(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(status=202, headers={"X-Any": "y"}, body=b"z"))
        transport = AioHttpTransport(trust_env=False)
        headers = {"authorization": Secret("k").with_prefix("Bearer "), "x-a": "b"}
        asked = HttpRequest(method="PUT", url=f"{loopback.url}/a%2Fb?c=%20", headers=headers, body=b"body")
        reply = await transport.send(asked, CallContext())
        await transport.aclose()
        (received,) = loopback.requests
        assert (received.method, received.path, received.body) == ("PUT", "/a%2Fb?c=%20", b"body")
        assert received.headers["authorization"] == "Bearer k"
        assert received.headers["accept-encoding"] == "identity"
        assert not {"user-agent", "accept", "cookie"} & received.headers.keys()
        assert (reply.status, reply.headers["x-any"], reply.body) == (202, "y", b"z")

    async def test_keep_no_cookies(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(headers={"set-cookie": "a=b"}))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(2):
            await transport.send(HttpRequest(url=loopback.url), CallContext())
        await transport.aclose()
        assert "cookie" not in loopback.requests[1].headers


class TestConnections:
    async def test_serve_again(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(5):
            await transport.send(HttpRequest(url=loopback.url), CallContext())
        await transport.aclose()
        assert loopback.connections == 1

    async def test_serve_again_after_a_stream_that_said_it_was_over(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(HELLO, b": the rest\n\n", pauses=(0, 0.02)))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(3):
            async with transport.stream(HttpRequest(url=loopback.url), CallContext()) as reply:
                await reply.piece()
                reply.complete()
        await transport.aclose()
        assert loopback.connections == 1

    @pytest.mark.parametrize("ending", ["stall", "cut"])
    async def test_that_do_not_end_are_given_up(self, loopback: LoopbackServer, ending: str) -> None:
        loopback.always(Reply.sse(HELLO, ending=ending))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(2):
            async with transport.stream(HttpRequest(url=loopback.url), CallContext()) as reply:
                await reply.piece()
                reply.complete()
        await transport.aclose()
        assert loopback.connections == 2

    async def test_can_be_made_again_after_closing(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY))
        transport = AioHttpTransport(trust_env=False)
        await transport.aclose()
        for _ in range(2):
            assert (await transport.send(HttpRequest(url=loopback.url), CallContext())).body == BODY
            await transport.aclose()
        assert loopback.connections == 2

    def test_belong_to_their_loop(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY))
        transport = AioHttpTransport(trust_env=False)
        for _ in range(3):
            reply = asyncio.run(transport.send(HttpRequest(url=loopback.url), CallContext()))
            assert reply.body == BODY
        assert loopback.connections == 3

    async def test_of_a_forgotten_transport_are_closed_for_the_next(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY))
        transports = [AioHttpTransport(trust_env=False) for _ in range(2)]
        await transports[0].send(HttpRequest(url=loopback.url), CallContext())
        del transports[0]
        gc.collect()
        with warnings.catch_warnings(record=True) as caught:
            await transports[0].send(HttpRequest(url=loopback.url), CallContext())
            gc.collect()
        await transports[0].aclose()
        assert caught == []
        assert loopback.connections == 2


class TestFailures:
    async def test_nothing_listens(self) -> None:
        with refusing() as url, pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1") as caught:
            await send(url)
        assert (caught.value.phase, caught.value.retryable) == ("connect", True)
        assert "ClientConnectorError" in str(caught.value.__cause__)

    async def test_no_such_host(self) -> None:
        with pytest.raises(ConnectionFailedError, match="no connection") as caught:
            await send(NOWHERE)
        assert caught.value.phase == "connect"

    async def test_no_host_at_all(self) -> None:
        with pytest.raises(ConfigurationError, match="the URL is not valid"):
            await send("http://a..b/")

    async def test_a_certificate_that_nobody_signed(self, tmp_path: Path) -> None:
        async with untrusted(tmp_path) as url:
            with pytest.raises(ConnectionFailedError, match="SSL_CERT_FILE") as caught:
                await send(url)
        assert (caught.value.code, caught.value.retryable) == ("tls", False)

    @pytest.mark.parametrize("before_head", ["close", "reset"])
    async def test_no_reply(self, loopback: LoopbackServer, before_head: str) -> None:
        loopback.always(Reply(before_head=before_head))
        with pytest.raises(ConnectionFailedError, match="before the reply began") as caught:
            await send(loopback.url)
        assert (caught.value.phase, caught.value.retryable) == ("first_byte", True)

    async def test_no_http(self, loopback: LoopbackServer) -> None:
        loopback.always(Say((b"SSH-2.0-OpenSSH_9.9\r\n\r\n",)))
        with pytest.raises(ProtocolError, match="not valid HTTP"):
            await send(loopback.url)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_is_not_followed(self, loopback: LoopbackServer, status: int) -> None:
        with LoopbackServer(always=Reply()) as other:
            loopback.reply(Reply(status=status, headers={"location": f"{other.url}/x?key=hidden"}))
            with pytest.raises(RedirectError, match=f"{other.url}/x;") as caught:
                await send(loopback.url)
            assert other.requests == []
        assert (caught.value.status, caught.value.retryable) == (status, False)
        assert "hidden" not in str(caught.value)

    async def test_a_redirect_without_an_address(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(status=307))
        with pytest.raises(RedirectError, match="an unknown address"):
            await send(loopback.url)


class TestTime:
    async def test_to_connect(self) -> None:
        with unanswering() as url, pytest.raises(RequestTimeoutError, match="connect_timeout") as caught:
            await send(url, context(connect=0.05))
        assert (caught.value.phase, caught.value.retryable) == ("connect", True)

    async def test_in_all_ends_before_there_is_a_connection(self) -> None:
        deadline = CallContext().clock.monotonic() + 0.05
        with unanswering() as url, pytest.raises(RequestTimeoutError, match="deadline") as caught:
            await send(url, CallContext(deadline=deadline, timeouts=Timeouts(connect=None)))
        assert (caught.value.phase, caught.value.retryable) == ("total", False)

    async def test_to_the_first_byte(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(before_head="hang"))
        with pytest.raises(RequestTimeoutError, match="first_byte_timeout") as caught:
            await send(loopback.url, context(first_byte=0.05))
        assert (caught.value.phase, caught.value.retryable) == ("first_byte", True)

    async def test_between_two_pieces(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(HELLO, ending="stall"))
        received, error = await pieces(loopback.url, context(idle=0.05))
        assert received == HELLO
        assert isinstance(error, RequestTimeoutError)
        assert error.phase == "idle"

    async def test_between_the_head_and_the_first_piece(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(b"", ending="stall"))
        received, error = await pieces(loopback.url, context(first_byte=60, idle=0.05))
        assert (received, getattr(error, "phase", None)) == (b"", "idle")

    @pytest.mark.parametrize(
        "script",
        [
            Forever(b"HTTP/1.1 200 OK\r\n", b"x-drip: y\r\n", 0.01),
            Forever(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"3\r\n:\n\n\r\n", 0.01),
        ],
        ids=["head", "body"],
    )
    async def test_in_all_ends_a_trickle(self, loopback: LoopbackServer, script: Forever) -> None:
        loopback.always(script)
        deadline = CallContext().clock.monotonic() + 0.1
        with pytest.raises(RequestTimeoutError, match="deadline") as caught:
            await send(loopback.url, CallContext(deadline=deadline, timeouts=Timeouts()))
        assert (caught.value.phase, caught.value.retryable) == ("total", False)

    async def test_in_all_that_is_over_is_not_endless(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(before_head="hang"))
        with pytest.raises(RequestTimeoutError):
            await send(loopback.url, CallContext(deadline=0.0))


class TestBodies:
    @pytest.mark.parametrize("ending", ["cut", "reset"])
    async def test_that_are_cut_are_no_replies(self, loopback: LoopbackServer, ending: str) -> None:
        loopback.always(Reply(body=BODY, ending=ending))
        with pytest.raises(ProtocolError, match="before it was complete") as caught:
            await send(loopback.url)
        assert (caught.value.status, caught.value.phase) == (200, "decode")

    async def test_that_are_cut_give_what_arrived(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(data("x"), ending="cut"))
        received, error = await pieces(loopback.url)
        assert received == data("x")
        assert isinstance(error, StreamInterruptedError)
        assert error.phase == "mid_stream"

    async def test_shorter_than_declared(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY, headers={"content-length": str(len(BODY) + 9)}, ending="close"))
        with pytest.raises(ProtocolError, match="before it was complete"):
            await send(loopback.url)

    async def test_longer_than_declared(self, loopback: LoopbackServer) -> None:
        surplus = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong"  # is not a reply to the next request
        loopback.always(Reply(body=b"{}" + surplus, headers={"content-length": "2"}))
        transport, asked = AioHttpTransport(trust_env=False), HttpRequest(url=loopback.url)
        for _ in range(3):
            assert (await transport.send(asked, CallContext())).body == b"{}"
        await transport.aclose()
        assert loopback.connections == 3

    async def test_larger_than_the_limit(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=b"x" * 1001))
        assert (await send(loopback.url, limit=1001)).body == b"x" * 1001
        with pytest.raises(ResponseTooLargeError, match="1000 bytes"):
            await send(loopback.url, limit=1000)

    @pytest.mark.parametrize(
        ("encoding", "compress"),
        [
            ("gzip", gzip.compress),
            ("X-GZIP", gzip.compress),
            ("deflate", zlib.compress),
            ("deflate", lambda body: zlib.compress(body, wbits=-15)),
            ("identity", bytes),
            (" ", bytes),
        ],
        ids=["gzip", "x-gzip", "deflate", "bare deflate", "identity", "empty"],
    )
    @pytest.mark.parametrize("pause", [0, 0.02])
    async def test_that_come_compressed(
        self, loopback: LoopbackServer, encoding: str, compress: Callable[[bytes], bytes], pause: float
    ) -> None:
        loopback.always(
            Reply(body=compress(BODY), headers={"content-encoding": encoding}, framing=(7,), pauses=(0, pause))
        )
        assert (await send(loopback.url)).body == BODY

    async def test_compressed_in_a_way_nobody_asked_for(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=b"x", headers={"content-encoding": "br"}))
        with pytest.raises(ProtocolError, match="'br', which was not requested"):
            await send(loopback.url)

    async def test_compressed_and_cut_are_no_replies(self, loopback: LoopbackServer) -> None:
        for body in (gzip.compress(BODY)[:-9], b"\x1f", b""):
            loopback.reply(Reply(body=body, headers={"content-encoding": "gzip"}))
        for _ in range(2):
            with pytest.raises(ProtocolError, match="before it was complete"):
                await send(loopback.url)
        assert (await send(loopback.url)).body == b""

    async def test_that_only_say_they_are_compressed(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(body=BODY, headers={"content-encoding": "gzip"}))
        with pytest.raises(ProtocolError, match="compressed reply is broken"):
            await send(loopback.url)

    async def test_that_explode(self, loopback: LoopbackServer) -> None:
        bomb = gzip.compress(bytes(50_000_000))
        loopback.always(Reply(body=bomb, headers={"content-encoding": "gzip"}))
        tracemalloc.start()
        with pytest.raises(ResponseTooLargeError):
            await send(loopback.url, limit=100_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 5_000_000

    @pytest.mark.parametrize("size", [2_000_000, 60_000_000])
    async def test_that_explode_below_the_limit(self, loopback: LoopbackServer, size: int) -> None:
        loopback.always(Reply(body=gzip.compress(bytes(size)), headers={"content-encoding": "gzip"}))
        with pytest.raises(ResponseTooLargeError, match="compressed to less than 1/128"):
            await send(loopback.url, limit=size)

    async def test_that_are_streams_of_much_the_same_come_through(self, loopback: LoopbackServer) -> None:
        event = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":%d}]}\n\n'
        events = b"".join(event % number for number in range(50_000))
        assert 16 < len(events) / len(gzip.compress(events)) < 64
        loopback.always(Reply(body=gzip.compress(events), headers={"content-encoding": "gzip"}))
        assert (await send(loopback.url, limit=len(events))).body == events


class TestProxies:
    @pytest.fixture
    def proxied(self, loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> LoopbackServer:
        monkeypatch.setenv("http_proxy", f"http://user:pw4u@127.0.0.1:{loopback.port}")
        loopback.always(Reply(body=b"by the proxy"))
        return loopback

    async def ask(self, url: str, *, trust_env: bool | None = None) -> bytes:
        transport = AioHttpTransport(trust_env=trust_env)
        try:
            return (await transport.send(HttpRequest(url=url), CallContext())).body
        finally:
            await transport.aclose()

    async def test_of_the_environment_are_obeyed(self, proxied: LoopbackServer) -> None:
        assert await self.ask("http://far.test/obeyed") == b"by the proxy"
        assert proxied.requests[0].path == "http://far.test/obeyed"
        assert proxied.requests[0].headers["proxy-authorization"].startswith("Basic ")

    async def test_of_the_environment_can_be_ignored(
        self, proxied: LoopbackServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DRAGOMAN_TRUST_ENV", "0")
        with pytest.raises(ConnectionFailedError, match="no connection"):
            await self.ask(f"{NOWHERE}/ignored")
        assert await self.ask(f"{NOWHERE}/ignored", trust_env=True) == b"by the proxy"
        assert len(proxied.requests) == 1

    async def test_spare_what_no_proxy_names(self, proxied: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("no_proxy", f"far.test,{NOWHERE.removeprefix('http://')}:80")
        with pytest.raises(ConnectionFailedError, match="no connection"):
            await self.ask(f"{NOWHERE}/spared")
        assert proxied.requests == []

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    async def test_spare_this_machine(self, proxied: LoopbackServer, host: str) -> None:
        with LoopbackServer(always=Reply(body=b"itself")) as server:
            assert await self.ask(f"http://{host}:{server.port}/spared") == b"itself"
        assert proxied.requests == []

    async def test_that_fail_are_named_without_their_password(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with refusing() as url:
            monkeypatch.setenv("http_proxy", url.replace("://", "://user:pw4u@"))
            with pytest.raises(ConnectionFailedError, match="proxy") as caught:
                await self.ask("http://far.test/failed")
        assert caught.value.code == "proxy"
        assert "pw4u" not in repr((caught.value, caught.value.__cause__, caught.value.__context__))

    async def test_that_want_a_password(self, loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("https_proxy", loopback.url)
        loopback.always(Reply(status=407))
        with pytest.raises(ConnectionFailedError, match="proxy") as caught:
            await self.ask("https://far.test/tunnel")
        assert caught.value.code == "proxy"


class TestCancellation:
    """A cancelled call closes its connection at once, and its traceback contains nothing of the request."""

    async def cancelled(self, call: Awaitable[object], until: Callable[[], object]) -> asyncio.CancelledError:
        task = asyncio.ensure_future(call)
        await asyncio.to_thread(until)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    async def test_while_awaiting_the_head(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply(before_head="hang"))
        await self.cancelled(send(loopback.url), loopback.wait_requests)
        hangup = await asyncio.to_thread(loopback.wait_hangup)
        assert hangup.sent == 0

    async def test_in_the_middle_of_the_body(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(HELLO, ending="stall"))
        await self.cancelled(send(loopback.url), loopback.wait_requests)
        await asyncio.to_thread(loopback.wait_hangup)

    async def test_while_connecting(self) -> None:
        with unanswering() as url:
            await self.cancelled(send(url), lambda: None)

    async def test_leaves_the_others_alone(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply(before_head="hang"))
        loopback.always(Reply(body=BODY))
        transport = AioHttpTransport(trust_env=False)
        asked = HttpRequest(url=loopback.url)
        await self.cancelled(transport.send(asked, CallContext()), loopback.wait_requests)
        for _ in range(3):
            assert (await transport.send(asked, CallContext())).body == BODY
        await transport.aclose()


async def test_what_aiohttp_raises_is_not_reachable(loopback: LoopbackServer) -> None:
    loopback.always(Reply(before_head="close"))
    with pytest.raises(ConnectionFailedError) as caught:
        await send(loopback.url)
    assert type(caught.value.__cause__) is aiohttp.ClientError
    assert caught.value.__context__ is None


class TestClosing:
    async def test_ends_a_reply_whose_body_nobody_has_asked_for_yet(self, loopback: LoopbackServer) -> None:
        loopback.always(Reply.sse(b"data: 1\n\n", ending="stall"))
        transport = AioHttpTransport(trust_env=False)
        async with transport.stream(HttpRequest(url=loopback.url), CallContext()) as stream:
            await transport.aclose()
            assert await stream.piece()  # what had arrived
            with pytest.raises(StreamInterruptedError):
                await stream.piece()
