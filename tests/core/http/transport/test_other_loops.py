"""One object in several event loops, threads and processes: an answer or a clear error, never another's data."""

from __future__ import annotations

import asyncio
import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import attrs
import pytest
import trio

from dragoman import LLM, ConfigurationError, LLMConfig, StreamingLLM, SyncLLM
from dragoman.client.loop_thread import LoopThread
from dragoman.client.stream import EventStream
from dragoman.http.transport import sessions
from dragoman.testing.faults import FaultServer
from dragoman.testing.fixtures import faults, loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply, Script
from soak.echo import echo, text_of

__all__ = ["faults", "loopback"]

THREADS = 12
ROUNDS = 5


def config(url: str) -> LLMConfig:
    return LLMConfig(model="m", provider="openai_compatible", api_base=f"{url}/v1", num_retries=0)


@pytest.fixture
def hurried() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


async def answers(llm: LLM, marks: list[str]) -> list[str]:
    """Ask for these marks at once, each other one by a stream."""

    async def streamed(mark: str) -> str:
        async with llm.stream(mark) as stream:
            return (await stream.collect()).text

    return await asyncio.gather(
        *(streamed(mark) if number % 2 else llm.completion(mark) for number, mark in enumerate(marks))
    )


@pytest.mark.usefixtures("hurried")
class TestThreads:
    def test_with_a_loop_each_share_one_object(self, loopback: LoopbackServer) -> None:
        loopback.always(echo)
        llm = LLM(config(loopback.url))
        together = threading.Barrier(THREADS)

        async def some(marks: list[str], *, close: bool) -> list[str]:
            texts = await answers(llm, marks)
            if close:
                await llm.aclose()
            return texts

        def work(thread: int) -> None:
            together.wait()
            for number in range(ROUNDS):
                marks = [f"mark-{thread}-{number}-{each}" for each in range(6)]
                assert asyncio.run(some(marks, close=number % 2 == 1)) == [text_of(mark) for mark in marks]

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
        assert len(loopback.requests) == THREADS * ROUNDS * 6

    def test_without_a_loop_share_one_object(self, loopback: LoopbackServer) -> None:
        loopback.always(echo)

        def work(thread: int) -> None:
            for number in range(ROUNDS):
                marks = [f"mark-{thread}-{number}-{each}" for each in range(2)]
                with llm.stream(marks[0]) as stream:
                    assert llm.completion(marks[1]) == text_of(marks[1])
                    assert "".join(stream.text()) == text_of(marks[0])

        with SyncLLM(config(loopback.url)) as llm, ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(work, range(THREADS)))
        assert len(loopback.requests) == THREADS * ROUNDS * 2


class TestLoops:
    """A stream belongs to the loop that opened it."""

    @pytest.fixture
    def stream(self, faults: FaultServer) -> Iterator[Callable[[], EventStream]]:
        """Yield what opens a stream in a loop of its own, which goes on afterwards."""
        llm = LLM(config(faults.url_of("stall")))

        async def opened() -> EventStream:
            stream = await llm.stream("hi").__aenter__()
            await anext(stream)
            return stream

        with asyncio.Runner() as runner:
            self.turn = lambda: runner.run(asyncio.sleep(0.01))
            yield lambda: runner.run(opened())
            runner.run(llm.aclose())

    def test_it_is_not_read_elsewhere(self, stream: Callable[[], EventStream]) -> None:
        with pytest.raises(ConfigurationError, match="another event loop"):
            asyncio.run(stream().collect())

    def test_it_can_be_left_elsewhere(self, stream: Callable[[], EventStream], faults: FaultServer) -> None:
        asyncio.run(stream().__aexit__(None, None, None))
        self.turn()
        faults.wait_hangup(timeout=1)

    def test_it_is_over_with_its_loop(self, faults: FaultServer) -> None:
        llm = LLM(config(faults.url_of("stall")))
        stream = asyncio.run(llm.stream("hi").__aenter__())
        faults.wait_hangup(timeout=1)
        with pytest.raises(ConfigurationError, match="another event loop"):
            asyncio.run(stream.collect())
        asyncio.run(stream.__aexit__(None, None, None))

    def test_a_complete_one_can_be_left_elsewhere(self, loopback: LoopbackServer) -> None:
        loopback.always(echo)
        llm = LLM(config(loopback.url))

        async def read() -> EventStream:
            stream = await llm.stream("mark-1").__aenter__()
            await stream.collect()
            return stream

        with asyncio.Runner() as runner:
            stream = runner.run(read())
            asyncio.run(stream.__aexit__(None, None, None))
            assert runner.run(llm.completion("mark-2")) == text_of("mark-2")
            runner.run(llm.aclose())


