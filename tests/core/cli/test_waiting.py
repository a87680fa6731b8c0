"""What waits for a key or for an answer: no signal is lost in it, at whatever moment it arrives."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import sys
import threading
import time
import warnings
from typing import IO, TYPE_CHECKING

import pytest

from dragoman.cli.waiting import left_at_signals, read_all, read_line, run, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES = 500
LONG = 2.0
"""Seconds after which a signal is lost."""


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[bytes]]:
    """Let standard input be a pipe; return its other end."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin, os.fdopen(writing, "wb", buffering=0) as typed:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed


def lost(wait: Callable[[], object], end: Callable[[], object]) -> int:
    """Return how many interrupts do not end *wait*: they arrive at all moments, also just before it blocks."""
    count, main = 0, threading.main_thread().ident
    assert main is not None
    for _ in range(TRIES):
        begun, ended = threading.Event(), threading.Event()
        moment = random.random() * 5e-5  # noqa: S311  # no secret

        def interrupt(begun: threading.Event = begun, ended: threading.Event = ended, moment: float = moment) -> None:
            nonlocal count
            begun.wait()
            start = time.perf_counter()
            while time.perf_counter() < start + moment:
                pass
            signal.pthread_kill(main, signal.SIGINT)
            if not ended.wait(LONG):
                count += 1
                end()

        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            begun.set()
            wait()
            time.sleep(LONG)  # for one that arrives after all
        except KeyboardInterrupt:
            pass
        ended.set()
        thread.join()
    return count


def test_no_interrupt_is_lost_before_a_line(keys: IO[bytes]) -> None:
    assert lost(read_line, lambda: keys.write(b"\n")) == 0


def test_no_interrupt_is_lost_before_the_rest_of_a_file(keys: IO[bytes]) -> None:
    assert lost(lambda: read_all(sys.stdin.fileno()), keys.close) == 0


def test_an_interrupt_ends_what_runs_and_the_next_one_runs() -> None:
    signal.set_wakeup_fd(-1)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(asyncio.sleep(LONG))
    with asyncio.Runner() as runner:
        assert run(asyncio.sleep(0, "here"), runner) == run(asyncio.sleep(0, "here"), runner) == "here"
    assert signal.set_wakeup_fd(-1) == -1


def test_what_never_began_leaves_no_warning() -> None:
    async def inner() -> None:
        with pytest.raises(RuntimeError, match="running event loop"):
            run(asyncio.sleep(0), runner)

    with warnings.catch_warnings(record=True) as told, asyncio.Runner() as runner:
        warnings.simplefilter("always")
        runner.run(inner())
        gc.collect()
    assert [each.message for each in told] == []


def test_what_will_begin_is_left_to_its_runner() -> None:
    begun: list[str] = []

    async def late() -> None:
        begun.append("late")

    with asyncio.Runner() as runner:
        coroutine = late()
        task = runner.get_loop().create_task(coroutine)
        loop = runner.get_loop()

        async def outer() -> None:
            with pytest.raises(RuntimeError, match="running event loop"):
                run(coroutine, runner)
            await task

        loop.run_until_complete(outer())
    assert begun == ["late"]


def test_other_threads_read_and_run_too(keys: IO[bytes]) -> None:
    found: list[object] = []
    keys.write(b"typed\r\n")
    thread = threading.Thread(target=lambda: found.extend([read_line(), run(asyncio.sleep(0, "here"))]))
    thread.start()
    thread.join()
    assert found == [b"typed", "here"]


def test_a_line_may_end_without_enter(keys: IO[bytes]) -> None:
    keys.write(b"half")
    keys.close()
    assert read_line() == b"half"
    with pytest.raises(EOFError):
        read_line()


def test_other_signals_do_not_end_a_line(keys: IO[bytes]) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGWINCH, lambda number, _: seen.append(number))
    try:
        timers = [
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGWINCH)),
            threading.Timer(0.1, keys.write, (b"late\n",)),
        ]
        for each in timers:
            each.start()
        assert (read_line(), seen) == (b"late", [signal.SIGWINCH])
    finally:
        signal.signal(signal.SIGWINCH, before)


def test_a_signal_leaves_as_an_exit_does() -> None:
    with left_at_signals():
        with pytest.raises(SystemExit) as ended:
            os.kill(os.getpid(), signal.SIGTERM)
        assert ended.value.code == 128 + signal.SIGTERM
        before = signal.getsignal(signal.SIGTERM)
        with left_at_signals():
            assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_process_that_goes_on_after_a_signal_is_told_again() -> None:
    told: list[object] = []
    with left_at_signals():
        for wait in (lambda: os.kill(os.getpid(), signal.SIGTERM), lambda: time.sleep(30)):
            with pytest.raises(SystemExit) as ended:
                wait()
            told.append(ended.value.code)
    assert told == [128 + signal.SIGTERM] * 2
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("is_deaf", [False, True])
def test_no_code_that_runs_takes_a_signal_for_its_failure(is_deaf: bool) -> None:  # noqa: FBT001  # a parameter
    seen: list[str] = []

    async def runs() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(60)
        except SystemExit:
            seen.append("an exit")
        except asyncio.CancelledError:
            seen.append("the end")
            if is_deaf:
                os.kill(os.getpid(), signal.SIGTERM)

    with left_at_signals(), asyncio.Runner() as runner:
        with pytest.raises(SystemExit) as ended:
            run(runs(), runner)
        assert ended.value.code == 128 + signal.SIGTERM
        assert seen == ["the end"]
        assert run(asyncio.sleep(0, "here"), runner) == "here"


def test_other_threads_leave_signals_alone() -> None:
    found: list[object] = []

    def look() -> None:
        with left_at_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]


def test_what_was_interrupted_is_over_and_what_does_not_end_is_not_waited_for() -> None:
    ended: list[str] = []

    async def leaves() -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    async def ends() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("at once")

    async def stays() -> None:
        while True:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                ended.append("not at all")
                if len(ended) > 2:  # at the end of the loop
                    raise

    async def all_of_them() -> None:
        await asyncio.gather(ends(), stays(), leaves())

    with asyncio.Runner() as runner:
        with pytest.raises(KeyboardInterrupt):
            run(all_of_them(), runner)
        begun = time.monotonic()
        settle(runner)
        assert time.monotonic() - begun < LONG
        assert sorted(ended) == ["at once", "not at all"]
        assert run(asyncio.sleep(0.05, "whole"), runner) == "whole"
        ended.append("the end")


def test_a_cancellation_that_no_runner_counted_is_an_interrupt() -> None:
    async def cancelled() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(KeyboardInterrupt):
        run(cancelled())
