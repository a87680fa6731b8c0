"""Models in memory, shared by all who ask for them, and the threads that they answer in.

An engine lives as long as anyone holds it or it has work to do. Its threads are no daemons: one that is inside
llama.cpp when the interpreter ends would take the process down. They stop by themselves once the main thread has ended.

Threads do not survive ``os.fork``, and llama.cpp waits for its own for ever. So a child of a process with a model in
memory may not use llama.cpp: it is refused rather than left hanging.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias
from weakref import WeakValueDictionary

from dragoman import ConfigurationError
from dragoman_llamacpp.loading import Server, load
from dragoman_llamacpp.options import Loading

Door: TypeAlias = Literal["handle_chat_completions", "handle_completions"]


class Generation:
    """Carry one answer from the thread that makes it to the event loop that asked.

    Args:
        door: which of llama.cpp's doors answers.
        body: the request, as JSON.

    """

    def __init__(self, door: Door, body: bytes) -> None:
        self._door: Door = door
        self._body = body
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let no further token be made; one that has not begun never begins."""
        self._stopped.set()

    async def next(self) -> bytes | Exception | None:
        """Return the next JSON document, what went wrong, or ``None`` at the end."""
        return await self._arrived.get()

    def run(self, server: Callable[[], Server]) -> None:
        """Answer, in the thread of the caller.

        Args:
            server: returns the loaded model.

        """
        if self._is_over():
            return
        try:
            getattr(server(), self._door)(self._body, self._take)
        except Exception as error:  # noqa: BLE001  # it is raised where the answer is awaited
            self._put(error.with_traceback(None))  # whose frames would keep the model in memory
        else:
            self._put(None)

    def _take(self, document: bytes) -> bool:
        self._put(document)
        return self._is_over()

    def _is_over(self) -> bool:
        return self._stopped.is_set() or not threading.main_thread().is_alive()

    def _put(self, item: bytes | Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, item)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._stopped.set()


class Engine:
    """Answer with one model, in as many threads at once as it was loaded for; further calls wait their turn.

    Args:
        loading: which model, and how it is loaded: with the first answer.

    """

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self._server: Server | None = None
        self._lock = threading.Lock()
        self._loading_lock = threading.Lock()
        self._waiting: deque[Generation] = deque()
        self._working = 0

    def submit(self, generation: Generation) -> None:
        """Answer as soon as it is its turn.

        Raises:
            ConfigurationError: in a child of a process that had a model in memory.

        """
        _engines.check()
        with self._lock:
            if self._working >= self.loading.parallel:
                self._waiting.append(generation)
                return
            # Without a word, a thread is a daemon where its maker is one, as the thread of a SyncLLM is.
            threading.Thread(target=self._work, args=(generation,), name="dragoman-llamacpp", daemon=False).start()
            self._working += 1

    def leave_to_parent(self) -> bool:
        """Never end the model in this process, and return whether there is one."""
        if self._server is None:
            return False
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._server))
        return True

    def _work(self, generation: Generation | None) -> None:
        while generation is not None:
            generation.run(self._loaded)
            generation = self._next()

    def _next(self) -> Generation | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._working -= 1
            return None

    def _loaded(self) -> Server:
        with self._loading_lock:
            if self._server is None:
                self._server = load(self.loading)
            return self._server


class _Engines:
    """Keep the engines of this process, each for as long as anyone holds it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: WeakValueDictionary[Loading, Engine] = WeakValueDictionary()
        self._lost = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forked)

    def get(self, loading: Loading) -> Engine:
        with self._lock:
            engine = self._known.get(loading)
            if engine is None:
                engine = self._known[loading] = Engine(loading)
            return engine

    def check(self) -> None:
        if self._lost:
            message = "a model was in memory when this process was forked, which llama.cpp does not survive: "
            advice = "close the model first, or use the start method 'spawn'"
            raise ConfigurationError(message + advice, provider="llamacpp")

    def _forked(self) -> None:
        self._lock = threading.Lock()
        left = [engine.leave_to_parent() for engine in list(self._known.values())]
        self._lost = self._lost or any(left)


_engines = _Engines()


def engine_of(loading: Loading) -> Engine:
    """Return the engine of a model: one and the same for all who hold it at the same time."""
    return _engines.get(loading)
