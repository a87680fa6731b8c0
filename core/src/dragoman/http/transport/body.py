"""The reply to a request while its body arrives, decompressed where it has to be."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

import aiohttp

from dragoman.http.transport.exchange import Exchange
from dragoman.http.transport.failures import CLOSED, translate_errors
from dragoman.http.transport.sessions import Session
from dragoman.spec.errors import ProtocolError, RedirectError, ResponseTooLargeError, StreamInterruptedError

_DRAIN_SECONDS = 0.1
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN = frozenset({"", "identity"})
_ENCODINGS = _PLAIN | {"gzip", "x-gzip", "deflate"}
_EXPANSION = 128
"""How many times its size a compressed reply may grow to: recorded streams come to 47 at most, bombs to 1,000."""
_ALWAYS = 1 << 20
"""How many bytes a compressed reply may have in any case."""


class _Unzip(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class AioHttpStream:
    """Read the body of a reply piece by piece.

    Args:
        exchange: the exchange, from the head of the reply on.
        session: what it belongs to.
        limit: the most bytes that the body may have, decompressed.
        idle: seconds that may pass between two pieces; ``None`` for no limit.

    """

    __slots__ = (
        "_allowed",
        "_began",
        "_complete",
        "_content",
        "_encoding",
        "_exchange",
        "_idle",
        "_left",
        "_limit",
        "_session",
        "_unzip",
        "headers",
        "sent",
        "status",
    )
    sent: Mapping[str, str]

    def __init__(self, exchange: Exchange, session: Session, limit: int, idle: float | None) -> None:
        self.status = exchange.status
        self.headers: Mapping[str, str] = exchange.headers
        self._exchange = exchange
        self._session = session
        self._content = exchange.content
        self._limit = limit
        self._left = limit
        self._allowed = _ALWAYS
        self._idle = idle
        self._complete = False
        self._began = False
        encoding = self.headers.get("content-encoding")
        self._encoding = encoding.strip().lower() if encoding else ""
        self._unzip: _Unzip | None = None

    def __del__(self) -> None:
        # Nobody left the block. The session holds the exchange, so the collector alone would never give it back.
        if self._exchange.is_open:
            self._session.hang_up_later(self._exchange)

    def check(self) -> None:
        """Hang up on a reply that nobody can use.

        Raises:
            RedirectError: if the server redirects.
            ProtocolError: if the body is compressed in a way that was not asked for.

        """
        if self.status in _REDIRECTS:
            self.end()
            raise _redirected(self.status, self.headers)
        if self._encoding not in _ENCODINGS and self.status >= 400:  # noqa: PLR2004  # the status says enough
            self._encoding = ""
        if self._encoding not in _ENCODINGS:
            self.end()
            message = f"the reply is compressed as {self._encoding!r}, which was not asked for"
            raise ProtocolError(message, status=self.status, phase="decode")

    def hang_up(self) -> None:
        """Close the reply, wherever this is called; its connection serves again if it is at its end."""
        self._session.hang_up(self._exchange)

    def end(self) -> None:
        """Close the reply in the loop where it began."""
        self._session.end(self._exchange)

    async def piece(self) -> bytes:
        """Return the next bytes, as many as have arrived; none at the end.

        Raises:
            ConfigurationError: if it has to be waited for in another event loop or process than the one where the
                reply began.

        """
        content = self._content
        while True:
            failure = content.exception()
            if failure is None and content.is_eof():
                data = content.read_nowait()  # all there is has arrived
            else:
                self._session.check_here()
                if not self._began:
                    self._began = True
                    self._exchange.allow_silence(self._idle)  # in place of the time allowed for the first piece
                data = await translate_errors(content.readany() if failure is None else self._arrived(failure), "idle")
            if self._encoding not in _PLAIN:
                ended = not data
                data = self._closed() if ended else self._decompressed(data)
                if not data and not ended:
                    continue
            self._left -= len(data)
            if self._left < 0:
                message = f"the reply is larger than {self._limit} bytes; if that is expected, raise max_reply_bytes"
                raise ResponseTooLargeError(message, status=self.status)
            return data

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
        self._allowed += _EXPANSION * len(data)
        try:
            whole = self._unzip.decompress(data, min(self._left, self._allowed) + 1)
        except zlib.error as error:
            message = f"the compressed reply is broken: {error}"
            raise ProtocolError(message, status=self.status, phase="decode") from None
        self._allowed -= len(whole)
        if self._allowed < 0:
            message = f"the reply is compressed to less than 1/{_EXPANSION} of its size, which was not asked for"
            raise ResponseTooLargeError(message, status=self.status)
        return whole

    async def read(self) -> bytes:
        """Return all the rest of the body."""
        pieces: list[bytes] = []
        try:
            while data := await self.piece():
                pieces.append(data)
                if self._content.at_eof() and self._encoding in _PLAIN:
                    break
        except StreamInterruptedError as error:
            if error.code == CLOSED:
                raise
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


def _redirected(status: int, headers: Mapping[str, str]) -> RedirectError:
    target = headers.get("location", "nowhere")
    where = target.partition("?")[0][:200]
    message = f"the server redirects to {where}; redirects are not followed. If that is right, set api_base to it"
    return RedirectError(message, status=status)
