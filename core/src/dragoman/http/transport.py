"""All the I/O there is: three methods, on aiohttp.

Redirects are not followed, cookies and ``.netrc`` not used, compressed replies not asked for. One session serves one
event loop (:mod:`dragoman.http.sessions`); it is closed by :meth:`Transport.aclose`, or with its loop.
"""

from __future__ import annotations

import asyncio
import math
import os
import urllib.request
import zlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from functools import lru_cache
from types import TracebackType
from typing import Protocol

import aiohttp
from yarl import URL

from dragoman.errors import (
    DragomanError,
    ProtocolError,
    RedirectError,
    ResponseTooLargeError,
    StreamInterruptedError,
)
from dragoman.http.failures import conceal, told
from dragoman.http.sessions import Session, Sessions
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.provider import CallContext
from dragoman.secret import reveal

MAX_REPLY_BYTES = 64 * 1024 * 1024
_COARSE = 5.0  # seconds
_DRAIN_SECONDS = 0.1
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN = frozenset({"", "identity"})
_ENCODINGS = _PLAIN | {"gzip", "x-gzip", "deflate"}


class HttpStream(Protocol):
    """Hold a reply whose body is still arriving."""

    status: int
    headers: Mapping[str, str]

    async def piece(self) -> bytes:
        """Return the next bytes, as many as have arrived; none at the end."""
        ...

    async def read(self) -> bytes:
        """Return all the rest of the body."""
        ...

    def complete(self) -> None:
        """Say that nothing more is expected, so that the connection may serve again."""
        ...


