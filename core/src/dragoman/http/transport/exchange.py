"""One request and its reply, on a connection of aiohttp's pool.

aiohttp opens the connection, keeps it, writes and reads HTTP on it. What its client session does beside that (cookies,
redirects, decompression, traces) no provider needs, and it costs more than all the rest: the session is left out, as
docs/explanation/decisions/0009-without-a-client-session.md says.
"""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from aiohttp.http_writer import StreamWriter
from yarl import URL

from dragoman.http.transport.connection import ClientProtocol, Reuse, StaleConnectionError, protocol_of
from dragoman.http.transport.proxy import Proxy
from dragoman.http.wire import HttpRequest
from dragoman.spec.secret import reveal

_SWITCHING = 101
"""After this, a connection does not speak HTTP any more."""
_INTERIM = frozenset(range(100, 200)) - {_SWITCHING}  # which is the last that is said in HTTP
_MOST_INTERIM = 32
"""How many interim replies a server may send; real ones send one or two."""
_UNASKED = ("accept", "user-agent")
_ASKED = {"accept-encoding": "identity"}


def route_to(url: str, proxy: Proxy | None, loop: asyncio.AbstractEventLoop) -> aiohttp.ClientRequest:
    """Return what the pool finds or opens a connection by, and what every request there has in common.

    Args:
        url: the whole address, with nothing in it that is still to be quoted.
        proxy: the proxy, if there is one.
        loop: the running loop.

    Raises:
        ValueError: if *url* is no address.

    """
    through, asks = None, None
    if proxy is not None:
        through = URL(proxy.url)
        if proxy.authorization is not None:
            asks = aiohttp.BasicAuth.decode(proxy.authorization.reveal(), "utf-8")
    return aiohttp.ClientRequest(
        "GET",
        URL(url, encoded=True),
        headers=_ASKED,
        skip_auto_headers=_UNASKED,
        loop=loop,
        proxy=through,
        proxy_auth=asks,
    )


class ClientClosedError(aiohttp.ClientConnectionError):
    """Report that the client was closed while the exchange went on."""


class IdleConnectionLostError(aiohttp.ClientConnectionError):
    """Report that a connection which had served before was lost before the reply began."""


class Exchange:
    """Send one request and hold its connection until the reply has been read.

    Args:
        connection: taken from the pool.
        loop: the running loop.
        reuse: whether the server lets its connections serve again.

    Attributes:
        status: the HTTP status, 0 before the head of the reply has come.
        headers: names in lower case.
        content: where the body arrives.

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
            route: where it goes.
            first_byte: seconds from the end of the request to the head of the reply; ``None`` for no limit.
            deadline: when the reply must have arrived, on the clock of the loop; ``None`` for never.

        Raises:
            StaleConnectionError: if the connection cannot serve any more, and the request did not reach its server.

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
            self._expire()  # it rang in the turn of the loop in which the head came, when there was no body to end

    async def _head(self) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
        """Return the head of the final reply, and where its body arrives."""
        protocol = self._protocol
        message, content = await protocol.read()
        interim = 0
        while message.code in _INTERIM:
            interim += 1
            if interim > _MOST_INTERIM:
                raise HttpProcessingError(message="too many interim replies")
            protocol.start_timeout()  # an interim reply has stopped the clock
            message, content = await protocol.read()
        return message, content

    async def _send(self, request: HttpRequest, route: aiohttp.ClientRequest) -> None:
        """Hand over the whole request; what the network does not take at once goes out while the reply is awaited."""
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
        failed = sending.cancelled() or sending.exception() is not None  # whoever waits for the reply is told
        if self.is_open and not failed:
            self._protocol.start_timeout()

    def _expire(self) -> None:
        self._alarm = None
        if self.status and self.content.is_eof():
            return  # all has arrived
        late = TimeoutError()
        self._protocol.set_exception(late)
        self.content.set_exception(late)

    def allow_silence(self, seconds: float | None) -> None:
        """Limit the time between two pieces of the body that are still to come."""
        if self._protocol.is_connected():
            self._protocol.read_timeout = seconds
            self._protocol.start_timeout()

    @property
    def is_reused(self) -> bool:
        """Return whether the connection has served before."""
        return self._protocol.is_reused

    @property
    def is_open(self) -> bool:
        """Return whether the connection has not been given back yet."""
        return self._connection is not None

    def close(self, *, abandoned: bool = False) -> None:
        """Give the connection back, to serve again if nothing is left to come or to go out.

        Args:
            abandoned: whether the client is closed, which whoever still waits for the reply is told.

        """
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        protocol, transport = self._protocol, connection.transport
        if transport is not None and transport.get_write_buffer_size():
            transport.abort()  # else it would stay until a server that does not listen has taken everything
        elif self.status not in {0, _SWITCHING} and self.content.is_eof() and protocol.end():
            if self._reuse.allow():
                connection.release()
            else:
                connection.close()
            return
        # Whoever waits for the head or for the next piece would wait for ever.
        closed = ClientClosedError("the client was closed") if abandoned else aiohttp.ClientConnectionError("hung up")
        self.content.set_exception(closed)
        if not self.status:
            protocol.set_exception(closed)
        connection.close()
