"""Connections that serve one request at a time, in a pool of aiohttp.

What keeps a reply from reaching the wrong caller stands here: a connection serves again only if the reply before it
ended exactly where it said, if nothing has arrived since, and if its server has not closed it.
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
"""The releases of aiohttp that the safeguards were tested with."""

_GRACE = 0.001
_REFUSALS = 50
"""How many connections serve once after a server has closed one that was to serve again."""
_INTERNALS = (
    *("should_close", "force_close", "is_connected", "set_response_params", "set_exception", "start_timeout"),
    *("read", "read_timeout", "writing_paused", "data_received", "connection_lost", "_parser"),
)
_ACKNOWLEDGED = struct.Struct("=120xQ")
"""Where Linux keeps ``tcpi_bytes_acked`` in its ``struct tcp_info`` (linux/tcp.h, since 4.1)."""


class StaleConnectionError(aiohttp.ClientConnectionError):
    """Report a connection that served before and can serve no more; the request did not reach its server."""


class ClientProtocol(ResponseHandler):
    """Read replies from one connection, each for the request that was sent last.

    Attributes:
        is_reused: whether it has served before.
        is_untaken: whether it was lost before its server had received a byte of the request.

    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.is_reused = False
        self.is_untaken = False
        self._serves = True  # from the start, since a proxy answers before the first request
        self._is_silent = True
        self._acknowledged: int | None = None

    def begin(self) -> None:
        """Serve the next request.

        Raises:
            StaleConnectionError: if the connection was closed, or something has arrived that nobody asked for.

        """
        if self.is_reused:
            sock = None if self.transport is None else self.transport.get_extra_info("socket")
            if self.should_close or not self.is_connected() or _is_readable(sock):
                message = "the connection was closed while it was idle"
                raise StaleConnectionError(message)
            self._acknowledged = _acknowledged(sock)
            self._is_silent = True
        self._serves = True

    def end(self) -> bool:
        """Serve nobody until the next request; return whether the reply ended exactly where it said."""
        self._serves = False
        self.is_reused = True
        return not self.should_close and _is_between_replies(self._parser)

    def data_received(self, data: bytes) -> None:
        """Pass on what belongs to a reply; anything else ends the connection."""
        if self._serves:
            self._is_silent = False
            super().data_received(data)
        elif self.transport is not None:
            self.force_close()
            self.transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Note whether the request may have reached the server."""
        # A reset tells nothing: it may come from a server that read the request, before its system confirmed anything.
        if exc is None and self._serves and self.is_reused and self._is_silent and self.transport is not None:
            now = _acknowledged(self.transport.get_extra_info("socket"))
            self.is_untaken = now is not None and now == self._acknowledged
        super().connection_lost(exc)


class Reuse:
    """Know whether a server lets its connections serve again.

    Some close every connection after one reply, without a word; whoever sends at that moment loses the call. So the
    first connection that is to serve again is given a moment to be closed, and after a loss none serves again for a
    while.
    """

    __slots__ = ("_proven", "_refusals")

    def __init__(self) -> None:
        self._proven = False
        self._refusals = 0

    @property
    def pause(self) -> float:
        """Return the seconds to wait before a connection serves again."""
        return 0.0 if self._proven else _GRACE

    def allow(self) -> bool:
        """Return whether a connection may be kept after a reply."""
        if self._refusals:
            self._refusals -= 1
            return False
        return True

    def succeeded(self) -> None:
        """Note that a connection has served again."""
        self._proven = True

    def failed(self) -> None:
        """Note that a connection was lost, or found closed, when it was to serve again."""
        if not self._proven:
            self._refusals = _REFUSALS
        self._proven = False


class Connector(TunnellingConnector):
    """Open and keep connections that refuse what does not belong to a request.

    Args:
        ssl: what TLS connections are made with; ``True`` for the usual.

    Raises:
        ConfigurationError: if the installed aiohttp lacks what the safeguards are made of.

    """

    def __init__(self, *, ssl: SSLContext | Literal[True] = True) -> None:
        check_aiohttp()
        super().__init__(ssl=ssl)  # pyright: ignore[reportUnknownMemberType]  # aiohttp leaves a tuple open
        self._factory = cast("partial[ResponseHandler]", partial(ClientProtocol, asyncio.get_running_loop()))


def protocol_of(connection: aiohttp.connector.Connection) -> ClientProtocol:
    """Return the protocol of a connection that was taken from a :class:`Connector`.

    Raises:
        ConfigurationError: if aiohttp made another one, without safeguards.

    """
    protocol = connection.protocol
    if not isinstance(protocol, ClientProtocol):
        raise _untested()
    return protocol


@cache
def check_aiohttp() -> None:
    """Look once for everything that the safeguards are made of, below aiohttp's documented interfaces.

    Raises:
        ConfigurationError: if something is missing; the message names the releases that were tested.

    """
    if not all(hasattr(ResponseHandler, name) for name in _INTERNALS):
        raise _untested()


def _untested() -> ConfigurationError:
    message = (
        f"aiohttp {aiohttp.__version__} keeps its connections in another way than the releases that Dragoman was "
        f"tested with, {TESTED}; run: pip install 'aiohttp~=3.14.0'"
    )
    return ConfigurationError(message)


def _is_between_replies(parser: Any) -> bool:
    """Return whether *parser* has read whole replies and nothing of another one.

    The parser in C tells by ``feed_eof`` that a head has begun; the one in Python keeps what is left in two lists.
    """
    if getattr(parser, "_tail", None) or getattr(parser, "_lines", None):
        return False
    try:
        return parser is not None and parser.feed_eof() is None
    except Exception:  # noqa: BLE001  # whatever is wrong with what came after the reply
        return False


def _is_readable(sock: socket.socket | None) -> bool:
    """Return whether something has arrived that the loop has not read yet: bytes, or the end."""
    if sock is None:
        return False
    if not hasattr(select, "poll"):  # pragma: no cover - Windows
        return bool(select.select([sock], [], [], 0)[0])
    waiting = select.poll()
    waiting.register(sock, select.POLLIN)
    return bool(waiting.poll(0))


def _acknowledged(sock: socket.socket | None) -> int | None:
    """Return how many bytes the other side has confirmed to have received, where the system tells."""
    if sock is None or not hasattr(socket, "TCP_INFO"):
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED.size)
    except OSError:
        return None  # it is closed, as below TLS
    return _ACKNOWLEDGED.unpack(info)[0] if len(info) == _ACKNOWLEDGED.size else None
