"""Locks and imports that do not hang in a process that ``os.fork`` made while other threads were at work.

Of all threads, only the one that forks goes on in the child. A lock that another thread held is never released there,
and a module that another thread was importing is never complete: an import of it would wait forever.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from _thread import RLock
from types import FrameType
from typing import Any
from weakref import WeakSet

_PATIENCE = 10.0  # seconds; more than any import takes
_POLL = 0.001  # seconds
_IMPORT_SYSTEM = "importlib._bootstrap"
_OURS = "dragoman"  # the plugins are named dragoman_…


class ForkSafeLock(RLock):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]  # final for typeshed alone
    """Exclude other threads in a ``with`` block; it is free in a forked child, whoever held it in the parent.

    Its methods are those of C: an interrupt that arrives between a method of Python and its block would leave the lock
    held for good.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        _locks.add(self)

    @property
    def is_mine(self) -> bool:
        """Return whether the calling thread holds it."""
        lock: Any = self  # typeshed lacks the methods that threading itself calls, here and below
        return bool(lock._is_owned())  # noqa: SLF001

    def renew(self) -> None:
        """Forget any holder but the calling thread."""
        lock: Any = self
        if not self.is_mine:
            lock._at_fork_reinit()  # noqa: SLF001


_locks: WeakSet[ForkSafeLock] = WeakSet()

importing = ForkSafeLock()
"""Held by a thread that imports a plugin, or what else must be imported whole; a fork waits for it."""


def wait_for_imports(patience: float = _PATIENCE) -> None:
    """Wait until no other thread imports anything for this library.

    Args:
        patience: the maximum number of seconds, after which the fork goes ahead: a thread whose import waits for this
            one would otherwise never let it fork.

    """
    end = time.monotonic() + patience
    while any(map(_imports_for_us, _other_threads())) and time.monotonic() < end:
        time.sleep(_POLL)


def _other_threads() -> list[FrameType]:
    here = threading.get_ident()
    return [frame for thread, frame in sys._current_frames().items() if thread != here]  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # documented


def _imports_for_us(innermost: FrameType) -> bool:
    """Return whether this thread imports a module of this library, or another one for it."""
    frame: FrameType | None = innermost
    is_importing = False
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        is_importing = is_importing or name == _IMPORT_SYSTEM or frame.f_code.co_name == "<module>"
        if is_importing and name.startswith(_OURS):
            return True
        frame = frame.f_back
    return False


def before_fork(patience: float = _PATIENCE) -> None:
    """Wait until a child of this process could import everything, but not longer than :func:`wait_for_imports`."""
    end = time.monotonic() + patience
    if importing.acquire(timeout=patience):
        wait_for_imports(end - time.monotonic())


def after_fork_in_parent() -> None:
    """Let other threads import again."""
    if importing.is_mine:  # else the fork did not wait to the end
        importing.release()


def after_fork_in_child() -> None:
    """Release what the threads of the parent held."""
    after_fork_in_parent()
    for lock in tuple(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(before=before_fork, after_in_parent=after_fork_in_parent, after_in_child=after_fork_in_child)

__all__ = ["ForkSafeLock", "importing", "wait_for_imports"]
