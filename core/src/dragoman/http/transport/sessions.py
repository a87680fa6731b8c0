"""The sessions of the HTTP client. Each is a pool of connections for one event loop, and is closed with it."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import lru_cache, partial
from ssl import SSLContext
from typing import TYPE_CHECKING
from weakref import ref

import aiohttp

from dragoman.http.transport.connection import Connector, Reuse, StaleConnectionError
from dragoman.http.transport.exchange import ClientClosedError, Exchange, NoFreeConnectionError, route_to
from dragoman.http.wire import HttpRequest
from dragoman.spec.errors import ConfigurationError

if TYPE_CHECKING:
    from dragoman.http.transport.proxy import Proxy

_COARSE = 5.0  # seconds; aiohttp also rounds longer timeouts up to whole seconds
_RESOLUTION = 0.001  # seconds by which a timer may be early
_process = os.getpid()


def _note_fork() -> None:  # pragma: no cover - runs in forked children, where nothing is measured
    global _process  # noqa: PLW0603  # a call of os.getpid() for each request would cost more than all these checks
    _process = os.getpid()


if hasattr(os, "register_at_fork"):  # pragma: no cover - Windows has no fork
    os.register_at_fork(after_in_child=_note_fork)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, ``None`` if there is none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@lru_cache(maxsize=64)
def _limits(connect: float | None, total: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=total, sock_connect=connect)


def _new_route(url: str, proxy: Proxy | None, loop: asyncio.AbstractEventLoop) -> tuple[aiohttp.ClientRequest, Reuse]:
    return route_to(url, proxy, loop), Reuse()


class Session:
    """Hold the connections and the active exchanges of the running event loop.

    Args:
        tls: the context of TLS connections; ``None`` for the default.

    Attributes:
        connector: aiohttp's pool of connections.
        loop: the event loop.
        exchanges: the active exchanges.

    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.connector = Connector(ssl=True if tls is None else tls)
        self.loop = asyncio.get_running_loop()
        self.exchanges: set[Exchange] = set()
        self._route = lru_cache(maxsize=256)(partial(_new_route, loop=self.loop))
        self._process = _process
        self._closer = self._close_at_exit()

    async def exchange(
        self,
        request: HttpRequest,
        proxy: Proxy | None,
        *,
        connect: float | None,
        first_byte: float | None,
        total: float | None,
    ) -> Exchange:
        """Send *request* and return the exchange once the head of the reply has arrived.

        Args:
            request: the request, with its full URL.
            proxy: the proxy, if there is one.
            connect: seconds to establish a connection.
            first_byte: seconds from the request to the head of the reply.
            total: seconds until the whole reply must have arrived.

        Raises:
            ValueError: if the URL of the request is not valid.
            TimeoutError: if *total* is exceeded; a subclass of aiohttp's for the other limits.
            aiohttp.ClientError: for any other failure.

        """
        route, reuse = self._route(request.url, proxy)
        deadline = None if total is None else self.loop.time() + total
        while True:
            exchange = Exchange(await self._connection(route, connect, total, deadline), self.loop, reuse)
            self.exchanges.add(exchange)
            try:
                if exchange.is_reused and (pause := reuse.pause):
                    await asyncio.sleep(pause)
                elif len(self.exchanges) > 1:  # requests that begin together are sent in a row, to wake the server once
                    await asyncio.sleep(0)
                await exchange.begin(request, route, first_byte=first_byte, deadline=deadline)
            except StaleConnectionError:
                self.release(exchange)  # only reused connections can be stale, so the loop ends
            except BaseException:
                self.release(exchange)
                raise
            else:
                return exchange

    async def _connection(
        self, route: aiohttp.ClientRequest, connect: float | None, total: float | None, deadline: float | None
    ) -> aiohttp.connector.Connection:
        """Take a connection from the pool, or open one."""
        coarse = math.ceil(total) if total is not None and total > _COARSE else total
        try:
            return await self.connector.connect(route, [], _limits(connect, coarse))
        except TimeoutError:
            if deadline is not None and self.loop.time() > deadline - _RESOLUTION:
                if len(self.exchanges) >= self.connector.limit:
                    raise NoFreeConnectionError(self.connector.limit) from None
                raise
            raise aiohttp.ConnectionTimeoutError from None
        except (asyncio.CancelledError, aiohttp.ClientConnectionError) as error:
            if self.connector.closed and not _is_cancelled(error):
                raise ClientClosedError from None  # a closed pool cancels the tasks that wait for a connection
            raise

    async def open(self) -> None:
        """Have the event loop close this session at its end, unless :meth:`aclose` is called before."""
        await anext(self._closer)

    async def aclose(self) -> None:
        """Close all connections; replies that are still being read end with an error."""
        await self._closer.aclose()

    async def _close_at_exit(self) -> AsyncGenerator[None, None]:
        """Close the session when this generator is closed: by ``aclose``, or by the event loop at its end."""
        try:
            yield
        finally:
            if not self.is_inherited:
                await self._close()

    async def _close(self) -> None:
        for exchange in tuple(self.exchanges):
            self.exchanges.discard(exchange)
            exchange.release(client_closed=True)
        await self.connector.close()

    @property
    def is_inherited(self) -> bool:
        """Return whether this session was copied from the parent process by ``os.fork``."""
        return self._process != _process

    @property
    def is_here(self) -> bool:
        """Return whether the session's event loop is the running one."""
        return running_loop() is self.loop and not self.is_inherited

    def check_here(self) -> None:
        """Check that the session's event loop is the running one.

        Raises:
            ConfigurationError: if another event loop is running, or if this process was forked after the session was
                opened.

        """
        if running_loop() is self.loop and self._process == _process:
            return
        if self.is_inherited:
            message = "this event loop belongs to the parent of this process, which was forked; start a new event loop"
            raise ConfigurationError(message)
        message = "this stream belongs to another event loop; read it in the one that opened it"
        raise ConfigurationError(message)

    def release_threadsafe(self, exchange: Exchange) -> None:
        """Have the event loop release *exchange* soon, from any thread; in a forked process, leave it to the parent."""
        if not self.is_inherited:
            with suppress(RuntimeError):  # the loop is closed, and so is the session
                self.loop.call_soon_threadsafe(self.release, exchange)

    def release(self, exchange: Exchange) -> None:
        """Release *exchange*; call this in the event loop of the session."""
        self.exchanges.discard(exchange)
        exchange.release()


