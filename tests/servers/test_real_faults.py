"""What befalls a real server, as a client of it sees that: it is stopped or killed, before it answers or while it does.

The server is llama.cpp's own, in a process of its own, asked in each of the three dialects that it speaks.
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
from faults.clients import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.conftest import LlamaServer, StartLlamaServer

SOCKETS = Path("/proc/net/tcp")
pytestmark = pytest.mark.skipif(not SOCKETS.exists(), reason="this system does not list its sockets in /proc")

KEY = "sk-of-a-real-server/4f9c+never=shown"
PATIENCE = 0.75  # seconds: more than a server in good health takes on a busy machine
DIALECTS: dict[str, dict[str, Any]] = {
    "chat": {"provider": "openai_compatible"},
    "responses": {"provider": "openai", "api": "responses"},
    "messages": {"provider": "anthropic"},
}


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return request.param


def config(server: LlamaServer, dialect: str, **more: Any) -> LLMConfig:
    """Return a configuration for long answers, with as much patience as a fault needs to be told."""
    limits = {"first_byte_timeout": PATIENCE, "idle_timeout": PATIENCE, "timeout": 20}
    given: dict[str, Any] = {
        "api_key": KEY,
        "max_tokens": 2000,
        "temperature": 0,
        **limits,
        **DIALECTS[dialect],
        **more,
    }
    return LLMConfig(model=server.model, api_base=server.base, **given)


async def answer(llm: LLM, *, streamed: bool) -> Response:
    if not streamed:
        return await llm.generate("Hello")
    async with llm.stream("Hello") as stream:
        return await stream.collect()


async def read_until_it_fails(llm: LLM, server: LlamaServer, how: signal.Signals) -> tuple[str, DragomanError]:
    """Stream, strike at the first piece of text, and return what came and how it ended."""
    pieces: list[str] = []
    with pytest.raises(DragomanError) as caught:  # noqa: PT012  # raised while it is read
        async with llm.stream("Hello") as stream:
            async for event in stream:
                if isinstance(event, TextDelta):
                    if not pieces:
                        strike(server, how)
                    pieces.append(event.text)
    return "".join(pieces), caught.value


def strike(server: LlamaServer, how: signal.Signals) -> None:
    """Stop the server where it stands, and wait for that, or end it without a word."""
    server.process.send_signal(how)
    if how == signal.SIGSTOP:  # a thread of the server may be a moment late
        os.waitid(os.P_PID, server.process.pid, os.WSTOPPED)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(condition):  # outside the loop, which has work to do meanwhile
            pass


async def at_work(server: LlamaServer) -> None:
    """Wait until the server writes an answer."""

    def busy() -> bool:
        asked = Request(f"{server.url}/slots", headers={"authorization": f"Bearer {KEY}"})  # noqa: S310  # loopback
        with urlopen(asked, timeout=10) as reply:  # noqa: S310  # as above
            return any(slot["is_processing"] for slot in json.load(reply))

    await until(busy)


async def has_arrived(server: LlamaServer) -> None:
    """Wait until a request lies unread before a server that stands still."""
    await until(lambda: any(each["local"] == server.port and each["unread"] for each in sockets()))


async def out_of_the_pool(server: LlamaServer) -> None:
    """Wait until this process holds no connection to the server any more: at most some turns of the loop."""
    await until(lambda: not connected(server))


def connected(server: LlamaServer) -> bool:
    return any(each["remote"] == server.port and each["inode"] in held() for each in sockets())


def held() -> set[str]:
    """Return the inodes of the sockets that this process has open."""
    inodes = set[str]()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the folder itself is gone by now
            inodes.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    return inodes


def sockets() -> list[dict[str, Any]]:
    """Return the sockets of this machine; https://docs.kernel.org/networking/proc_net_tcp.html says what is where."""
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


def no_key_in(error: DragomanError) -> None:
    """Look for the key in all that an error shows: its text, its traces with the locals of each frame, its pickle."""
    traces = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join((str(error), repr(error), *traces.format(), repr(pickle.dumps(error))))
    assert KEY not in shown
    assert KEY[:12] not in shown


