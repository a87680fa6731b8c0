"""Models in memory, shared by all providers of the process, and the threads in which they generate.

An engine lives as long as it is referenced or is generating. Its threads are not daemons: one that is inside llama.cpp
when the interpreter exits would crash the process. They stop by themselves once the main thread has ended.

Threads do not survive ``os.fork``, and llama.cpp would wait for its own threads forever. So a child of a process with a
model in memory is refused the use of llama.cpp, instead of hanging.
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

from dragoman import ConfigurationError, ForkSafeLock
from dragoman_llamacpp.loading import Server, load
from dragoman_llamacpp.options import NAME, LoadOptions

Handler: TypeAlias = Literal["handle_chat_completions", "handle_completions"]
"""The name of a method of :class:`Server`."""


class Generation:
    """Pass one answer from the thread that generates it to the event loop that awaits it.

    Args:
        handler: the method of llama.cpp that answers.
        body: the request, as JSON.

    """

    def __init__(self, handler: Handler, body: bytes) -> None:
        self._handler: Handler = handler
        self._body = body
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Stop after the current token; a generation that has not begun never begins."""
        self._stopped.set()

    async def next(self) -> bytes | Exception | None:
        """Return the next JSON document, the exception that ended the generation, or ``None`` at its end."""
        return await self._arrived.get()

    def run(self, server: Callable[[], Server]) -> None:
        """Generate the answer in the calling thread.

        Args:
            server: returns the loaded model.

        """
        if self._must_stop():
            return
        try:
            getattr(server(), self._handler)(self._body, self._receive)
        except Exception as error:  # noqa: BLE001  # it is raised where the answer is awaited
            self._put(error.with_traceback(None))  # the frames would keep the model in memory
        else:
            self._put(None)

    def _receive(self, document: bytes) -> bool:
        self._put(document)
        return self._must_stop()

    def _must_stop(self) -> bool:
        return self._stopped.is_set() or not threading.main_thread().is_alive()

    def _put(self, item: bytes | Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, item)
        except RuntimeError:  # the loop is closed, so the answer is no longer awaited
            self._stopped.set()


class Engine:
    """Generate with one model, in as many threads at once as it was loaded for; further calls wait in a queue.

    Args:
        options: which model, and how it is loaded; this happens at the first call.

    """

    def __init__(self, options: LoadOptions) -> None:
        self.options = options
        self._server: Server | None = None
        self._lock = ForkSafeLock()
        self._load_lock = ForkSafeLock()
        self._waiting: deque[Generation] = deque()
        self._working = 0

    def submit(self, generation: Generation) -> None:
        """Start a generation, or queue it while as many as allowed are running.

        Raises:
            ConfigurationError: in a child of a process that had a model in memory.

        """
        _engines.check()
        with self._lock:
            if self._working >= self.options.parallel:
                self._waiting.append(generation)
                return
            # By default a thread is a daemon if the thread that creates it is one, as that of a SyncLLM is.
            threading.Thread(target=self._work, args=(generation,), name="dragoman-llamacpp", daemon=False).start()
            self._working += 1

    def leave_to_parent(self) -> bool:
        """Keep the model from being freed in this process, and return whether there is one."""
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
        with self._load_lock:
            if self._server is None:
                self._server = load(self.options)
            return self._server


class _Engines:
    """Hold the engines of this process, each for as long as it is referenced elsewhere."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._engines: WeakValueDictionary[LoadOptions, Engine] = WeakValueDictionary()
        self._unusable = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def get(self, options: LoadOptions) -> Engine:
        with self._lock:
            engine = self._engines.get(options)
            if engine is None:
                engine = self._engines[options] = Engine(options)
            return engine

    def check(self) -> None:
        if self._unusable:
            message = "a model was in memory when this process was forked, and llama.cpp does not survive a fork: "
            advice = "close the LLM before the fork, or use the start method 'spawn'"
            raise ConfigurationError(message + advice, provider=NAME)

    def _after_fork(self) -> None:
        loaded = [engine.leave_to_parent() for engine in list(self._engines.values())]
        self._unusable = self._unusable or any(loaded)


_engines = _Engines()


def engine_of(options: LoadOptions) -> Engine:
    """Return the engine of a model, the same one for every caller while it is referenced."""
    return _engines.get(options)
