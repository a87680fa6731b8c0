"""Everything works on uvloop as it does on the loop that comes with Python, and leaves no warning there either.

Each script runs in a process of its own, since a policy for loops is the whole process's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from textwrap import dedent

import pytest

from dragoman.testing.faults import FaultServer
from dragoman.testing.fixtures import faults, loopback
from dragoman.testing.loopback import LoopbackServer
from soak.echo import echo

__all__ = ["faults", "loopback"]

pytestmark = pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")

PREAMBLE = """
import asyncio, gc, logging, sys, warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # uvloop's own
    import uvloop
from dragoman import LLM, ConnectionFailedError, LLMConfig, RequestTimeoutError, StreamingLLM, SyncLLM

logging.getLogger("asyncio").setLevel(logging.ERROR)  # a slow machine is not a fault
GIVEN = {"provider": "openai_compatible", "api_base": sys.argv[1], "num_retries": 0, "timeout": 20}

def config(**more):
    return LLMConfig("m", **{**GIVEN, **more})

def text(mark):
    return f"You asked {mark}."

def on_uvloop():
    return type(asyncio.get_running_loop()).__module__.startswith("uvloop")

async def streamed(llm, mark):
    async with llm.stream(mark) as stream:
        return "".join([piece async for piece in stream.text()])

async def ask(llm):
    assert on_uvloop()
    assert await llm.completion("mark-1") == text("mark-1")
    assert await streamed(llm, "mark-2") == text("mark-2")
    marks = [f"mark-{number}" for number in range(30)]
    calls = (call(mark) for mark in marks for call in (llm.completion, lambda mark: streamed(llm, mark)))
    assert await asyncio.gather(*calls) == [text(mark) for mark in marks for _ in range(2)]

def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)

"""
ANSWERED = {
    "closed by a block": """
        async def main():
            async with LLM(config()) as llm:
                await ask(llm)
        run(main())
    """,
    "closed by hand, then used again": """
        async def main():
            llm = LLM(config())
            await ask(llm)
            await llm.aclose()
            await ask(llm)
            await llm.aclose()
        run(main())
    """,
    "closed by the loop": """
        llm = LLM(config())
        run(ask(llm))
        run(ask(llm))
    """,
    "a loop of uvloop, then one of Python's, then uvloop's again": """
        llm = LLM(config())
        run(ask(llm))
        assert asyncio.run(llm.completion("mark-7")) == text("mark-7")
        run(ask(llm))
    """,
    "uvloop.run": """
        uvloop.run(ask(LLM(config())))
    """,
    "without await, under a policy": """
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        llm = SyncLLM(config())
        assert llm.completion("mark-1") == text("mark-1")
        with llm.stream("mark-2") as stream:
            assert "".join(stream.text()) == text("mark-2")
        import dragoman.client.loop_thread
        assert type(dragoman.client.loop_thread._threads[-1]._loop).__module__.startswith("uvloop")
    """,
    "without await, next to a loop that runs": """
        async def main():
            with SyncLLM(config()) as llm:
                assert await asyncio.to_thread(llm.completion, "mark-1") == text("mark-1")
        run(main())
    """,
}
STALLED = {
    "left by break": """
        async def main():
            async with LLM(config()) as llm:
                for _ in range(20):
                    async with llm.stream("hi") as stream:
                        async for piece in stream.text():
                            assert piece
                            break
        run(main())
    """,
    "forgotten": """
        async def main():
            async with StreamingLLM(config()) as llm:
                for _ in range(20):
                    assert await anext(llm.streaming_completion("hi"))
                gc.collect()
        run(main())
    """,
    "still open when the object is closed": """
        async def main():
            llm = LLM(config())
            stream = await llm.stream("hi").__aenter__()
            assert await anext(stream)
            await llm.aclose()
            try:
                await stream.collect()
            except OSError:
                return
            raise AssertionError("it came to an end")
        run(main())
    """,
    "still open when the loop ends": """
        async def main():
            stream = await LLM(config()).stream("hi").__aenter__()
            assert await anext(stream)
        run(main())
    """,
    "cancelled": """
        async def read(llm, begun):
            async with llm.stream("hi") as stream:
                await anext(stream)
                begun.set()
                await stream.collect()
        async def main():
            async with LLM(config()) as llm:
                begun = asyncio.Event()
                task = asyncio.create_task(read(llm, begun))
                await begun.wait()
                task.cancel()
                assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
        run(main())
    """,
    "out of time": """
        async def main():
            async with LLM(config(timeout=0.2)) as llm:
                try:
                    await streamed(llm, "hi")
                except RequestTimeoutError:
                    return
                raise AssertionError("it came to an end")
        run(main())
    """,
}


def ran(script: str, url: str) -> tuple[int, str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", PREAMBLE + dedent(script), f"{url}/v1"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("script", ANSWERED.values(), ids=ANSWERED)
def test_all_are_answered(script: str, loopback: LoopbackServer) -> None:
    loopback.always(echo)
    assert ran(script, loopback.url) == (0, "")


@pytest.mark.parametrize("script", STALLED.values(), ids=STALLED)
def test_a_stream_that_is_left_hangs_up(script: str, faults: FaultServer) -> None:
    assert ran(script, faults.url_of("stall")) == (0, "")
    faults.wait_hangup(20 if "range(20)" in script else 1)


def test_nobody_there_is_said(loopback: LoopbackServer) -> None:
    script = """
        async def main():
            async with LLM(config()) as llm:
                try:
                    await llm.completion("hi")
                except ConnectionFailedError as error:
                    assert error.phase == "connect", error.phase
                else:
                    raise AssertionError("somebody is there")
        run(main())
    """
    with LoopbackServer() as gone:
        url = gone.url
    assert ran(script, url) == (0, "")
