"""All the I/O there is: three methods, on aiohttp.

Redirects are not followed, cookies and ``.netrc`` not used, compressed replies not asked for. One session serves one
event loop; it is closed by :meth:`Transport.aclose`, or with its loop.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.request
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Protocol
from weakref import WeakKeyDictionary

import aiohttp
from yarl import URL

from dragoman.errors import (
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    ProtocolError,
    RedirectError,
    RequestTimeoutError,
    ResponseTooLargeError,
    StreamInterruptedError,
)
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.provider import CallContext
from dragoman.secret import reveal

MAX_REPLY_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 0.1
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()
        self._keepers: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = WeakKeyDictionary()

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the whole reply."""
        async with self.stream(request, context) as stream:
            body = await stream.read()
            return HttpReply(status=stream.status, headers=stream.headers, body=body)

    @asynccontextmanager
    async def stream(self, request: HttpRequest, context: CallContext) -> AsyncIterator[HttpStream]:
        """Send *request* and hand over the reply while it arrives."""
        session = await self._session()
        timeouts = context.timeouts
        limits = aiohttp.ClientTimeout(
            total=context.remaining(), sock_connect=timeouts.connect, sock_read=timeouts.first_byte
        )
        with _mapped("first_byte"):
            response = await session.request(
                request.method,
                _url(request.url),
                data=request.body,
                headers={name: reveal(value) for name, value in request.headers.items()},
                allow_redirects=False,
                timeout=limits,
                proxy=_proxy(request.url) if self._trust_env else None,
            )
        stream = _AioHttpStream(response, self._limit, timeouts.idle)
        try:
            if response.status in _REDIRECTS:
                raise _redirected(response)
            yield stream
            await stream.settle()
        finally:
            response.close()

    async def aclose(self) -> None:
        """Close the session of the running loop, and those whose loops are gone."""
        loop = asyncio.get_running_loop()
        keeper = self._keepers.pop(loop, None)
        self._sessions.pop(loop, None)
        if keeper is not None:
            await keeper.aclose()

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("user-agent", "accept"),
                headers={"accept-encoding": "identity"},
            )
            keeper = self._keepers[loop] = _keep(session)
            await anext(keeper)
        return session


