"""A proxy and a server over TLS, built on raw streams, which record what they receive."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from attrs import define, field

from core.http.calls import whole


def _whole_reply(status: str = "200 OK", headers: str = "", body: bytes | None = None) -> bytes:
    content = json.dumps(whole()).encode() if body is None else body
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content


async def _head(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")


def _length(head: str) -> int:
    lengths = [line.partition(":")[2] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
    return int(lengths[0]) if lengths else 0


def header(head: str, name: str) -> str | None:
    """Return a header of a request."""
    found = [line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith(f"{name}:")]
    return found[0] if found else None


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def _served(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Handle each connection in a task that ends with the context manager."""
    tasks = list[asyncio.Task[None]]()

    async def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.ensure_future(_ending(serve, reader, writer)))

    async with await asyncio.start_server(begin, "127.0.0.1", 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ending(serve: Serve, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await serve(reader, writer)
    finally:
        writer.close()


@define
class Answering:
    """Answer each request; record the request heads and the client certificates."""

    port: int = 0
    heads: list[str] = field(factory=list)
    shown: list[object] = field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.shown.append(writer.get_extra_info("peercert"))
        while True:
            self.heads.append(await _head(reader))
            await reader.readexactly(_length(self.heads[-1]))
            writer.write(_whole_reply())


@asynccontextmanager
async def answering(context: ssl.SSLContext | None = None) -> AsyncIterator[Answering]:
    """Serve, over TLS if *context* is given."""
    made = Answering()
    async with _served(made.serve, context) as made.port:
        yield made


@define
class RawProxy:
    """Lead every tunnel to one port and answer every plain request itself; keep the heads that came.

    Attributes:
        target: the port behind all tunnels.
        says: what is answered to ``CONNECT``; nothing at all for ``None``.
        plain: what is answered to a plain request.

    """

    target: int = 0
    says: bytes | None = b"HTTP/1.1 200 OK\r\n\r\n"
    plain: bytes = field(factory=_whole_reply)
    port: int = 0
    heads: list[str] = field(factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await _head(reader)
            self.heads.append(head)
            if head.startswith("CONNECT"):
                return await self._tunnel(reader, writer)
            await reader.readexactly(_length(head))
            writer.write(self.plain.replace(b"{sent}", (header(head, "proxy-authorization") or "").encode()))

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = (header(self.heads[-1], "proxy-authorization") or "").encode()
        if self.says is not None:
            writer.write(self.says.replace(b"{sent}", sent))
        if self.says is None or not self.says.startswith(b"HTTP/1.1 200"):
            await reader.read()
            return
        behind, towards = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(_pump(reader, towards), _pump(behind, writer))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def proxying(**attributes: object) -> AsyncIterator[RawProxy]:
    made = RawProxy(**attributes)  # type: ignore[arg-type]
    async with _served(made.serve) as made.port:
        yield made
