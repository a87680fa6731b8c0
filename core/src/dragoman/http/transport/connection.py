"""Connections that carry one request at a time, in a connection pool of aiohttp.

This module prevents a reply from reaching the wrong caller: a connection is reused only if the previous reply ended
exactly where it declared, if no data has arrived since, and if the server has not closed the connection.
"""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from functools import cache, partial
from ssl import SSLContext
from typing import Any, Literal, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler

from dragoman.http.transport.tunnel import TunnellingConnector
from dragoman.spec.errors import ConfigurationError

TESTED = "3.14.0 to 3.14.5"
"""The releases of aiohttp that these safeguards were tested with."""

_GRACE = 0.001
"""Seconds to wait before the first reuse, in which a server may close the connection."""
_REFUSALS = 50
"""How many connections are used only once after a server has closed one that was about to be reused."""
_INTERNALS = (
    *("should_close", "force_close", "is_connected", "set_response_params", "set_exception", "start_timeout"),
    *("read", "read_timeout", "writing_paused", "data_received", "connection_lost", "_parser"),
)
_ACKNOWLEDGED = struct.Struct("=120xQ")
"""The position of ``tcpi_bytes_acked`` in Linux's ``struct tcp_info`` (linux/tcp.h, since Linux 4.1)."""


class StaleConnectionError(aiohttp.ClientConnectionError):
    """Report that a reused connection was closed; the request did not reach the server."""


class ClientProtocol(ResponseHandler):
    """Read replies from one connection, each for the latest request.

    Attributes:
        is_reused: whether the connection has carried a request before.
        is_untaken: whether the connection was lost before the server had received a byte of the request.

    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.is_reused = False
        self.is_untaken = False
        self._is_in_use = True  # initially, since a proxy answers before the first request
        self._is_silent = True
        self._acknowledged: int | None = None

    def begin(self) -> None:
        """Start the next request.

        Raises:
            StaleConnectionError: if the connection was closed, or unexpected data has arrived on it.

        """
        if self.is_reused:
            sock = None if self.transport is None else self.transport.get_extra_info("socket")
            if self.should_close or not self.is_connected() or _is_readable(sock):
                message = "the connection was closed while it was idle"
                raise StaleConnectionError(message)
            self._acknowledged = _acknowledged(sock)
            self._is_silent = True
        self._is_in_use = True

    def release(self) -> bool:
        """Accept no data until the next request; return whether the reply ended exactly where it declared."""
        self._is_in_use = False
        self.is_reused = True
        return not self.should_close and _is_between_replies(self._parser)

    def data_received(self, data: bytes) -> None:
        """Parse data that belongs to a reply; abort the connection on any other data."""
        if self._is_in_use:
            self._is_silent = False
            super().data_received(data)
        elif self.transport is not None:
            self.force_close()
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Record whether the request may have reached the server."""
        # A reset proves nothing: a server that has read the request may send one before its system acknowledges data.
        if exc is None and self._is_in_use and self.is_reused and self._is_silent and self.transport is not None:
            now = _acknowledged(self.transport.get_extra_info("socket"))
            self.is_untaken = now is not None and now == self._acknowledged
        super().connection_lost(exc)


class Reuse:
    """Record whether the connections of a server can be reused.

    Some servers close every connection after one reply without announcing it, and a request sent at that moment is
    lost. Therefore there is a short pause before the first reuse, and after a loss the next connections are not reused.
    """

    __slots__ = ("_proven", "_refusals")

    def __init__(self) -> None:
        self._proven = False
        self._refusals = 0

    @property
    def pause(self) -> float:
        """Return the seconds to wait before a connection is reused."""
        return 0.0 if self._proven else _GRACE

    def allow(self) -> bool:
        """Return whether to keep a connection after a reply."""
        if self._refusals:
            self._refusals -= 1
            return False
        return True

    def succeeded(self) -> None:
        """Record that a connection was reused."""
        self._proven = True

    def failed(self) -> None:
        """Record that a connection was lost, or found closed, when it was about to be reused."""
        if not self._proven:
            self._refusals = _REFUSALS
        self._proven = False


class Connector(TunnellingConnector):
    """Open and pool connections that reject data that does not belong to a request.

    Args:
        ssl: the context of TLS connections; ``True`` for the default.

    Raises:
        ConfigurationError: if the installed aiohttp lacks an internal that the safeguards need.

    """

    def __init__(self, *, ssl: SSLContext | Literal[True] = True) -> None:
        check_aiohttp()
        super().__init__(ssl=ssl)  # pyright: ignore[reportUnknownMemberType]  # aiohttp leaves a tuple open
        self._factory = cast("partial[ResponseHandler]", partial(ClientProtocol, asyncio.get_running_loop()))


def protocol_of(connection: aiohttp.connector.Connection) -> ClientProtocol:
    """Return the protocol of a connection from a :class:`Connector`.

    Raises:
        ConfigurationError: if aiohttp created a protocol of another class, without safeguards.

    """
    protocol = connection.protocol
    if not isinstance(protocol, ClientProtocol):
        raise _untested_release()
    return protocol


@cache
def check_aiohttp() -> None:
    """Check once that aiohttp has the undocumented attributes that the safeguards use.

    Raises:
        ConfigurationError: if one is missing; the message names the tested releases.

    """
    if not all(hasattr(ResponseHandler, name) for name in _INTERNALS):
        raise _untested_release()


def _untested_release() -> ConfigurationError:
    message = (
        f"aiohttp {aiohttp.__version__} manages its connections differently from the releases that Dragoman was "
        f"tested with, {TESTED}; run: pip install 'aiohttp~=3.14.0'"
    )
    return ConfigurationError(message)


def _is_between_replies(parser: Any) -> bool:
    """Return whether *parser* has read complete replies and no part of another one.

    The C parser raises in ``feed_eof`` if a head has begun; the Python parser keeps unparsed data in two attributes.
    """
    if getattr(parser, "_tail", None) or getattr(parser, "_lines", None):
        return False
    try:
        return parser is not None and parser.feed_eof() is None
    except Exception:  # noqa: BLE001  # the parser may raise anything for data that follows the reply
        return False


def _is_readable(sock: socket.socket | None) -> bool:
    """Return whether data, or the end of the connection, has arrived that the event loop has not read yet."""
    if sock is None:
        return False
    if not hasattr(select, "poll"):  # pragma: no cover - Windows
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _acknowledged(sock: socket.socket | None) -> int | None:
    """Return how many bytes the peer has acknowledged; ``None`` if the operating system does not report it."""
    if sock is None or not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.size)
    except OSError:
        return None  # the socket is closed, as it is after a lost TLS connection
    return _ACKNOWLEDGED.unpack(info)[0] if len(info) == _ACKNOWLEDGED.size else None
