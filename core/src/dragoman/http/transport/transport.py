"""The interface of a transport, three methods that do all the I/O, and its implementation with aiohttp.

Redirects are not followed, cookies and ``.netrc`` are not used, and compressed replies are not requested. Each event
loop has a session of its own (:mod:`dragoman.http.transport.sessions`), which is closed by :meth:`Transport.aclose` or
at the end of the loop.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from ssl import SSLContext
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol

from dragoman.http.redaction import redact_error
from dragoman.http.transport.body import AioHttpStream
from dragoman.http.transport.failures import refused_by_proxy, translate_errors
from dragoman.http.transport.sessions import Sessions
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec.errors import DragomanError
from dragoman.spec.provider import FIRST_BYTE, CallContext

if TYPE_CHECKING:
    from dragoman.http.transport.proxy import Proxy

MAX_REPLY_BYTES = 64 * 1024 * 1024
_PROXY_AUTHENTICATION_REQUIRED = 407
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_MIN_TOTAL = 0.001  # seconds; 0 would mean no limit


class HttpStream(Protocol):
    """Hold a reply whose body is still arriving."""

    status: int
    headers: Mapping[str, str]

    async def piece(self) -> bytes:
        """Return all bytes that have arrived, or wait for the next ones; empty bytes mean the end."""
        ...

    async def read(self) -> bytes:
        """Return the rest of the body."""
        ...

    def complete(self) -> None:
        """Declare that no more data is expected, so that the connection can be reused."""
        ...


class Transport(Protocol):
    """Send requests and receive their replies."""

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the complete reply.

        Raises:
            TransportError: if no complete reply arrived.

        """
        ...

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Send *request* and return a context manager for the reply while it arrives; leaving it closes the reply."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


def _choice(proxy: str | Literal[False] | None, *, trusted: bool) -> Callable[[str], Proxy | None]:
    """Return the function that chooses the proxy for a URL.

    Args:
        proxy: the URL of a proxy; ``False`` for none, ``None`` for the one in the environment.
        trusted: whether the environment is used.

    """

    def in_environment(url: str) -> Proxy | None:
        if not trusted or not any(name.lower().endswith(_PROXIES) for name in os.environ):
            return None
        from dragoman.http.transport.proxy import Proxies  # noqa: PLC0415  # most programs have no proxy

        return Proxies(environ=os.environ).of(url)

    if not isinstance(proxy, str):
        return in_environment if proxy is None else lambda _: None
    from dragoman.http.transport.proxy import Proxies, read_proxy  # noqa: PLC0415  # most programs have no proxy

    return Proxies(configured=read_proxy(proxy)).of


class AioHttpTransport:
    """Send requests with aiohttp.

    Args:
        max_reply_bytes: the maximum size of a reply, decompressed, in bytes.
        trust_env: whether to use ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``; by default they are
            used unless ``DRAGOMAN_TRUST_ENV=0`` is set.
        proxy: the URL of a proxy to use instead of the one in the environment; ``False`` for no proxy.
        tls: the context of TLS connections; ``None`` for the default.

    Raises:
        ConfigurationError: if *proxy* is not the URL of an HTTP proxy.

    """

    def __init__(
        self,
        *,
        max_reply_bytes: int = MAX_REPLY_BYTES,
        trust_env: bool | None = None,
        proxy: str | Literal[False] | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._limit = max_reply_bytes
        trusted = os.environ.get("DRAGOMAN_TRUST_ENV") != "0" if trust_env is None else trust_env
        self._sessions = Sessions(tls)
        self._proxy = lru_cache(maxsize=64)(_choice(proxy, trusted=trusted))

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the complete reply."""
        stream = await self.open(request, context)
        try:
            body = await stream.read()
            await stream.drain()
        finally:
            stream.release()
        asked = f"{request.method} {request.url}"
        return HttpReply(status=stream.status, headers=stream.headers, body=body, sent=stream.sent, asked=asked)

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Send *request* and return a context manager for the reply while it arrives."""
        return _StreamContext(self, request, context)

    async def open(self, request: HttpRequest, context: CallContext) -> AioHttpStream:
        """Send *request* and return the reply once its head has arrived; the caller must close it."""
        session = self._sessions.current() or await self._sessions.new()
        total, limits = context.remaining(), context.timeouts
        first_byte = limits.first_byte
        if total is not None:
            total = max(total, _MIN_TOTAL)
            if first_byte is not None and first_byte >= total:
                first_byte = None  # the timer of the whole call is enough
        proxy, headers = self._proxy(request.url), request.headers
        if proxy is not None:
            headers = {**headers, **proxy.headers}
        try:
            reply = session.exchange(request, proxy, connect=limits.connect, first_byte=first_byte, total=total)
            stream = AioHttpStream(await translate_errors(reply, "first_byte"), session, self._limit, limits.idle)
            context.observed[FIRST_BYTE] = context.clock.monotonic()
            stream.sent = headers
            stream.check()
            if proxy is not None and stream.status == _PROXY_AUTHENTICATION_REQUIRED:
                stream.release()
                raise refused_by_proxy(_PROXY_AUTHENTICATION_REQUIRED)
        except DragomanError as error:
            redact_error(error, headers)
            raise
        return stream

    async def aclose(self) -> None:
        """Close the connections of the running event loop; replies that are still being read end with an error."""
        await self._sessions.aclose()


class _StreamContext:
    """Send a request on entry, and close its reply on exit.

    This is not an async generator, because an event loop at its end closes generators in an arbitrary order.
    """

    __slots__ = ("_context", "_request", "_stream", "_transport")
    _stream: AioHttpStream

    def __init__(self, transport: AioHttpTransport, request: HttpRequest, context: CallContext) -> None:
        self._transport = transport
        self._request = request
        self._context = context

    async def __aenter__(self) -> HttpStream:
        request = self._request
        del self._request  # so that its body is not kept in memory until the end of the reply
        self._stream = await self._transport.open(request, self._context)
        return self._stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._stream.drain()
        finally:
            self._stream.close()
