"""Faults of a real server as its client sees them: it is stopped or killed, before or while it answers.

The server is that of llama.cpp, in another process, with each of the three APIs that it supports.
"""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from core.scripted import FakeClock
from dragoman import (
    LLM,
    ConnectionFailedError,
    DragomanError,
    FinishReason,
    LLMConfig,
    RequestTimeoutError,
    Response,
    StreamInterruptedError,
    SyncLLM,
    TextDelta,
)
from dragoman_llamacpp.tiny_model import SENTENCE
from faults.clients import with_fake_clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.conftest import LlamaServer, StartLlamaServer

SOCKETS = Path("/proc/net/tcp")
pytestmark = pytest.mark.skipif(not SOCKETS.exists(), reason="this system does not list its sockets in /proc")

KEY = "sk-of-a-real-server/4f9c+never=shown"
TIME_LIMIT = 0.75  # seconds; more than a healthy server takes on a busy machine
DIALECTS: dict[str, dict[str, Any]] = {
    "chat": {"provider": "openai_compatible"},
    "responses": {"provider": "openai", "api": "responses"},
    "messages": {"provider": "anthropic"},
}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def config(server: LlamaServer, dialect: str, **more: Any) -> LLMConfig:
    """Return a configuration for long answers, with time limits that detect a fault soon."""
    limits = {"first_byte_timeout": TIME_LIMIT, "idle_timeout": TIME_LIMIT, "timeout": 20}
    settings: dict[str, Any] = {
        "api_key": KEY,
        "max_tokens": 2000,
        "temperature": 0,
        **limits,
        **DIALECTS[dialect],
        **more,
    }
    return LLMConfig(model=server.model, api_base=server.base, **settings)


async def answer(llm: LLM, *, streamed: bool) -> Response:
    if not streamed:
        return await llm.generate("Hello")
    async with llm.stream("Hello") as stream:
        return await stream.collect()


async def read_until_it_fails(llm: LLM, server: LlamaServer, how: signal.Signals) -> tuple[str, DragomanError]:
    """Stream, send a signal at the first piece of text, and return the text and the error at the end."""
    pieces: list[str] = []
    with pytest.raises(DragomanError) as caught:  # noqa: PT012  # raised while the stream is read
        async with llm.stream("Hello") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    if not pieces:
                        send_signal(server, how)
                    pieces.append(event.text)
    return "".join(pieces), caught.value


def send_signal(server: LlamaServer, how: signal.Signals) -> None:
    """Stop the server and wait until it has stopped, or kill it."""
    server.process.send_signal(how)
    if how == signal.SIGSTOP:  # its threads may stop a moment later
        os.waitid(os.P_PID, server.process.pid, os.WSTOPPED)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(condition):  # in a thread, so that the loop keeps running
            pass


async def wait_until_busy(server: LlamaServer) -> None:
    """Wait until the server generates an answer."""

    def busy() -> bool:
        request = Request(f"{server.url}/slots", headers={"authorization": f"Bearer {KEY}"})  # noqa: S310  # loopback
        with urlopen(request, timeout=10) as reply:  # noqa: S310  # loopback
            return any(slot["is_processing"] for slot in json.load(reply))

    await until(busy)


async def wait_until_unread(server: LlamaServer) -> None:
    """Wait until a stopped server has received a request that it has not read."""
    await until(lambda: any(each["local"] == server.port and each["unread"] for each in sockets()))


async def wait_until_disconnected(server: LlamaServer) -> None:
    """Wait until this process has no connection to the server; this takes at most a few iterations of the loop."""
    await until(lambda: not connected(server))


def connected(server: LlamaServer) -> bool:
    return any(each["remote"] == server.port and each["inode"] in open_inodes() for each in sockets())


def open_inodes() -> set[str]:
    """Return the inodes of the sockets that this process has open."""
    inodes = set[str]()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the descriptor of the listing itself is closed
            inodes.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    return inodes


def sockets() -> list[dict[str, Any]]:
    """Return the sockets of this machine; see https://docs.kernel.org/networking/proc_net_tcp.html."""
    rows = [line.split() for line in SOCKETS.read_text().splitlines()[1:]]
    return [
        {
            "local": int(row[1].rpartition(":")[2], 16),
            "remote": int(row[2].rpartition(":")[2], 16),
            "unread": int(row[4].rpartition(":")[2], 16),
            "inode": row[9],
        }
        for row in rows
    ]


def assert_no_key_in(error: DragomanError) -> None:
    """Check that the key is not in the text of an error, its traceback with local variables, or its pickle."""
    traces = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join((str(error), repr(error), *traces.format(), repr(pickle.dumps(error))))
    assert KEY not in shown
    assert KEY[:12] not in shown


