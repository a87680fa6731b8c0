"""A scripted HTTP/1.1 server on 127.0.0.1 that sends exactly the bytes that a test specifies.

It runs in a thread of its own, so it serves asynchronous and synchronous clients, in this process or another.
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


_LOOP_ITERATIONS = 100


class LoopbackServer:
    """Serve scripted replies; a context manager.

    Replies are sent in the order in which they were queued, on whichever connection a request arrives; if the queue is
    empty, the default answer is sent. If there is none, the request gets the status 500, and leaving the context raises
    an exception.

    The methods that wait block their thread. An asynchronous test calls them with :func:`asyncio.to_thread`.

    Args:
        always: the default answer.
        port: the port to listen on; 0 selects a free port.

    Attributes:
        requests: the received requests, in order of arrival.
        hangups: the hang-ups of clients before their reply was complete, in order.
        connections: number of accepted connections.
        port: the port, once the context is entered.

    """

    def __init__(self, always: Answer | None = None, *, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.hangups: list[Hangup] = []
        self.connections: int = 0
        self._queue: deque[Answer] = deque()
        self._always = always
        self._requested_port = port
        self._failures: list[Exception] = []
        self._changed = threading.Condition()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="loopback server", daemon=True)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self._requested_port))
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
        """Set the default answer, which is sent if the queue is empty."""
        with self._changed:
            self._always = answer

    def wait_requests(self, count: int = 1, timeout: float = 5) -> list[Received]:
        """Wait until *count* requests have arrived in total, and return all requests.

        Raises:
            TimeoutError: if fewer have arrived after *timeout* seconds.

        """
        self._wait(lambda: len(self.requests) >= count, timeout, f"{count} requests")
        return self.requests[:]

    def wait_hangup(self, count: int = 1, timeout: float = 5) -> Hangup:
        """Wait until *count* clients have hung up in total before the end of their reply, and return the last hang-up.

        Raises:
            TimeoutError: if fewer have hung up after *timeout* seconds.

        """
        self._wait(lambda: len(self.hangups) >= count, timeout, f"{count} hang-ups")
        return self.hangups[count - 1]

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                found = f"{len(self.requests)} requests and {len(self.hangups)} hang-ups"
                raise TimeoutError(f"expected {what} within {timeout} s, got {found}")

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._open: set[Connection] = set()
        server = await self._loop.create_server(self._accept, sock=self._socket, backlog=1024)
        self._listening.set()
        await self._stopping.wait()
        # asyncio creates the protocol of an accepted connection some iterations later and loses it if the server is
        # closed before that. So stop accepting first.
        with suppress(NotImplementedError):  # the event loop of Windows has no readers
            self._loop.remove_reader(self._socket)
        for _ in range(_LOOP_ITERATIONS):
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
        """Record *request* and return the script that answers it."""
        with self._changed:
            self.requests.append(request)
            answer = self._queue.popleft() if self._queue else self._always
            self._changed.notify_all()
        if answer is None:
            return self._failure(LookupError(f"no reply is scripted for {request.method} {request.path}"))
        try:
            return answer(request) if callable(answer) else answer
        except Exception as error:  # noqa: BLE001  # raised again when the server is stopped
            return self._failure(error)

    def _failure(self, error: Exception) -> Script:
        self._failures.append(error)
        return Reply(status=500, body=str(error).encode())

    def _hung_up(self, hangup: Hangup) -> None:
        with self._changed:
            self.hangups.append(hangup)
            self._changed.notify_all()
