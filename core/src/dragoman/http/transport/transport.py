"""All the I/O there is: three methods, on aiohttp.

Redirects are not followed, cookies and ``.netrc`` not used, compressed replies not asked for. One session serves one
event loop (:mod:`dragoman.http.transport.sessions`); it is closed by :meth:`Transport.aclose`, or with its loop.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import lru_cache
from ssl import SSLContext
from types import TracebackType
from typing import Literal, Protocol

from dragoman.http.redaction import redact_error
from dragoman.http.transport.body import AioHttpStream
from dragoman.http.transport.failures import refused_by_proxy, translate_errors
from dragoman.http.transport.proxy import Proxies, read_proxy
from dragoman.http.transport.sessions import Sessions
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec.errors import DragomanError
from dragoman.spec.provider import CallContext

MAX_REPLY_BYTES = 64 * 1024 * 1024
_PROXY_WANTS_TO_KNOW = 407
_LEAST = 0.001  # seconds; none at all would mean that there is no limit


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
        trust_env: whether ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` are obeyed; by default,
            unless ``DRAGOMAN_TRUST_ENV=0`` is set.
        proxy: the address of a proxy to use in place of theirs, ``False`` for none.
        tls: what TLS connections are made with, if it is not the usual.

    Raises:
        ConfigurationError: if *proxy* is no address of an HTTP proxy.

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
        given = read_proxy(proxy) if isinstance(proxy, str) else proxy
        self._sessions = Sessions(tls)
        self._proxy = lru_cache(maxsize=64)(Proxies(given=given, environ=os.environ if trusted else {}).of)

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Send *request* and return the whole reply."""
        stream = await self.open(request, context)
        try:
            body = await stream.read()
            await stream.settle()
        finally:
            stream.end()
        return HttpReply(status=stream.status, headers=stream.headers, body=body, sent=stream.sent)

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Send *request* and hand over the reply while it arrives."""
        return _Call(self, request, context)

    async def open(self, request: HttpRequest, context: CallContext) -> AioHttpStream:
        """Send *request* and return the reply from its head on, which the caller closes."""
        session = self._sessions.known() or await self._sessions.new()
        total, limits = context.remaining(), context.timeouts
        first_byte = limits.first_byte
        if total is not None:
            total = max(total, _LEAST)
            if first_byte is not None and first_byte >= total:
                first_byte = None  # one clock is enough
        proxy, asked = self._proxy(request.url), request.headers
        if proxy is not None:
            asked = {**asked, **proxy.headers}
        try:
            sent = session.exchange(request, proxy, connect=limits.connect, first_byte=first_byte, total=total)
            stream = AioHttpStream(await translate_errors(sent, "first_byte"), session, self._limit, limits.idle)
            stream.sent = asked
            stream.check()
            if proxy is not None and stream.status == _PROXY_WANTS_TO_KNOW:
                stream.end()
                raise refused_by_proxy(_PROXY_WANTS_TO_KNOW)
        except DragomanError as error:
            redact_error(error, asked)
            raise
        return stream

    async def aclose(self) -> None:
        """Close the connections of the running loop; replies that are still read end with an error."""
        await self._sessions.aclose()


class _Call:
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
