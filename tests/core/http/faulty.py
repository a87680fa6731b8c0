"""Malformed replies for a loopback server, and addresses where no server replies properly."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from dragoman.testing.reply import Step

NOWHERE = "http://" + ".".join(["x" * 60] * 5)
"""An address too long for any resolver, which knows so without asking."""


@frozen
class Say:
    """Take these steps, whatever was asked."""

    script: tuple[Step, ...]

    def steps(self) -> Iterable[Step]:
        return self.script


@frozen
class Forever:
    """Say *first* once and *again* without end."""

    first: bytes
    again: bytes
    pause: float = 0.0

    def steps(self) -> Iterator[Step]:
        yield self.first
        while True:
            yield self.pause
            yield self.again


@contextmanager
def refusing() -> Iterator[str]:
    """Yield an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextmanager
def unanswering() -> Iterator[str]:
    """Yield an address where connections are never accepted, since the queue of them is full."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}"


@asynccontextmanager
async def untrusted(folder: Path) -> AsyncIterator[str]:
    """Yield the address of a server with a self-signed certificate."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and it is not there")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


NEVER = threading.Event()
"""An event that is never set: a pause until the client closes the connection."""
