"""The reply to a request while its body arrives, decompressed if it is compressed."""

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
"""The highest ratio of decompressed to compressed bytes: recorded streams reach 47 at most, zip bombs 1,000."""
_ALWAYS_ALLOWED = 1 << 20
"""How many decompressed bytes are accepted at any ratio."""


class _Unzip(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class AioHttpStream:
    """Read the body of a reply piece by piece.

    Args:
        exchange: an exchange whose reply has begun.
        session: the session that owns *exchange*.
        limit: the maximum size of the decompressed body, in bytes.
        idle: the maximum number of seconds between two pieces; ``None`` for no limit.

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
        self._allowed = _ALWAYS_ALLOWED
        self._idle = idle
        self._complete = False
        self._began = False
        encoding = self.headers.get("content-encoding")
        self._encoding = encoding.strip().lower() if encoding else ""
        self._unzip: _Unzip | None = None

    def __del__(self) -> None:
        # The caller never closed the stream. The session refers to the exchange, so it would never be collected.
        if self._exchange.is_open:
            self._session.release_threadsafe(self._exchange)

    def check(self) -> None:
        """Release a reply that cannot be used, and raise.

        Raises:
            RedirectError: if the server redirects.
            ProtocolError: if the body is compressed with an encoding that was not requested.

        """
        if self.status in _REDIRECTS:
            self.release()
            raise _redirect_error(self.status, self.headers)
        if self._encoding not in _ENCODINGS and self.status >= 400:  # noqa: PLR2004  # the status says enough
            self._encoding = ""
        if self._encoding not in _ENCODINGS:
            self.release()
            message = f"the reply is compressed as {self._encoding!r}, which was not requested"
            raise ProtocolError(message, status=self.status, phase="decode")

    def close(self) -> None:
        """Release the connection, from any thread or event loop."""
        if self._session.is_here:
            self.release()
        else:
            self._session.release_threadsafe(self._exchange)

    def release(self) -> None:
        """Give the connection back to the pool, in the event loop where the reply began."""
        self._session.release(self._exchange)

    async def piece(self) -> bytes:
        """Return all bytes that have arrived, or wait for the next ones; empty bytes mean the end.

        Raises:
            ConfigurationError: if it would have to wait in an event loop or process other than the one in which the
                reply began.

        """
        content = self._content
        while True:
            failure = content.exception()
            if failure is None and content.is_eof():
                data = content.read_nowait()  # the whole body has arrived
            else:
                self._session.check_here()
                if not self._began:
                    self._began = True
                    self._exchange.set_idle_timeout(self._idle)  # replaces the limit for the head of the reply
                received = content.readany() if failure is None else self._received_before(failure)
                data = await translate_errors(received, "idle")
            if self._encoding not in _PLAIN:
                ended = not data
                data = self._end_of_body() if ended else self._decompressed(data)
                if not data and not ended:
                    continue
            self._left -= len(data)
            if self._left < 0:
                message = f"the reply is larger than {self._limit} bytes; if that is expected, raise max_reply_bytes"
                raise ResponseTooLargeError(message, status=self.status)
            return data

    async def _received_before(self, failure: BaseException) -> bytes:
        """Return what arrived before the connection was lost, which aiohttp would discard by raising first."""
        self._content.set_exception(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # clears it
        data = self._content.read_nowait()
        self._content.set_exception(failure)
        return data or await self._content.readany()

    def _end_of_body(self) -> bytes:
        if self._unzip is not None and not self._unzip.eof:
            message = "the compressed reply ended before it was complete"
            raise StreamInterruptedError(message, status=self.status, phase="mid_stream")
        return b""

    def _decompressed(self, data: bytes) -> bytes:
        """Return *data* decompressed, at most one byte beyond the limit."""
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
            message = f"the reply is compressed to less than 1/{_EXPANSION} of its size, and was not read further"
            raise ResponseTooLargeError(message, status=self.status)
        return whole

    async def read(self) -> bytes:
        """Return the rest of the body."""
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
        """Declare that no more data is expected."""
        self._complete = True

    async def drain(self) -> None:
        """Wait up to 0.1 seconds for the end of a complete body, so that the connection can be reused."""
        if not self._complete or self._content.at_eof() or not self._session.is_here:
            return
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while await self._content.readany():
                    pass


def _window(encoding: str, data: bytes) -> int:
    """Return *wbits* for :mod:`zlib`: some servers send "deflate" without the zlib header that RFC 9110 requires."""
    bare = encoding == "deflate" and data[0] & 0x0F != zlib.DEFLATED
    return -zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32


def _redirect_error(status: int, headers: Mapping[str, str]) -> RedirectError:
    location = headers.get("location")
    target = "an unknown address" if location is None else location.partition("?")[0][:200]
    message = f"the server redirects to {target}; redirects are not followed. If it is correct, set api_base to it"
    return RedirectError(message, status=status)