class Sessions:
    """Hold the sessions of one transport, which several event loops may use at the same time, in several threads.

    Args:
        tls: the context of TLS connections; ``None`` for the default.

    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._by_loop: dict[asyncio.AbstractEventLoop, Session] = {}

    def current(self) -> Session | None:
        """Return the open session of the running event loop, ``None`` if there is none.

        Raises:
            ConfigurationError: if no event loop of asyncio is running, or if it was copied by ``os.fork``.

        """
        loop = running_loop()
        if loop is None:
            message = (
                "no asyncio event loop is running, and connections need one. Under Trio, call a SyncLLM with "
                "trio.to_thread.run_sync, or run trio-asyncio"
            )
            raise ConfigurationError(message)
        session = self._by_loop.get(loop)
        if session is None or session.connector.closed:
            return None
        if session.is_inherited:
            session.check_here()
        return session

    async def new(self) -> Session:
        """Open a session in the running loop."""
        loop = asyncio.get_running_loop()
        for other in tuple(self._by_loop):  # a copy, since other threads change the dictionary
            if other.is_closed():
                self._by_loop.pop(other, None)
        session = self._by_loop[loop] = Session(self._tls)
        _owners.setdefault(loop, {})[session] = ref(self)
        await session.open()  # this does not suspend, so that no other task opens a session in between
        await _close_orphans(loop)
        return session

    async def aclose(self) -> None:
        """Close the session of the running event loop, if there is one."""
        loop = running_loop()
        session = None if loop is None else self._by_loop.pop(loop, None)
        if session is not None and not session.is_inherited and _claim(session):
            await session.aclose()


_owners: dict[asyncio.AbstractEventLoop, dict[Session, ref[Sessions]]] = {}
"""Every open session, which keeps the garbage collector from closing one in a task that is never awaited."""


def _claim(session: Session) -> bool:
    """Return whether the caller must close *session*, which is true for the first caller only."""
    return _owners.get(session.loop, {}).pop(session, None) is not None


async def _close_orphans(loop: asyncio.AbstractEventLoop) -> None:
    """Close the sessions of *loop* whose transports were deleted, and remove the loops that are closed.

    This runs within a call that does not use those sessions, so it never fails.
    """
    for closed in [each for each in tuple(_owners) if each.is_closed()]:
        _owners.pop(closed, None)
    orphans = [session for session, owner in tuple(_owners.get(loop, {}).items()) if owner() is None]
    for session in orphans:
        if _claim(session):
            with suppress(Exception):
                await session.aclose()


def _is_cancelled(error: BaseException) -> bool:
    """Return whether *error* is a cancellation that was requested for this task."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and bool(task.cancelling())
