"""One request and its reply, on a connection of aiohttp's pool.

aiohttp opens and pools the connection, and writes and parses HTTP on it. Its client session is not used: no provider
needs what it adds (cookies, redirects, decompression, tracing), and it costs more time than everything else. See
docs/explanation/decisions/0009-without-a-client-session.md.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.http_writer import StreamWriter
from yarl import URL

from dragoman.http.transport.connection import ClientProtocol, Reuse, StaleConnectionError, protocol_of
from dragoman.http.wire import HttpRequest
from dragoman.spec.secret import reveal

if TYPE_CHECKING:
    from dragoman.http.transport.proxy import Proxy

_SWITCHING = 101
"""The status after which a connection does not speak HTTP any more."""
_INTERIM = frozenset(range(100, 200)) - {_SWITCHING}  # no final reply follows a change of protocol
_MAX_INTERIM = 32
"""How many interim replies a server may send; real servers send one or two."""
_OMITTED_HEADERS = ("accept", "user-agent")
_COMMON_HEADERS = {"accept-encoding": "identity"}


def route_to(url: str, proxy: Proxy | None, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientRequest:
    """Return the request by which the pool finds or opens a connection, with the headers that all requests share.

    Args:
        url: the full URL, percent-encoded.
        proxy: the proxy, if there is one.
        loop: the running event loop.

    Raises:
        ValueError: if *url* is not a valid URL.

    """
    proxy_url, proxy_auth = None, None
    if proxy is not None:
        proxy_url = URL(proxy.url)
        if proxy.authorization is not None:
            proxy_auth = aiohttp.BasicAuth.decode(proxy.authorization.reveal(), "utf-8")
    return aiohttp.ClientRequest(
        "GET",
        URL(url, encoded=True),
        headers=_COMMON_HEADERS,
        skip_auto_headers=_OMITTED_HEADERS,
        loop=loop,
        proxy=proxy_url,
        proxy_auth=proxy_auth,
    )


class ClientClosedError(aiohttp.ClientConnectionError):
    """Report that the client was closed during the exchange."""


class NoFreeConnectionError(TimeoutError):
    """Report that all connections were in use until the deadline of the call."""


class IdleConnectionLostError(aiohttp.ClientConnectionError):
    """Report that a reused connection was lost before the reply began."""


class Exchange:
    """Send one request and hold its connection until the reply has been read.

    Args:
        connection: a connection from the pool.
        loop: the running event loop.
        reuse: the record of whether the server's connections can be reused.

    Attributes:
        status: the HTTP status, 0 before the head of the reply has arrived.
        headers: the headers of the reply, with names in lower case.
        content: the body of the reply.

    """

    __slots__ = ("_alarm", "_connection", "_loop", "_protocol", "_reuse", "_sending", "content", "headers", "status")
    headers: dict[str, str]

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop, reuse: Reuse) -> None:
        self._protocol: ClientProtocol = protocol_of(connection)
        self._reuse = reuse
        self._connection: Connection | None = connection
        self._loop = loop
        self._alarm: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self.status = 0
        self.content: aiohttp.StreamReader = aiohttp.EMPTY_PAYLOAD

    async def begin(
        self, request: HttpRequest, route: aiohttp.ClientRequest, *, first_byte: float | None, deadline: float | None
    ) -> None:
        """Send the request and wait for the head of the reply.

        Args:
            request: the request.
            route: the result of :func:`route_to` for its URL.
            first_byte: seconds from the end of the request to the head of the reply; ``None`` for no limit.
            deadline: when the reply must have arrived, on the clock of the loop; ``None`` for no limit.

        Raises:
            StaleConnectionError: if the connection was closed before the request reached the server.

        """
        protocol = self._protocol
        try:
            protocol.begin()
        except StaleConnectionError:
            self._reuse.failed()
            raise
        protocol.set_response_params(
            skip_payload=request.method == "HEAD", read_until_eof=True, auto_decompress=False, read_timeout=first_byte
        )
        if deadline is not None:
            self._alarm = self._loop.call_at(deadline, self._expire)
        try:
            await self._send(request, route)
            message, content = await self._head()
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if not protocol.is_reused:
                raise
            self._reuse.failed()
            lost = StaleConnectionError if protocol.is_untaken else IdleConnectionLostError
            raise lost(str(error)) from None
        if protocol.is_reused:
            self._reuse.succeeded()
        self.status, self.content = message.code, content
        self.headers = {name.lower(): value for name, value in message.headers.items()}
        if deadline is not None and self._alarm is None:
            self._expire()  # the timer ran in the same loop iteration as the head arrived, before there was a body

    async def _head(self) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        """Return the head of the final reply, and the reader of its body."""
        protocol = self._protocol
        message, content = await protocol.read()
        interim = 0
        while message.code in _INTERIM:
            interim += 1
            if interim > _MAX_INTERIM:
                raise HttpProcessingError(message="too many interim replies")
            protocol.start_timeout()  # the interim reply stopped the timer
            message, content = await protocol.read()
        return message, content

    async def _send(self, request: HttpRequest, route: aiohttp.ClientRequest) -> None:
        """Write the whole request; data that the network does not accept at once is sent while the reply is awaited."""
        protocol, body = self._protocol, request.body
        headers = route.headers.copy()
        for name, value in request.headers.items():
            headers[name] = reveal(value)
        url = route.url
        target = str(url) if route.proxy is not None and not route.is_ssl() else url.raw_path_qs
        writer = StreamWriter(protocol, self._loop)
        if body is not None:
            headers["content-length"] = str(len(body))
        await writer.write_headers(f"{request.method} {target} HTTP/1.1", headers)
        if body:
            await writer.write(body, drain=False)
        writer.set_eof()
        if protocol.writing_paused:
            self._sending = self._loop.create_task(writer.drain())
            self._sending.add_done_callback(self._sent)
        else:
            protocol.start_timeout()

    def _sent(self, sending: asyncio.Task[None]) -> None:
        failed = sending.cancelled() or sending.exception() is not None  # reading the reply raises the error
        if self.is_open and not failed:
            self._protocol.start_timeout()

    def _expire(self) -> None:
        self._alarm = None
        if self.status and self.content.is_eof():
            return  # the whole reply has arrived
        error = TimeoutError()
        self._protocol.set_exception(error)
        self.content.set_exception(error)

    def set_idle_timeout(self, seconds: float | None) -> None:
        """Limit the time between two pieces of the rest of the body."""
        if self._protocol.is_connected():
            self._protocol.read_timeout = seconds
            self._protocol.start_timeout()

    @property
    def is_reused(self) -> bool:
        """Return whether the connection has carried a request before."""
        return self._protocol.is_reused

    @property
    def is_open(self) -> bool:
        """Return whether the exchange still holds its connection."""
        return self._connection is not None

    def release(self, *, client_closed: bool = False) -> None:
        """Give the connection back to the pool if the request and the reply are complete; close it otherwise.

        Args:
            client_closed: whether tasks that still wait for the reply get a :class:`ClientClosedError`.

        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        protocol, transport = self._protocol, connection.transport
        if transport is not None and transport.get_write_buffer_size():
            transport.abort()  # close() would wait until the server has read everything, which it may never do
        elif self.status not in {0, _SWITCHING} and self.content.is_eof() and protocol.release():
            if self._reuse.allow():
                connection.release()
            else:
                connection.close()
            return
        # Without an exception, a task that waits for the head or for the next piece would wait forever.
        error = (
            ClientClosedError("the client was closed")
            if client_closed
            else aiohttp.ClientConnectionError("the connection was closed by this program")
        )
        self.content.set_exception(error)
        if not self.status:
            protocol.set_exception(error)
        connection.close()
