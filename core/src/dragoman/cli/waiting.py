"""Waiting in which no signal is lost: Python may miss one that arrives just before it blocks, until something is read.

A signal writes to a pipe, on which everything here waits too: https://docs.python.org/3/library/signal.html.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.cli import EndsAtInterrupt

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

_AT_ONCE = 65_536
"""The most bytes that are read at once."""

_running: list[tuple[asyncio.AbstractEventLoop, Coroutine[Any, Any, Any]]] = []
"""What runs in this thread, and where."""
_left: list[int] = []
"""The exit code of a signal that ends what runs."""

_SOON = 0.5
"""Seconds that what was interrupted has to end."""

_shown: list[list[Any]] = []
"""How the terminal handled what is typed, before each context that does not show it."""

_AGAIN = 2.0
"""Seconds after which a process that was told to end is told again: code that takes every exception goes on."""


@contextmanager
def _woken() -> Generator[int | None]:
    """Give a descriptor that can be read once a signal has arrived; ``None`` where signals do not arrive."""
    if os.name == "nt":  # pragma: no cover - measured on Linux; Windows waits on sockets only
        yield None
        return
    reading, writing = _pipe()
    try:
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    except ValueError:  # this is not the main thread
        yield None
        return
    try:
        yield reading
    finally:
        with suppress(ValueError):  # of an event loop that was closed meanwhile
            signal.set_wakeup_fd(before)


@cache
def _pipe() -> tuple[int, int]:
    """Return the ends of a pipe that is never closed, so that a signal in the midst of all this finds it open."""
    ends = os.pipe()
    for each in ends:
        os.set_blocking(each, False)
    return ends


def _read(descriptor: int, woken: int | None) -> bytes:
    """Return what can be read next, nothing at the end."""
    while woken is not None:
        ready = select.select([descriptor, woken], [], [])[0]
        if woken not in ready:
            break
        os.read(woken, _AT_ONCE)  # the handler runs before the next step
    return os.read(descriptor, _AT_ONCE)


def read_all(descriptor: int) -> bytes:
    """Return what can be read until the end.

    Args:
        descriptor: an open file, pipe or terminal.

    Raises:
        OSError: if it cannot be read.

    """
    with _woken() as woken:
        return b"".join(iter(lambda: _read(descriptor, woken), b""))


def read_line() -> bytes:
    """Return the next line that is typed, without its end.

    Raises:
        EOFError: if Ctrl-D is typed where a line begins, or the terminal is gone.
        KeyboardInterrupt: at Ctrl-C.

    """
    if os.name == "nt":  # pragma: no cover - the console of Windows gives text
        typed = sys.stdin.readline()
        if not typed:
            raise EOFError
        return typed.rstrip("\r\n").encode(sys.stdin.encoding, "surrogateescape")
    line = b""
    with _woken() as woken:
        while not line.endswith(b"\n"):
            piece = _read(sys.stdin.fileno(), woken)
            if not piece and not line:
                raise EOFError
            if not piece:
                break
            line += piece
    return line.rstrip(b"\r\n")


@contextmanager
def left_at_signals() -> Generator[None]:
    """Let a signal that ends a process leave this context as an exit does, so that the terminal is as it was before."""
    before: dict[int, Any] = {}
    try:
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) is signal.SIG_DFL:
                with suppress(ValueError):  # this is not the main thread
                    before[number] = signal.signal(number, _leave)
        yield
    finally:
        if before and os.name != "nt":  # pragma: no branch - measured on Linux
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _: object) -> None:
    """End what runs, and then leave: code that runs in a loop may take an exit for its own failure, and go on.

    Where nothing runs, or what runs did not end at the signal before, it leaves at once. If the process goes on all
    the same, as an editor of lines may, it is told again.
    """
    if os.name != "nt":  # pragma: no branch - Windows has no such timer
        signal.signal(signal.SIGALRM, partial(_leave_again, number))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    tasks = [(loop, task) for loop, coroutine in _running for task in _tasks_of(loop, coroutine)]
    if _left or not tasks:
        sys.exit(128 + number)
    _left.append(128 + number)
    for loop, task in tasks:
        loop.call_soon_threadsafe(task.cancel)


def _tasks_of(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any]) -> list[asyncio.Task[Any]]:
    """Return the task that runs a coroutine, or will, if there is one."""
    import asyncio  # noqa: PLC0415  # here already, since there is a loop

    return [task for task in asyncio.all_tasks(loop) if task.get_coro() is coroutine]


def _leave_again(number: int, _: int, frame: object) -> None:
    _leave(number, frame)


@contextmanager
def unechoed() -> Generator[None]:
    """Keep the terminal from showing what is typed within this context; it can be read all the same."""
    if os.name == "nt":  # pragma: no cover - measured on Linux
        yield
        return
    import termios  # noqa: PLC0415  # Windows has none

    before = termios.tcgetattr(sys.stdin)
    changed = [*before]
    changed[3] = before[3] & ~termios.ECHO
    _shown.append(before)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, changed)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
        _shown.pop()


@contextmanager
def echoed() -> Generator[None]:
    """Let the terminal show what is typed again, for a question that is asked where it does not."""
    if not _shown:
        yield
        return
    import termios  # noqa: PLC0415  # Windows has none

    hidden = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, _shown[0])
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, hidden)


def run(coroutine: Coroutine[Any, Any, T], runner: asyncio.Runner | None = None) -> T:
    """Return what a coroutine returns; Ctrl-C cancels it.

    Args:
        coroutine: what to run.
        runner: whose event loop to use, by default a new one.

    """
    try:
        if runner is not None:
            return _run(coroutine, runner)
        with EndsAtInterrupt():  # a loop that is half made warns when it is gone
            import asyncio  # noqa: PLC0415  # slow to import, and here already where something is asked

            own = asyncio.Runner()
            own.get_loop()
        with own:
            return _run(coroutine, own)
    except BaseException:
        if not _is_begun(coroutine, runner):
            coroutine.close()  # an interrupt came before, and Python would warn of it
        raise


def _is_begun(coroutine: Coroutine[Any, Any, Any], runner: asyncio.Runner | None) -> bool:
    """Return whether a task runs a coroutine, or will."""
    import inspect  # noqa: PLC0415  # only an error needs it

    if inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED:
        return True
    return runner is not None and bool(_tasks_of(runner.get_loop(), coroutine))


def _run(coroutine: Coroutine[Any, Any, T], runner: asyncio.Runner) -> T:
    import asyncio  # noqa: PLC0415  # here already, since there is a runner

    try:
        return _run_watched(coroutine, runner)
    except asyncio.CancelledError:  # of a Ctrl-C that came before the runner counted any
        raise KeyboardInterrupt from None


def _run_watched(coroutine: Coroutine[Any, Any, T], runner: asyncio.Runner) -> T:
    loop = runner.get_loop()
    with _woken() as woken:
        if woken is None:
            return runner.run(coroutine)
        loop.add_reader(woken, os.read, woken, _AT_ONCE)
        _running.append((loop, coroutine))
        try:
            return runner.run(coroutine)
        finally:
            _running.pop()
            loop.remove_reader(woken)
            if _left:
                sys.exit(_left.pop())


def settle(runner: asyncio.Runner) -> None:
    """End what an interrupt left half done in an event loop, so that it disturbs nothing that runs there next.

    What does not end soon goes on meanwhile.
    """
    import asyncio  # noqa: PLC0415  # here already, since there is a runner

    left = asyncio.all_tasks(runner.get_loop())
    for task in left:
        task.cancel()
    end = time.monotonic() + _SOON
    while (open_ := [task for task in left if not task.done()]) and time.monotonic() < end:
        with suppress(KeyboardInterrupt):  # with which a task may end, and the loop with it
            run(asyncio.wait(open_, timeout=_SOON), runner)
    _ = [task.exception() for task in left if task.done() and not task.cancelled()]  # they are known, and not reported
