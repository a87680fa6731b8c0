from __future__ import annotations

import asyncio
import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, strategies as st

from dragoman import ConfigurationError, ConnectionFailedError, ServerError
from dragoman.client.loop_thread import LoopThread, loop_thread
from dragoman.client.sync_iteration import AHEAD, SyncIterator, iterate


class Source:
    """Yield numbers, and remember how far it came and whether it was closed."""

    def __init__(self, count: int, error: BaseException | None = None, pause_every: int = 0) -> None:
        self.count = count
        self.error = error
        self.pause_every = pause_every
        self.reached = 0
        self.closed = threading.Event()

    async def items(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self.count):
                self.reached = number + 1
                if self.pause_every and number % self.pause_every == 0:
                    await asyncio.sleep(0)
                yield number
            if self.error is not None:
                raise self.error
        finally:
            self.closed.set()


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    made = LoopThread()
    yield made
    made.close()
    atexit.unregister(made.close)


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


@given(count=st.integers(0, 3 * AHEAD), pause_every=st.integers(0, 7))
def test_everything_arrives_once_and_in_order(count: int, pause_every: int) -> None:
    source = Source(count, pause_every=pause_every)
    assert list(iterate(source.items(), loop_thread())) == list(range(count))


def test_an_error_comes_after_what_was_before_it_and_then_nothing_does(thread: LoopThread) -> None:
    iterator = SyncIterator(Source(3, ServerError("broken")).items(), thread)
    assert [next(iterator) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ServerError, match="broken"):
        next(iterator)
    assert list(iterator) == []


def test_the_loop_reads_no_further_ahead_than_its_bound(thread: LoopThread) -> None:
    source = Source(10 * AHEAD)
    reading = iterate(source.items(), thread)
    assert next(reading) == 0
    assert eventually(lambda: source.reached >= AHEAD)
    time.sleep(0.05)
    assert source.reached <= 2 * AHEAD + 1
    assert list(reading) == list(range(1, 10 * AHEAD))


def test_leaving_early_closes_the_source(thread: LoopThread) -> None:
    source = Source(10 * AHEAD)
    for number in iterate(source.items(), thread):
        if number == 5:
            break
    assert source.closed.is_set()
    assert source.reached < 10 * AHEAD


def test_what_nobody_has_asked_for_is_not_read(thread: LoopThread) -> None:
    source = Source(5)
    reading = iterate(source.items(), thread)
    time.sleep(0.02)
    assert source.reached == 0
    reading.close()
    iterator = SyncIterator(source.items(), thread)
    thread.run(iterator.stop())
    assert source.reached == 0


async def _never(began: threading.Event, closed: threading.Event) -> AsyncGenerator[int, None]:
    try:
        began.set()
        await asyncio.Event().wait()
        yield 0
    finally:
        closed.set()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to threads")
def test_an_interrupt_reaches_a_reader_that_waits_and_ends_the_source(thread: LoopThread) -> None:
    began, closed = threading.Event(), threading.Event()
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        began.wait(10)
        time.sleep(0.05)
        signal.pthread_kill(main, signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            next(iterate(_never(began, closed), thread))
        sent.result()
    assert closed.is_set()


def test_a_second_reader_that_asks_while_the_first_one_waits_is_refused(thread: LoopThread) -> None:
    began, closed = threading.Event(), threading.Event()
    iterator = SyncIterator(_never(began, closed), thread)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, iterator)
        assert began.wait(10)
        with pytest.raises(ConfigurationError, match="read it in one thread"):
            next(iterator)
        thread.run(iterator.stop())
        with pytest.raises(ConnectionFailedError, match="closed while it was being read"):
            waiting.result(10)


def test_a_reader_that_waits_while_the_process_ends_is_told(thread: LoopThread) -> None:
    began, closed = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, iterate(_never(began, closed), thread))
        assert began.wait(10)
        thread.close()
        with pytest.raises(ConnectionFailedError, match="the process is about to end"):
            waiting.result(10)
    with pytest.raises(ConfigurationError, match="the process is about to end"):
        next(iterate(_never(began, closed), thread))
    thread.call_soon(closed.clear)
    assert closed.is_set()


def test_a_forked_process_reads_nothing_of_its_parent(thread: LoopThread) -> None:
    reading = iterate(Source(5).items(), thread)
    assert next(reading) == 0
    thread.process = -1  # what a forked child sees
    with pytest.raises(ConfigurationError, match="was forked"):
        next(reading)
    thread.process = os.getpid()


def test_a_generator_that_is_collected_in_the_loop_does_not_wait_for_itself(thread: LoopThread) -> None:
    source = Source(10 * AHEAD)
    reading = iterate(source.items(), thread)
    assert next(reading) == 0

    async def collect() -> None:
        reading.close()

    thread.run(collect())
    assert source.closed.wait(10)
    with pytest.raises(ConfigurationError, match="await an LLM there"):
        thread.run(_read_inside(thread))


async def _read_inside(thread: LoopThread) -> None:
    next(SyncIterator(Source(1).items(), thread))


def test_what_would_end_the_program_ends_one_call_alone(thread: LoopThread) -> None:
    async def end() -> None:
        sys.exit("over")

    def call() -> None:
        for _ in range(2):
            with pytest.raises(SystemExit, match="over"):
                thread.run(end())
        answers.append(thread.run(asyncio.sleep(0, "an answer")))

    answers: list[str] = []
    calling = threading.Thread(target=call, daemon=True)
    calling.start()
    calling.join(10)
    assert answers == ["an answer"]