class Transport(Protocol):
    """Carry requests to where they go and replies back."""

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the whole reply.

        Raises:
            TransportError: if no whole reply came.

        """
        ...

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Send *request* and hand over the reply while it arrives; leaving hangs up."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class AioHttpTransport:
    """Carry requests with aiohttp.

    Args:
        max_reply_bytes: the most bytes that a reply may have, decompressed.
        trust_env: whether ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` are obeyed; by default, unless
            ``DRAGOMAN_TRUST_ENV=0`` is set.

    """

    def __init__(self, *, max_reply_bytes: int = MAX_REPLY_BYTES, trust_env: bool | None = None) -> None:
        self._limit = max_reply_bytes
        self._trust_env = os.environ.get("DRAGOMAN_TRUST_ENV") != "0" if trust_env is None else trust_env
        self._sessions = Sessions()
        self._proxy = lru_cache(maxsize=64)(_proxy) if self._trust_env else _no_proxy

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the whole reply."""
        stream = await self.open(request, context)
        try:
            body = await stream.read()
            await stream.settle()
        finally:
            stream.hang_up()
        return HttpReply(status=stream.status, headers=stream.headers, body=body)

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Send *request* and hand over the reply while it arrives."""
        return _Exchange(self, request, context)

    async def open(self, request: HttpRequest, context: CallContext) -> AioHttpStream:
        """Send *request* and return the reply from its head on, which the caller closes."""
        session = self._sessions.known() or await self._sessions.new()
        response = None
        try:
            response = await told(
                session.client.request(
                    request.method,
                    _url(request.url),
                    data=request.body,
                    headers={name: reveal(value) for name, value in request.headers.items()},
                    allow_redirects=False,
                    timeout=_limits(context),
                    proxy=self._proxy(request.url),
                ),
                "first_byte",
            )
            if response.status in _REDIRECTS:
                raise _redirected(response)
            return AioHttpStream(response, session, self._limit, context.timeouts.idle)
        except DragomanError as error:
            if response is not None:
                response.close()
            conceal(error, request.headers)
            raise

    async def aclose(self) -> None:
        """Close the connections of the running loop; replies that are still read end with an error."""
        await self._sessions.aclose()


class _Exchange:
    """Hold one request and its reply: a class, since a loop that ends closes generators in any order."""

    __slots__ = ("_context", "_request", "_stream", "_transport")
    _stream: AioHttpStream

    def __init__(self, transport: AioHttpTransport, request: HttpRequest, context: CallContext) -> None:
        self._transport = transport
        self._request = request
        self._context = context

    async def __aenter__(self) -> HttpStream:
        request = self._request
        del self._request  # its body is not kept for as long as the answer takes
        self._stream = await self._transport.open(request, self._context)
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._stream.settle()
        finally:
            self._stream.hang_up()


class _Unzip(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class AioHttpStream:
    """Read the body of a reply piece by piece."""

    def __init__(self, response: aiohttp.ClientResponse, session: Session, limit: int, idle: float | None) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._session = session
        self._content = response.content
        self._limit = limit
        self._left = limit
        self._idle = idle
        self._complete = False
        self._began = False
        encoding = self.headers.get("content-encoding")
        self._encoding = encoding.strip().lower() if encoding else ""
        self._unzip: _Unzip | None = None
        if self._encoding not in _ENCODINGS:
            message = f"the reply is compressed as {self._encoding!r}, which was not asked for"
            raise ProtocolError(message, status=self.status, phase="decode")
        session.replies.add(response)

    def __del__(self) -> None:
        # Nobody left the block. The connection holds its reply, so the collector alone would never give it back.
        if not self._response.closed:
            self._session.hang_up_later(self._response)

    def hang_up(self) -> None:
        """Close the reply; its connection serves again if it is at its end."""
        self._session.hang_up(self._response)

    async def piece(self) -> bytes:
        """Return the next bytes, as many as have arrived; none at the end.

        Raises:
            ConfigurationError: in another event loop or process than the one where the reply began.

        """
        self._session.check_here()
        if not self._began:
            self._began = True
            if not self._content.is_eof():
                self._await_pieces()
        data = await self._next()
        self._left -= len(data)
        if self._left < 0:
            message = f"the reply is larger than {self._limit} bytes"
            raise ResponseTooLargeError(message, status=self.status)
        return data

    def _await_pieces(self) -> None:
        """Let the time allowed between two pieces take the place of that for the first."""
        connection = self._response.connection
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = self._idle
            connection.protocol.start_timeout()

    async def _next(self) -> bytes:
        while True:
            failure = self._content.exception()
            if failure is None and self._content.is_eof():
                data = self._content.read_nowait()  # all there is has arrived
            else:
                data = await told(self._content.readany() if failure is None else self._arrived(failure), "idle")
            if self._encoding in _PLAIN:
                return data
            if not data:
                return self._closed()
            plain = self._decompressed(data)
            if plain:
                return plain

    async def _arrived(self, failure: BaseException) -> bytes:
        """Return what arrived before the connection was lost: aiohttp raises first, and would drop it."""
        self._content.set_exception(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # as it was
        data = self._content.read_nowait()
        self._content.set_exception(failure)
        return data or await self._content.readany()

    def _closed(self) -> bytes:
        if self._unzip is not None and not self._unzip.eof:
            message = "the compressed reply ended before it was complete"
            raise StreamInterruptedError(message, status=self.status, phase="mid_stream")
        return b""

    def _decompressed(self, data: bytes) -> bytes:
        """Return *data* decompressed, no further than shows that it is too much."""
        if self._unzip is None:
            self._unzip = zlib.decompressobj(wbits=_window(self._encoding, data))
        try:
            return self._unzip.decompress(data, self._left + 1)
        except zlib.error as error:
            message = f"the compressed reply is broken: {error}"
            raise ProtocolError(message, status=self.status, phase="decode") from None

    async def read(self) -> bytes:
        """Return all the rest of the body."""
        pieces: list[bytes] = []
        try:
            while data := await self.piece():
                pieces.append(data)
                if self._content.at_eof() and self._encoding in _PLAIN:
                    break
        except StreamInterruptedError as error:
            message = "the reply ended before it was complete"
            raise ProtocolError(message, status=self.status, phase="decode") from error.__cause__
        self._complete = True
        return b"".join(pieces)

    def complete(self) -> None:
        """Say that nothing more is expected."""
        self._complete = True

    async def settle(self) -> None:
        """Wait a moment for the end of a complete body, so that the connection can serve again."""
        if not self._complete or self._content.at_eof() or not self._session.is_here:
            return
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self._content.readany():
                    pass


def _window(encoding: str, data: bytes) -> int:
    """Return how :mod:`zlib` reads *data*: some servers send "deflate" without the header that RFC 9110 wants."""
    bare = encoding == "deflate" and data[0] & 0x0F != zlib.DEFLATED
    return -zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32


def _limits(context: CallContext) -> aiohttp.ClientTimeout:
    remaining, first_byte = context.remaining(), context.timeouts.first_byte
    if remaining is not None:
        # aiohttp counts in whole seconds too where there are many; 0 would mean no limit.
        remaining = math.ceil(remaining) if remaining > _COARSE else max(remaining, 0.001)
        if first_byte is not None and first_byte >= remaining:
            first_byte = None  # one clock is enough
    return _timeout(remaining, context.timeouts.connect, first_byte)


@lru_cache(maxsize=64)
def _timeout(total: float | None, connect: float | None, first_byte: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total, sock_connect=connect, sock_read=first_byte)


@lru_cache(maxsize=256)
def _url(text: str) -> URL:
    return URL(text, encoded=True)


def _proxy(text: str) -> str | None:
    """Return the proxy that the environment names for this address."""
    url = URL(text, encoded=True)
    proxy = urllib.request.getproxies_environment().get(url.scheme)
    return None if proxy is None or urllib.request.proxy_bypass(url.authority) else proxy


def _no_proxy(_: str) -> None:
    return None


def _redirected(response: aiohttp.ClientResponse) -> RedirectError:
    target = response.headers.get("location", "nowhere")
    where = target.partition("?")[0][:200]
    message = f"the server redirects to {where}; redirects are not followed. If that is right, set api_base to it"
    return RedirectError(message, status=response.status)
