"""The server side of a loopback connection: reads requests, runs scripts, and detects hang-ups."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from attrs import frozen

from dragoman.testing.reply import End, Hangup, Pause, Received, Script

__all__ = ["Connection", "Observer"]

_HEAD_LIMIT_BYTES = 1024 * 1024
_POLL_SECONDS = 0.002
_NO_LINGER = struct.pack("ii", 1, 0)


@frozen(kw_only=True)
class Observer:
    """Hold the callbacks of a connection.

    Args:
        opened: called when the client has connected.
        answer: called with each complete request; returns the script of the reply.
        hung_up: called if the client disconnects before the reply is complete.
        failed: called if a request cannot be parsed, or if a script raises an exception.
        closed: called when the connection is closed.

    """

    opened: Callable[[Connection], None]
    answer: Callable[[Received], Script]
    hung_up: Callable[[Hangup], None]
    failed: Callable[[Exception], None]
    closed: Callable[[Connection], None]


class Connection(asyncio.Protocol):
    """Serve one client.

    Args:
        number: the number of the connection.
        observer: the callbacks.

    """

    def __init__(self, number: int, observer: Observer) -> None:
        self._number = number
        self._observer = observer
        self._inbox = asyncio.StreamReader(limit=_HEAD_LIMIT_BYTES)
        self._disconnected = asyncio.Event()
        self._lost = asyncio.Event()
        self._disconnected_at = 0.0
        self._flushed = asyncio.Event()
        self._blocked = False
        self._sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start serving."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)  # a write is complete when the operating system has the data
        self._task = asyncio.get_running_loop().create_task(self._serve())
        self._observer.opened(self)

    def data_received(self, data: bytes) -> None:
        """Receive a part of a request."""
        self._inbox.feed_data(data)

    def eof_received(self) -> bool:
        """Record that the client has closed its side; pending writes continue."""
        self._disconnect()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # signature of asyncio
        """Record that the connection is closed."""
        self._disconnect()
        self._lost.set()
        self._observer.closed(self)

    def pause_writing(self) -> None:
        """Suspend further writes."""
        self._blocked = True
        self._flushed.clear()

    def resume_writing(self) -> None:
        """Resume writes."""
        self._blocked = False
        self._flushed.set()

    async def abort(self) -> None:
        """Drop the connection and wait until its socket is closed."""
        self._transport.abort()
        self._task.cancel()
        await asyncio.gather(self._task, self._lost.wait(), return_exceptions=True)

    def _disconnect(self) -> None:
        if not self._disconnected.is_set():
            self._disconnected_at = time.monotonic()
            self._disconnected.set()
            self._flushed.set()
            self._inbox.feed_eof()

    async def _serve(self) -> None:
        try:
            while await self._exchange():
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client disconnected between two requests or within a request
        except Exception as error:  # noqa: BLE001  # raised again when the server is stopped
            self._observer.failed(error)
        finally:
            self._transport.close()

    async def _exchange(self) -> bool:
        """Answer one request; return whether the connection stays open for another."""
        request, last = await self._read_request()
        script = self._observer.answer(request)
        self._sent = 0
        if await self._perform(script):
            return not last and not self._transport.is_closing()
        self._observer.hung_up(
            Hangup(request=request, connection=self._number, at=self._disconnected_at, sent=self._sent)
        )
        return False

    async def _perform(self, script: Script) -> bool:
        """Run the steps of *script*; return whether the client stayed connected to the end."""
        for step in script.steps():
            if self._disconnected.is_set():
                return False
            if isinstance(step, bytes):
                await self._write(step)
            elif isinstance(step, End):
                return await self._end(step)
            else:
                await self._pause(step)
        return not self._blocked

    async def _write(self, data: bytes) -> None:
        self._transport.write(data)
        if self._blocked:
            await self._flushed.wait()
        else:
            await asyncio.sleep(0)  # lets the event loop detect a hang-up even if the script never waits
        if not self._blocked:
            self._sent += len(data)

    async def _pause(self, pause: Pause) -> None:
        """Wait for *pause*, or until the client disconnects."""
        if isinstance(pause, threading.Event):
            # Polling, since waiting for an event of another thread would need a thread that cannot be cancelled.
            while not (pause.is_set() or self._disconnected.is_set()):  # noqa: ASYNC110  # set by another thread
                await asyncio.sleep(_POLL_SECONDS)
        elif pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._disconnected.wait(), pause)

    async def _end(self, end: End) -> bool:
        if end is End.HANG:
            await self._disconnected.wait()
            return False
        if end is End.RESET:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()
        self._transport.close()
        return not self._blocked

    async def _read_request(self) -> tuple[Received, bool]:
        """Return the next request, and whether it is the last one on this connection."""
        head = await self._inbox.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        method, path, version = first.split(" ")
        pairs = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        headers = {name.lower(): value for name, value in pairs}
        body = await self._read_body(headers)
        request = Received(
            method=method, path=path, raw_headers=pairs, body=body, at=time.monotonic(), connection=self._number
        )
        return request, version == "HTTP/1.0" or headers.get("connection", "").lower() == "close"

    async def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return await self._inbox.readexactly(int(headers.get("content-length", "0")))
        body = bytearray()
        while size := int((await self._inbox.readuntil(b"\r\n")).partition(b";")[0], 16):
            body += (await self._inbox.readexactly(size + 2))[:-2]
        while await self._inbox.readuntil(b"\r\n") != b"\r\n":
            pass  # skips trailers
        return bytes(body)
