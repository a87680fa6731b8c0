"""Locks that a forked child finds free, and forks that wait for imports; tests/core/http/transport forks processes."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from dragoman import ForkSafeLock
from dragoman.spec import fork_safety
from dragoman.spec.fork_safety import wait_for_imports
from interrupts import interrupted_everywhere


def load(module: str) -> None:
    importlib.import_module(module)


def test_a_lock_lets_one_thread_in() -> None:
    lock, entered = ForkSafeLock(), threading.Event()

    def enter() -> None:
        with lock:
            entered.set()

    with lock:
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.02)
    waiting.join()
    assert entered.is_set()


def test_a_child_finds_every_lock_free_but_its_own() -> None:
    """A thread that ends without releasing a lock is as gone as the threads of a parent."""
    theirs, ours = ForkSafeLock(), ForkSafeLock()
    holder = threading.Thread(target=theirs.__enter__)
    holder.start()
    holder.join()
    with ours:
        fork_safety.before_fork()
        fork_safety.after_fork_in_child()
        with theirs:
            pass


def test_an_interrupt_leaves_no_lock_held() -> None:
    lock, entered = ForkSafeLock(), list[bool]()

    def enter() -> None:
        with lock:
            entered.append(True)

    for moment in interrupted_everywhere(enter):
        entered.clear()
        other = threading.Thread(target=enter, daemon=True)
        other.start()
        other.join(10)
        assert entered, moment


class SlowImport:
    """Import a module that waits, in another thread, by a function of the module *importer*.

    Args:
        folder: a folder for the module.
        importer: the name of the module whose function imports it.
        module: its own name.

    """

    def __init__(self, folder: Path, importer: str, module: str = "slow_module") -> None:
        (folder / f"{module}.py").write_text(
            "import slow_events\nslow_events.began.set()\nslow_events.go_on.wait(10)\n"
        )
        (folder / "slow_events.py").write_text(
            "import threading\nbegan, go_on = threading.Event(), threading.Event()\n"
        )
        self._events = importlib.import_module("slow_events")
        function = FunctionType(load.__code__, globals() | {"__name__": importer})
        self._thread = threading.Thread(target=function, args=(module,))
        self._thread.start()
        assert self._events.began.wait(10)

    @property
    def is_at_work(self) -> bool:
        """Return whether the import has not ended."""
        return self._thread.is_alive()

    def finish(self) -> None:
        """Let the import end."""
        self._events.go_on.set()
        self._thread.join()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    yield tmp_path
    for name in ("slow_module", "dragoman_slow", "slow_events"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("importer", "module"), [("dragoman.client.anything", "slow_module"), ("somebody", "dragoman_slow")]
)
def test_a_fork_waits_for_an_import_of_this_library(folder: Path, importer: str, module: str) -> None:
    slow = SlowImport(folder, importer, module)
    over = threading.Event()

    def wait() -> None:
        wait_for_imports(60)
        over.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert not over.wait(0.05)
    slow.finish()
    assert over.wait(10)
    waiting.join()


def test_a_fork_does_not_wait_for_others_imports(folder: Path) -> None:
    slow = SlowImport(folder, "somebody")
    wait_for_imports(60)
    assert slow.is_at_work
    slow.finish()


def test_a_fork_goes_ahead_where_an_import_never_ends(folder: Path) -> None:
    slow = SlowImport(folder, "dragoman_acme")
    wait_for_imports(0.01)
    assert slow.is_at_work
    slow.finish()


def test_a_fork_goes_ahead_where_a_plugin_never_ends_its_import() -> None:
    """A plugin whose import waits for a thread that forks would otherwise wait for good."""
    importer = threading.Thread(target=fork_safety.importing.acquire)
    importer.start()
    importer.join()
    fork_safety.before_fork(patience=0.01)
    fork_safety.after_fork_in_parent()
    fork_safety.after_fork_in_child()
    with fork_safety.importing:
        pass
