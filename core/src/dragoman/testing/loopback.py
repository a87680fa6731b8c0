"""A scripted HTTP/1.1 server on 127.0.0.1: it says exactly what the test tells it to, byte by byte if need be.

It runs in a thread of its own, so asynchronous, synchronous and foreign clients may all talk to it.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from dragoman.testing.connection import Connection, Observer
from dragoman.testing.reply import Answer, Hangup, Received, Reply, Script

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["LoopbackServer"]


_TURNS = 100


class LoopbackServer:
    """Serve scripted replies; a context manager.

    Replies are given in the order in which they were queued, whichever connection asks; a request that finds the queue
    empty gets the standing answer. A request without either gets a 500, and leaving the context then fails.

    The methods that wait block their thread. An asynchronous test calls them with :func:`asyncio.to_thread`.

    Args:
        always: the standing answer.
        port: the port to listen on, 0 for any.

    Attributes:
        requests: what has been received, in order of arrival.
        hangups: the clients that hung up before their reply was over, in order.
        connections: how many connections have been accepted.
        port: the port, once the context is entered.

    """

    def __init__(self, always: Answer | None = None, *, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.hangups: list[Hangup] = []
        self.connections: int = 0
        self._queue: deque[Answer] = deque()
        self._always = always
        self._wanted = port
        self._failures: list[Exception] = []
        self._changed = threading.Condition()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="loopback server", daemon=True)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self._wanted))
        self.port: int = self._socket.getsockname()[1]
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if self._failures and error is None:
            raise ExceptionGroup("the script of the loopback server failed", self._failures)

    @property
    def url(self) -> str:
        """Return the base URL, without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def reply(self, *answers: Answer) -> None:
        """Queue answers for the next requests."""
        with self._changed:
            for answer in answers:
                self._queue.extend([answer] * (answer.repeat if isinstance(answer, Reply) else 1))

    def always(self, answer: Answer) -> None:
        """Give this answer whenever the queue is empty."""
        with self._changed:
            self._always = answer

    def wait_requests(self, count: int = 1, timeout: float = 5) -> list[Received]:
        """Wait until *count* requests have come in all, and return them.

        Raises:
            TimeoutError: if they have not after *timeout* seconds.

        """
        self._wait(lambda: len(self.requests) >= count, timeout, f"{count} requests")
        return self.requests[:]

    def wait_hangup(self, count: int = 1, timeout: float = 5) -> Hangup:
        """Wait until *count* clients have hung up in all before their reply was over, and return the last of these.

        Raises:
            TimeoutError: if they have not after *timeout* seconds.

        """
        self._wait(lambda: len(self.hangups) >= count, timeout, f"{count} hang-ups")
        return self.hangups[count - 1]

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(
                    f"no {what} within {timeout} s, but {len(self.requests)} requests and {len(self.hangups)} hang-ups"
                )

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._open: set[Connection] = set()
        server = await self._loop.create_server(self._accept, sock=self._socket, backlog=1024)
        self._listening.set()
        await self._stopping.wait()
        # A connection that has just been accepted is made some turns of the loop later, and lost if the server is
        # closed by then: so nothing more is accepted first.
        with suppress(NotImplementedError):  # by the loop that Windows has
            self._loop.remove_reader(self._socket)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server.close()
        await asyncio.gather(*(connection.abort() for connection in tuple(self._open)))
        await server.wait_closed()

    def _accept(self) -> Connection:
        observer = Observer(
            opened=self._open.add,
            answer=self._answer,
            hung_up=self._hung_up,
            failed=self._failures.append,
            closed=self._open.discard,
        )
        self.connections += 1
        return Connection(self.connections - 1, observer)

    def _answer(self, request: Received) -> Script:
        """Record *request* and return what answers it."""
        with self._changed:
            self.requests.append(request)
            answer = self._queue.popleft() if self._queue else self._always
            self._changed.notify_all()
        if answer is None:
            return self._failure(LookupError(f"no reply is scripted for {request.method} {request.path}"))
        try:
            return answer(request) if callable(answer) else answer
        except Exception as error:  # noqa: BLE001 - it is raised again where the server is left
            return self._failure(error)

    def _failure(self, error: Exception) -> Script:
        self._failures.append(error)
        return Reply(status=500, body=str(error).encode())

    def _hung_up(self, hangup: Hangup) -> None:
        with self._changed:
            self.hangups.append(hangup)
            self._changed.notify_all()