async def check_new_server(llm: LLM, old: LlamaServer, start: StartLlamaServer, *, streamed: bool) -> None:
    """Replace the server by a new one on the same port, and call it through the same client."""
    old.process.kill()
    old.process.wait()
    start(api_key=KEY, port=old.port)
    assert (await answer(llm, streamed=streamed)).text == SENTENCE


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_stopped_server_does_not_block_its_client(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0)) as llm:
        assert (await answer(llm, streamed=False)).text == SENTENCE
        assert connected(server)  # the next call would use that connection
        send_signal(server, signal.SIGSTOP)
        with pytest.raises(RequestTimeoutError) as caught:
            await answer(llm, streamed=streamed)
        await wait_until_disconnected(server)
        await check_new_server(llm, server, start_llama_server, streamed=streamed)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    assert_no_key_in(caught.value)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_server_killed_before_it_answers_is_a_lost_connection(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0, first_byte_timeout=20)) as llm:
        send_signal(server, signal.SIGSTOP)
        task = asyncio.create_task(answer(llm, streamed=streamed))
        await wait_until_unread(server)
        server.process.kill()
        with pytest.raises(ConnectionFailedError) as caught:
            await task
        await wait_until_disconnected(server)
        await check_new_server(llm, server, start_llama_server, streamed=streamed)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    assert_no_key_in(caught.value)


@pytest.mark.parametrize(
    ("how", "kind"), [(signal.SIGSTOP, RequestTimeoutError), (signal.SIGKILL, ConnectionFailedError)]
)
async def test_a_server_stopped_or_killed_during_a_whole_answer(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError]
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0, first_byte_timeout=2 * TIME_LIMIT)) as llm:
        task = asyncio.create_task(answer(llm, streamed=False))
        await wait_until_busy(server)
        send_signal(server, how)
        with pytest.raises(kind) as caught:
            await task
        await wait_until_disconnected(server)
        await check_new_server(llm, server, start_llama_server, streamed=False)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    assert_no_key_in(caught.value)


@pytest.mark.parametrize(
    ("how", "kind", "phase"),
    [
        (signal.SIGSTOP, RequestTimeoutError, "idle"),
        (signal.SIGKILL, StreamInterruptedError, "mid_stream"),
    ],
)
async def test_a_server_stopped_or_killed_during_a_stream_leaves_a_partial_answer(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError], phase: str
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    async with LLM(config(server, dialect, num_retries=2)) as llm:  # an interrupted stream is not repeated
        text, error = await read_until_it_fails(llm, server, how)
        await wait_until_disconnected(server)
        await check_new_server(llm, server, start_llama_server, streamed=True)
    assert (type(error), error.phase) == (kind, phase)
    assert error.partial is not None
    assert error.partial.text == text != ""
    assert error.partial.finish.reason == FinishReason.INTERRUPTED
    assert len(error.partial.attempts) == 1
    assert_no_key_in(error)


class RestartingClock(FakeClock):
    """Start a new server on the port of a killed one while the client waits for its next attempt."""

    def __init__(self, start: StartLlamaServer, killed: LlamaServer) -> None:
        super().__init__()
        self._restart = lambda: start(api_key=KEY, port=killed.port)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._restart()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_another_attempt_reaches_the_server_that_was_started_in_the_meantime(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    clock = RestartingClock(start_llama_server, server)
    async with with_fake_clock(
        LLM(config(server, dialect, num_retries=2, first_byte_timeout=60, timeout=600)), clock
    ) as llm:
        send_signal(server, signal.SIGSTOP)
        task = asyncio.create_task(answer(llm, streamed=streamed))
        await wait_until_unread(server)
        server.process.kill()
        response = await task
    assert response.text == SENTENCE
    assert [each.error for each in response.attempts] == ["ConnectionFailedError", None]
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    ("how", "kind", "phase"),
    [
        (signal.SIGSTOP, RequestTimeoutError, "idle"),
        (signal.SIGKILL, StreamInterruptedError, "mid_stream"),
    ],
)
def test_a_server_stopped_or_killed_during_a_synchronous_stream(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError], phase: str
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    pieces: list[str] = []
    with SyncLLM(config(server, dialect)) as llm:
        with pytest.raises(kind) as caught, llm.stream("Hello") as stream:  # noqa: PT012  # raised while the stream is read
            for event in stream:
                if isinstance(event, TextDelta):
                    if not pieces:
                        send_signal(server, how)
                    pieces.append(event.text)
        server.process.kill()
        server.process.wait()
        start_llama_server(api_key=KEY, port=server.port)
        assert llm.generate("Hello").text == SENTENCE
    assert caught.value.phase == phase
    assert caught.value.partial is not None
    assert caught.value.partial.text == "".join(pieces) != ""
    assert_no_key_in(caught.value)
