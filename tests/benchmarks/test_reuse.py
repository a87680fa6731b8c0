"""What is costly is done once: a TLS handshake serves many calls and streams, and no call leaves anything behind."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any, Self

import pytest

from benchmarks.budget import ASKED, generate, stream
from benchmarks.memory import MemoryTransport
from dragoman import StreamingLLM
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from security.test_tls import certificate
from soak.echo import echo
from soak.figures import Figures

__all__ = ["certificate", "loopback"]


class Door:
    """Speak TLS before a server that does not, in a thread of its own.

    Args:
        port: where the server listens.
        context: the certificate.

    Attributes:
        handshakes: how many there were.
        url: the base URL.

    """

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self.handshakes = 0
        self._port = port
        self._context = context
        self._open: list[asyncio.Task[None]] = []
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._enter, "127.0.0.1", ssl=self._context)
        self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._listening.set()
        await self._stopping.wait()
        server.close()
        await asyncio.gather(*self._open)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.handshakes += 1
        self._open.append(asyncio.create_task(self._join(reader, writer)))

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(pass_on(reader, inner[1]), pass_on(inner[0], writer))


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all bytes, and the end."""
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@contextmanager
def behind(certificate: Path, server: LoopbackServer) -> Generator[Door]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with Door(server.port, context) as door:
        yield door


PREAMBLE = """
import asyncio, sys
from dragoman import LLM, LLMConfig, SyncLLM
config = LLMConfig("m", provider="openai_compatible", api_key="k", api_base=sys.argv[1], timeout=20)
async def call(llm, number):
    assert (await llm.generate(f"mark-{number}")).text == f"You asked mark-{number}."
async def stream(llm, number):
    async with llm.stream(f"mark-{number}") as events:
        assert (await events.collect()).text == f"You asked mark-{number}."
async def ask(*kinds):
    async with LLM(config) as llm:
        for number in range(20):
            await kinds[number % len(kinds)](llm, number)
"""
WAYS = {
    "calls": "asyncio.run(ask(call))",
    "streams": "asyncio.run(ask(stream))",
    "calls and streams by turns": "asyncio.run(ask(call, stream))",
    "calls without await": """
        with SyncLLM(config) as llm:
            for number in range(20):
                assert llm.completion(f"mark-{number}") == f"You asked mark-{number}."
    """,
}


def run(script: str, url: str, certificate: Path) -> None:
    """Run in another process: who is trusted is read when the HTTP client is imported."""
    environment = os.environ | {"SSL_CERT_FILE": str(certificate)}
    command = [sys.executable, "-c", PREAMBLE + dedent(script), url]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("way", WAYS)
def test_twenty_after_each_other_need_one_handshake(way: str, loopback: LoopbackServer, certificate: Path) -> None:
    loopback.always(echo)
    with behind(certificate, loopback) as door:
        run(WAYS[way], door.url, certificate)
    assert len(loopback.requests) == 20
    assert door.handshakes == 1


def test_a_refusal_does_not_cost_the_connection(loopback: LoopbackServer, certificate: Path) -> None:
    refusal = Reply.json({"error": {"message": "slower"}}, status=429, headers={"retry-after": "0"})
    loopback.reply(refusal, refusal)
    loopback.always(echo)
    with behind(certificate, loopback) as door:
        run("asyncio.run(ask(call))", door.url, certificate)
    assert len(loopback.requests) == 22
    assert door.handshakes == 1


def test_a_handshake_is_counted_for_each_client(loopback: LoopbackServer, certificate: Path) -> None:
    loopback.always(echo)
    with behind(certificate, loopback) as door:
        run("for _ in range(3): asyncio.run(ask(call))", door.url, certificate)
    assert door.handshakes == 3


@pytest.mark.parametrize("work", [generate, stream], ids=["calls", "streams"])
@pytest.mark.parametrize(("name", "times"), [("openai", 10_000), ("openai, Responses", 2_000), ("anthropic", 2_000)])
def test_thousands_after_each_other_leave_nothing(
    name: str, times: int, work: Callable[[StreamingLLM], Awaitable[None]]
) -> None:
    """Beside :mod:`soak`, whose test makes fewer calls, but over a network, with faults, and many at once."""

    async def run() -> list[Figures]:
        async with StreamingLLM(ASKED[name].config()) as llm:
            provider: Any = llm._model.ready()[0].provider  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # no public way leads there
            provider.transport = MemoryTransport(ASKED[name].server_dialect)
            figures: list[Figures] = []
            for count in (100, times):
                for _ in range(count):
                    await work(llm)
                llm.usage.total.cost()  # loads the price list, as the ledger of a long run does
                llm.usage.clear()  # it is there to keep what calls have used
                figures.append(Figures.now())
            return figures

    before, after = asyncio.run(run())
    assert after.objects - before.objects < 50
    assert after.blocks - before.blocks < 50
