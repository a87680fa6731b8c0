"""The server's side of one loopback connection: reads requests, takes the steps of scripts, notices hang-ups."""

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
    """Hold the functions that a connection calls.

    Args:
        opened: the client has connected.
        answer: a request is complete; returns what answers it.
        hung_up: the client hung up before its reply was over.
        failed: a request could not be read, or a script raised.
        closed: the connection is gone.

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
        observer: what is called when something happens.

    """

    def __init__(self, number: int, observer: Observer) -> None:
        self._number = number
        self._observer = observer
        self._inbox = asyncio.StreamReader(limit=_HEAD_LIMIT_BYTES)
        self._gone = asyncio.Event()
        self._lost = asyncio.Event()
        self._gone_at = 0.0
        self._flushed = asyncio.Event()
        self._blocked = False
        self._sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)  # so that "written" means: the operating system has it
        self._task = asyncio.get_running_loop().create_task(self._serve())
        self._observer.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        self._inbox.feed_data(data)

    def eof_received(self) -> bool:
        """Note that the client hangs up; what is still to be written decides for itself."""
        self._leave()
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        """Note that the connection is gone."""
        self._leave()
        self._lost.set()
        self._observer.closed(self)

    def pause_writing(self) -> None:
        """Wait with further writes."""
        self._blocked = True
        self._flushed.clear()

    def resume_writing(self) -> None:
        """Go on with writes."""
        self._blocked = False
        self._flushed.set()

    async def abort(self) -> None:
        """Drop the connection and wait until its socket is closed."""
        self._transport.abort()
        self._task.cancel()
        await asyncio.gather(self._task, self._lost.wait(), return_exceptions=True)

    def _leave(self) -> None:
        if not self._gone.is_set():
            self._gone_at = time.monotonic()
            self._gone.set()
            self._flushed.set()
            self._inbox.feed_eof()

    async def _serve(self) -> None:
        try:
            while await self._exchange():
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left between two requests, or within one
        except Exception as error:  # noqa: BLE001 - it is raised again where the server is left
            self._observer.failed(error)
        finally:
            self._transport.close()

    async def _exchange(self) -> bool:
        """Answer one request; return whether another may follow."""
        request, last = await self._read_request()
        script = self._observer.answer(request)
        self._sent = 0
        if await self._perform(script):
            return not last and not self._transport.is_closing()
        self._observer.hung_up(Hangup(request=request, connection=self._number, at=self._gone_at, sent=self._sent))
        return False

    async def _perform(self, script: Script) -> bool:
        """Take the steps of *script*; return whether the client stayed to the end."""
        for step in script.steps():
            if self._gone.is_set():
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
            await asyncio.sleep(0)  # lets the hang-up be seen also where nothing is ever waited for
        if not self._blocked:
            self._sent += len(data)

    async def _pause(self, pause: Pause) -> None:
        """Wait for *pause*, or until the client is gone."""
        if isinstance(pause, threading.Event):
            # Only polling waits for another thread without one more thread that cannot be cancelled.
            while not (pause.is_set() or self._gone.is_set()):  # noqa: ASYNC110 - see above
                await asyncio.sleep(_POLL_SECONDS)
        elif pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), pause)

    async def _end(self, end: End) -> bool:
        if end is End.HANG:
            await self._gone.wait()
            return False
        if end is End.RESET:
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self._transport.abort()
        self._transport.close()
        return not self._blocked

    async def _read_request(self) -> tuple[Received, bool]:
        """Return the next request, and whether its client wants no other after it."""
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
            pass  # a trailer
        return bytes(body)