async def works_again(llm: LLM, struck: LlamaServer, start: StartLlamaServer, *, streamed: bool) -> None:
    """Ask a fresh server that has taken the place of the struck one, through the same client."""
    struck.process.kill()
    struck.process.wait()
    start(api_key=KEY, port=struck.port)
    assert (await answer(llm, streamed=streamed)).text == SENTENCE


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_server_that_stands_still_does_not_hold_up_its_client(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0)) as llm:
        assert (await answer(llm, streamed=False)).text == SENTENCE
        assert connected(server)  # and the next call would use that connection
        strike(server, signal.SIGSTOP)
        with pytest.raises(RequestTimeoutError) as caught:
            await answer(llm, streamed=streamed)
        await out_of_the_pool(server)
        await works_again(llm, server, start_llama_server, streamed=streamed)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    no_key_in(caught.value)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_server_that_dies_before_it_answers_is_a_lost_connection(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0, first_byte_timeout=20)) as llm:
        strike(server, signal.SIGSTOP)
        asked = asyncio.create_task(answer(llm, streamed=streamed))
        await has_arrived(server)
        server.process.kill()
        with pytest.raises(ConnectionFailedError) as caught:
            await asked
        await out_of_the_pool(server)
        await works_again(llm, server, start_llama_server, streamed=streamed)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    no_key_in(caught.value)


@pytest.mark.parametrize(
    ("how", "kind"), [(signal.SIGSTOP, RequestTimeoutError), (signal.SIGKILL, ConnectionFailedError)]
)
async def test_a_server_that_is_struck_while_it_writes_a_whole_answer(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError]
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    async with LLM(config(server, dialect, num_retries=0, first_byte_timeout=2 * PATIENCE)) as llm:
        asked = asyncio.create_task(answer(llm, streamed=False))
        await at_work(server)
        strike(server, how)
        with pytest.raises(kind) as caught:
            await asked
        await out_of_the_pool(server)
        await works_again(llm, server, start_llama_server, streamed=False)
    assert (caught.value.phase, caught.value.partial, caught.value.retryable) == ("first_byte", None, True)
    no_key_in(caught.value)


@pytest.mark.parametrize(
    ("how", "kind", "phase"),
    [
        (signal.SIGSTOP, RequestTimeoutError, "idle"),
        (signal.SIGKILL, StreamInterruptedError, "mid_stream"),
    ],
)
async def test_a_server_that_is_struck_while_it_streams_leaves_what_arrived(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError], phase: str
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    async with LLM(config(server, dialect, num_retries=2)) as llm:  # patience, but not for half an answer
        text, error = await read_until_it_fails(llm, server, how)
        await out_of_the_pool(server)
        await works_again(llm, server, start_llama_server, streamed=True)
    assert (type(error), error.phase) == (kind, phase)
    assert error.partial is not None
    assert error.partial.text == text != ""
    assert error.partial.finish.reason == FinishReason.INTERRUPTED
    assert len(error.partial.attempts) == 1
    no_key_in(error)


class Restarting(FakeClock):
    """Put a fresh server in the place of a dead one while its client waits."""

    def __init__(self, start: StartLlamaServer, dead: LlamaServer) -> None:
        super().__init__()
        self._restart = lambda: start(api_key=KEY, port=dead.port)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self._restart()


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_another_try_finds_the_server_that_was_started_meanwhile(
    *, start_llama_server: StartLlamaServer, dialect: str, streamed: bool
) -> None:
    server = start_llama_server(api_key=KEY)
    clock = Restarting(start_llama_server, server)
    async with patient(LLM(config(server, dialect, num_retries=2, timeout=600)), clock) as llm:
        strike(server, signal.SIGSTOP)
        asked = asyncio.create_task(answer(llm, streamed=streamed))
        await has_arrived(server)
        server.process.kill()
        response = await asked
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
def test_the_same_is_told_without_await(
    start_llama_server: StartLlamaServer, dialect: str, how: signal.Signals, kind: type[DragomanError], phase: str
) -> None:
    server = start_llama_server(kind="babble", api_key=KEY)
    pieces: list[str] = []
    with SyncLLM(config(server, dialect)) as llm:
        with pytest.raises(kind) as caught, llm.stream("Hello") as stream:  # noqa: PT012  # raised while it is read
            for event in stream:
                if isinstance(event, TextDelta):
                    if not pieces:
                        strike(server, how)
                    pieces.append(event.text)
        server.process.kill()
        server.process.wait()
        start_llama_server(api_key=KEY, port=server.port)
        assert llm.generate("Hello").text == SENTENCE
    assert caught.value.phase == phase
    assert caught.value.partial is not None
    assert caught.value.partial.text == "".join(pieces) != ""
    no_key_in(caught.value)