async def _keep(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    """Close *session* when this generator is closed: by ``aclose``, or by the loop, which ends open generators last."""
    try:
        yield
    finally:
        await session.close()


class _AioHttpStream:
    """Read the body of a reply piece by piece."""

    def __init__(self, response: aiohttp.ClientResponse, limit: int, idle: float | None) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._content = response.content
        self._limit = limit
        self._left = limit
        self._idle = idle
        self._complete = False
        self._began = False
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        self._unzip = None if encoding in {"", "identity"} else _decompressor(encoding)

    async def piece(self) -> bytes:
        """Return the next bytes, as many as have arrived; none at the end."""
        if not self._began:
            self._began = True
            connection = self._response.connection
            if connection is not None and connection.protocol is not None:
                connection.protocol.read_timeout = self._idle
        data = await self._next()
        self._left -= len(data)
        if self._left < 0:
            message = f"the reply is larger than {self._limit} bytes"
            raise ResponseTooLargeError(message, status=self.status)
        return data

    async def _next(self) -> bytes:
        while True:
            with _mapped("idle"):
                data = await self._content.readany()
            if self._unzip is None or not data:
                return data
            try:
                plain = self._unzip.decompress(data, self._left + 1)
            except zlib.error as error:
                message = f"the compressed reply is broken: {error}"
                raise ProtocolError(message, status=self.status, phase="decode") from None
            if plain:
                return plain

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
        self._sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()
        self._keepers: WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = WeakKeyDictionary()

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the whole reply."""
        async with self.stream(request, context) as stream:
            body = await stream.read()
            return HttpReply(status=stream.status, headers=stream.headers, body=body)

    @asynccontextmanager
    async def stream(self, request: HttpRequest, context: CallContext) -> AsyncIterator[HttpStream]:
        """Send *request* and hand over the reply while it arrives."""
        session = await self._session()
        timeouts = context.timeouts
        limits = aiohttp.ClientTimeout(
            total=context.remaining(), sock_connect=timeouts.connect, sock_read=timeouts.first_byte
        )
        with _mapped("first_byte"):
            response = await session.request(
                request.method,
                _url(request.url),
                data=request.body,
                headers={name: reveal(value) for name, value in request.headers.items()},
                allow_redirects=False,
                timeout=limits,
                proxy=_proxy(request.url) if self._trust_env else None,
            )
        stream = _AioHttpStream(response, self._limit, timeouts.idle)
        try:
            if response.status in _REDIRECTS:
                raise _redirected(response)
            yield stream
            await stream.settle()
        finally:
            response.close()

    async def aclose(self) -> None:
        """Close the session of the running loop, and those whose loops are gone."""
        loop = asyncio.get_running_loop()
        keeper = self._keepers.pop(loop, None)
        self._sessions.pop(loop, None)
        if keeper is not None:
            await keeper.aclose()

    async def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        session = self._sessions.get(loop)
        if session is None or session.closed:
            session = self._sessions[loop] = aiohttp.ClientSession(
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("user-agent", "accept"),
                headers={"accept-encoding": "identity"},
            )
            keeper = self._keepers[loop] = _keep(session)
            await anext(keeper)
        return session


async def _keep(session: aiohttp.ClientSession) -> AsyncGenerator[None, None]:
    """Close *session* when this generator is closed: by ``aclose``, or by the loop, which ends open generators last."""
    try:
        yield
    finally:
        await session.close()


class _AioHttpStream:
    """Read the body of a reply piece by piece."""

    def __init__(self, response: aiohttp.ClientResponse, limit: int, idle: float | None) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._content = response.content
        self._limit = limit
        self._left = limit
        self._idle = idle
        self._complete = False
        self._began = False
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        self._unzip = None if encoding in {"", "identity"} else _decompressor(encoding)

    async def piece(self) -> bytes:
        """Return the next bytes, as many as have arrived; none at the end."""
        if not self._began:
            self._began = True
            connection = self._response.connection
            if connection is not None and connection.protocol is not None:
                connection.protocol.read_timeout = self._idle
        with _mapped("idle"):
            data = await self._content.readany()
        if self._unzip is not None:
            data = self._decompressed(data)
        self._left -= len(data)
        if self._left < 0:
            raise self._too_large()
        return data

    async def read(self) -> bytes:
        """Return all the rest of the body."""
        pieces: list[bytes] = []
        try:
            while data := await self.piece():
                pieces.append(data)
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
        if not self._complete or self._content.at_eof():
            return
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self._content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError):
            pass


def _decompressor(encoding: str) -> zlib._Decompress:
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        message = f"the reply is compressed as {encoding!r}, which was not asked for"
        raise ProtocolError(message)
    return zlib.decompressobj(wbits=47)


@lru_cache(maxsize=256)
def _url(text: str) -> URL:
    return URL(text, encoded=True)


@lru_cache(maxsize=256)
def _proxy(text: str) -> str | None:
    """Return the proxy that the environment names for this address."""
    url = URL(text, encoded=True)
    if not url.host or urllib.request.proxy_bypass_environment(url.host):
        return None
    return urllib.request.getproxies_environment().get(url.scheme)


def _redirected(response: aiohttp.ClientResponse) -> RedirectError:
    target = response.headers.get("location", "nowhere")
    where = target.partition("?")[0][:200]
    message = f"the server redirects to {where}; redirects are not followed. If that is right, set api_base to it"
    return RedirectError(message, status=response.status)


@contextmanager
def _mapped(phase: str) -> Iterator[None]:
    """Turn what aiohttp raises into our errors; the cause loses its traceback, whose frames hold plain headers."""
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, OSError, ssl.SSLError) as error:
        raise _translated(error, phase) from _bare(error)


def _bare(error: BaseException) -> BaseException:
    """Take from *error* what may hold a key: the frames it went through and the request it remembers."""
    for link in (error, error.__cause__, error.__context__):
        if link is not None:
            link.__traceback__ = None
            vars(link).pop("request_info", None)
            vars(link).pop("history", None)
    error.__cause__ = error.__context__ = None
    return error


def _translated(error: BaseException, phase: str) -> DragomanError:
    reason = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestTimeoutError("no connection within the time allowed for one (connect_timeout)", phase="connect")
    if isinstance(error, aiohttp.ServerTimeoutError):
        which = "first_byte_timeout" if phase == "first_byte" else "idle_timeout"
        return RequestTimeoutError(f"nothing arrived within the time allowed ({which})", phase=phase)
    if isinstance(error, TimeoutError):
        return RequestTimeoutError("the deadline of the call has passed (timeout)", phase="total", retryable=False)
    if isinstance(error, aiohttp.InvalidURL):
        return ConfigurationError(f"this is no address: {reason}", parameter="api_base")
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        return ConnectionFailedError("the proxy that the environment names failed", phase="connect", code="proxy")
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch | ssl.SSLError):
        message = f"no trusted TLS connection: {reason}. Check the host's name and the trust store (SSL_CERT_FILE)"
        return ConnectionFailedError(message, phase="connect", code="tls", retryable=False)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ConnectionFailedError(f"no connection: {reason}", phase="connect")
    if phase == "idle":
        return StreamInterruptedError(f"the connection was lost in the middle of the reply: {reason}", phase="mid_stream")
    return ConnectionFailedError(f"the connection was lost before the reply began: {reason}", phase=phase)