class TestTrio:
    """The HTTP client requires asyncio; under Trio, an error says what to do."""

    @pytest.mark.parametrize("door", ["whole", "stream", "generator"])
    def test_is_told_what_to_do(self, loopback: LoopbackServer, door: str) -> None:
        async def ask() -> None:
            async with StreamingLLM(config(loopback.url)) as llm:
                if door == "whole":
                    await llm.completion("hi")
                elif door == "stream":
                    async with llm.stream("hi"):
                        pass
                else:
                    await anext(llm.streaming_completion("hi"))

        with pytest.raises(ConfigurationError, match=r"SyncLLM with\s+trio\.to_thread\.run_sync"):
            trio.run(ask)
        assert loopback.requests == []

    def test_can_do_so(self, loopback: LoopbackServer) -> None:
        loopback.always(echo)

        async def ask() -> str:
            with SyncLLM(config(loopback.url)) as llm:
                return await trio.to_thread.run_sync(llm.completion, "mark-1")

        assert trio.run(ask) == text_of("mark-1")


class TestWhatAForkedChildSees:
    """A forked child is simulated in this process by another process id."""

    async def test_a_session_is_the_parents(self, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
        llm = LLM(config(faults.url_of("stall")))
        async with llm.stream("hi") as stream:
            await anext(stream)
            with monkeypatch.context() as patch:
                patch.setattr(sessions, "_process", -1)
                with pytest.raises(ConfigurationError, match="was forked"):
                    await stream.collect()
                with pytest.raises(ConfigurationError, match="was forked"):
                    await llm.completion("hi")
                await stream.__aexit__(None, None, None)
                await llm.aclose()
            assert faults.hangups == []
        await asyncio.to_thread(faults.wait_hangup)
        await llm.aclose()

    def test_a_loop_that_ends_leaves_it_alone(self, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = sessions.Sessions()
        with asyncio.Runner() as runner:
            session = runner.run(mine.new())
            with monkeypatch.context() as patch:
                patch.setattr(sessions, "_process", -1)
                runner.run(session.aclose())
            assert not session.connector.closed
            runner.run(session.connector.close())

    def test_a_stream_without_await_is_the_parents(
        self, loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loopback.always(in_two_pieces())
        thread = LoopThread()
        atexit.unregister(thread.close)
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            with pytest.raises(ConfigurationError, match="was forked"):
                thread.run(asyncio.sleep(0))
        thread.close()
        with SyncLLM(config(loopback.url)) as llm:
            block = llm.stream("mark-1")
            stream = block.__enter__()
            with monkeypatch.context() as patch:
                patch.setattr(os, "getpid", lambda: -1)
                block.__exit__(None, None, None)
            assert stream.collect().text == text_of("mark-1")


FORKS = {
    "a SyncLLM serves parent and child at once": """
        llm = SyncLLM(config)
        check([llm.completion("mark-0")], ["mark-0"])
        child = fork(lambda: check([llm.completion(each) for each in CHILD], CHILD))
        check([llm.completion(each) for each in PARENT], PARENT)
        wait(child)
        check([llm.completion(each) for each in PARENT], PARENT)
    """,
    "a SyncLLM serves parent and child while other threads call": """
        llm = SyncLLM(config)
        check([llm.completion("mark-0")], ["mark-0"])
        over = threading.Event()
        def work(thread):
            number = 0
            while not over.is_set():
                number += 1
                check([llm.completion(f"mark-{thread}-{number}")], [f"mark-{thread}-{number}"])
        with ThreadPoolExecutor(4) as pool:
            threads = [pool.submit(work, thread) for thread in range(4)]
            try:
                for _ in range(5):
                    wait(fork(lambda: check([llm.completion(each) for each in CHILD], CHILD)))
            finally:
                over.set()
            for thread in threads:
                thread.result()
    """,
    "a child that was made while the loop's lock was held": """
        import dragoman.client.loop_thread
        llm = SyncLLM(config)
        with held(dragoman.client.loop_thread._locks[os.getpid()]):
            child = fork(lambda: check([llm.completion(each) for each in CHILD], CHILD))
        wait(child)
    """,
    "a child that was made while a plugin was being imported": """
        from dragoman.spec.fork_safety import importing
        llm = SyncLLM(config)
        held = threading.Event()
        def hold():
            with importing:
                held.set()
                time.sleep(0.1)
        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()
        child = fork(lambda: check([llm.completion(each) for each in CHILD], CHILD))
        thread.join()
        wait(child)
        check([llm.completion(each) for each in PARENT], PARENT)
    """,
    "a child that was made while a first call imported what it needs": """
        class Slow:
            def find_spec(self, name, path=None, target=None):
                if name == "dragoman.client.model_usage":
                    began.set()
                    time.sleep(0.2)
        sys.meta_path.insert(0, Slow())
        began = threading.Event()
        llm = SyncLLM(config)
        check([llm.completion("mark-0")], ["mark-0"])
        thread = threading.Thread(target=lambda: llm.usage.total)
        thread.start()
        began.wait()
        def use():
            check([llm.completion(each) for each in CHILD], CHILD)
            assert llm.usage.total.calls == 11, llm.usage
        child = fork(use)
        thread.join()
        wait(child)
    """,
    "a child that was made while the ledger was being added up": """
        llm = SyncLLM(config)
        def use():
            check([llm.completion(each) for each in CHILD], CHILD)
            assert llm.usage.total.calls == 10, llm.usage
        with held(llm.usage._lock):
            child = fork(use)
        wait(child)
    """,
    "a stream without await is the parent's alone": """
        llm = SyncLLM(config)
        with llm.stream("mark-1") as stream:
            events = iter(stream)
            next(events)
            def read():
                try:
                    next(events)
                except ConfigurationError as error:
                    assert "was forked" in str(error), error
                else:
                    raise AssertionError("the child reads it")
            wait(fork(read))
            assert list(events)[-1].response.text == text("mark-1")
        with llm.stream("mark-2") as stream:
            child = os.fork()
            if not child:
                faulthandler.dump_traceback_later(50, exit=True)
                sys.exit(0)  # leaves the block, and ends as a process does
            wait(child)
            assert stream.collect().text == text("mark-2")
        check([llm.completion("mark-3")], ["mark-3"])
    """,
    "a loop that runs goes on, and the child starts another": """
        llm = LLM(config)
        async def ask(marks):
            return [await llm.completion(mark) for mark in marks]
        async def main():
            check(await ask(PARENT), PARENT)
            async with llm.stream("mark-1") as stream:
                await anext(stream)
                child = fork(lambda: check(asyncio.run(ask(CHILD)), CHILD))
                check(await ask(PARENT), PARENT)
                await asyncio.to_thread(wait, child)
                assert (await stream.collect()).text == text("mark-1")
            await llm.aclose()
        asyncio.run(main())
    """,
    "a child that forgets the object leaves the parent's connections alone": """
        llms = [LLM(config)]
        async def ask(marks):
            return [await llms[0].completion(mark) for mark in marks]
        def forget():
            llms[:] = [LLM(config)]
            gc.collect()
            check(asyncio.run(ask(CHILD)), CHILD)
        with asyncio.Runner() as runner:
            check(runner.run(ask(PARENT)), PARENT)
            wait(fork(forget))
            check(runner.run(ask(PARENT)), PARENT)
    """,
    "a loop that the child inherits is refused": """
        llm = LLM(config)
        async def ask(marks):
            return [await llm.completion(mark) for mark in marks]
        with asyncio.Runner() as runner:
            check(runner.run(ask(PARENT)), PARENT)
            stream = runner.run(llm.stream("mark-held").__aenter__())
            def refused():
                for call in (ask(CHILD), stream.collect()):
                    try:
                        runner.run(call)
                    except ConfigurationError as error:
                        assert "was forked" in str(error), error
                    else:
                        raise AssertionError("the child uses it")
                runner.run(stream.__aexit__(None, None, None))
                runner.run(llm.aclose())
                runner.close()
            wait(fork(refused))
            runner.run(ask(["mark-go-on"]))
            assert runner.run(stream.collect()).text == text("mark-held")
            check(runner.run(ask(PARENT)), PARENT)
    """,
}
PREAMBLE = """
import asyncio, faulthandler, gc, os, sys, threading, time, traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dragoman import LLM, ConfigurationError, LLMConfig, SyncLLM
from soak.echo import text_of as text

config = LLMConfig(model="m", provider="openai_compatible", api_base=sys.argv[1] + "/v1", num_retries=0, timeout=20)
PARENT = [f"mark-parent-{number}" for number in range(10)]
CHILD = [f"mark-child-{number}" for number in range(10)]

def check(texts, marks):
    assert texts == [text(mark) for mark in marks], texts

def fork(work):
    child = os.fork()
    if child:
        return child
    faulthandler.dump_traceback_later(50, exit=True)
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)

@contextmanager
def held(lock):
    taken, over = threading.Event(), threading.Event()
    def hold():
        with lock:
            taken.set()
            over.wait()
    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    yield
    over.set()
    thread.join()

def wait(child):
    assert os.waitpid(child, 0)[1] == 0, "the child failed"

"""


def in_two_pieces() -> Callable[[Received], Script]:
    """Answer, with a pause before the end of a stream: a moment, or until "mark-go-on" is asked for "mark-held"."""
    gone_on = threading.Event()

    def answer(request: Received) -> Script:
        reply = echo(request)
        assert isinstance(reply, Reply)
        if b"mark-go-on" in request.body:
            gone_on.set()
        if not request.json.get("stream"):
            return reply
        pause = gone_on if b"mark-held" in request.body else 0.1
        return attrs.evolve(reply, framing=(reply.body.rindex(b"data: {"),), pauses=(0, pause))

    return answer


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("script", FORKS.values(), ids=FORKS)
def test_after_fork(loopback: LoopbackServer, script: str) -> None:
    loopback.always(in_two_pieces())
    warnings = (
        "-W",
        "error::ResourceWarning",
        "-W",
        "ignore:This process:DeprecationWarning",
    )  # forks with threads
    command = [sys.executable, *warnings, "-c", PREAMBLE + dedent(script), loopback.url]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
