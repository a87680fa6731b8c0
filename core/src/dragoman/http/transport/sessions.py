"""The sessions of the HTTP client, each a pool of connections: one for each event loop, closed with it."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import lru_cache, partial
from ssl import SSLContext
from weakref import ref

import aiohttp

from dragoman.http.transport.connection import Connector, Reuse, StaleConnectionError
from dragoman.http.transport.exchange import ClientClosedError, Exchange, route_to
from dragoman.http.transport.proxy import Proxy
from dragoman.http.wire import HttpRequest
from dragoman.spec.errors import ConfigurationError

_COARSE = 5.0  # seconds; aiohttp too counts whole ones from here on
_RESOLUTION = 0.001  # seconds by which a timer may be early
_process = os.getpid()


def _note_fork() -> None:  # pragma: no cover - runs in forked children, where nothing is measured
    global _process  # noqa: PLW0603  # asking the operating system at every call costs more than all these checks
    _process = os.getpid()


if hasattr(os, "register_at_fork"):  # pragma: no cover - Windows has no fork
    os.register_at_fork(after_in_child=_note_fork)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@lru_cache(maxsize=64)
def _limits(connect: float | None, total: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=total, sock_connect=connect)


def _way_to(url: str, proxy: Proxy | None, loop: asyncio.AbstractEventLoop) -> tuple[aiohttp.ClientRequest, Reuse]:
    return route_to(url, proxy, loop), Reuse()


class Session:
    """Hold what one event loop has open: connections, and the exchanges that go on.

    Make it in the loop.

    Args:
        tls: what TLS connections are made with, if it is not the usual.

    Attributes:
        connector: aiohttp's pool.
        loop: the loop.
        exchanges: those that go on.

    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.connector = Connector(ssl=True if tls is None else tls)
        self.loop = asyncio.get_running_loop()
        self.exchanges: set[Exchange] = set()
        self._way = lru_cache(maxsize=256)(partial(_way_to, loop=self.loop))
        self._process = _process
        self._keeper = self._keep()

    async def exchange(
        self,
        request: HttpRequest,
        proxy: Proxy | None,
        *,
        connect: float | None,
        first_byte: float | None,
        total: float | None,
    ) -> Exchange:
        """Send *request* and return the exchange once the head of the reply has come.

        Args:
            request: the request, with its whole address.
            proxy: the proxy, if there is one.
            connect: seconds until a connection stands.
            first_byte: seconds from the request to the head of the reply.
            total: seconds until the reply has arrived.

        Raises:
            ValueError: if the request's address is none.
            TimeoutError: if the time for the whole call is over; a subclass of aiohttp's for the other limits.
            aiohttp.ClientError: for what else goes wrong.

        """
        route, reuse = self._way(request.url, proxy)
        deadline = None if total is None else self.loop.time() + total
        while True:
            exchange = Exchange(await self._connection(route, connect, total, deadline), self.loop, reuse)
            self.exchanges.add(exchange)
            try:
                if exchange.is_reused and (pause := reuse.pause):
                    await asyncio.sleep(pause)
                elif len(self.exchanges) > 1:  # calls that begin together are sent in a row: the server is woken once
                    await asyncio.sleep(0)
                await exchange.begin(request, route, first_byte=first_byte, deadline=deadline)
            except StaleConnectionError:
                self.end(exchange)  # only connections that served before are stale, so the loop ends
            except BaseException:
                self.end(exchange)
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
                raise
            raise aiohttp.ConnectionTimeoutError from None
        except (asyncio.CancelledError, aiohttp.ClientConnectionError) as error:
            if self.connector.closed and not _is_cancelled(error):
                raise ClientClosedError from None  # the pool cancels those who wait for a connection
            raise

    async def open(self) -> None:
        """Let the loop close this session when it ends, if nobody does before."""
        await anext(self._keeper)

    async def aclose(self) -> None:
        """Close the connections; replies that are still read end with an error."""
        await self._keeper.aclose()

    async def _keep(self) -> AsyncGenerator[None, None]:
        """Close when this generator is closed: by ``aclose``, or by the loop, which ends open generators last."""
        try:
            yield
        finally:
            if not self.is_inherited:
                await self._close()

    async def _close(self) -> None:
        for exchange in tuple(self.exchanges):
            self.exchanges.discard(exchange)
            exchange.close(abandoned=True)
        await self.connector.close()

    @property
    def is_inherited(self) -> bool:
        """Return whether this is a copy of what the parent of this process holds, made by ``os.fork``."""
        return self._process != _process

    @property
    def is_here(self) -> bool:
        """Return whether the loop that all this belongs to runs here."""
        return running_loop() is self.loop and not self.is_inherited

    def check_here(self) -> None:
        """Refuse to go on anywhere but in the loop that all this belongs to.

        Raises:
            ConfigurationError: in another loop, or in a process forked from the one that began.

        """
        if running_loop() is self.loop and self._process == _process:
            return
        if self.is_inherited:
            message = "this event loop and its connections belong to the process that was forked; start another loop"
            raise ConfigurationError(message)
        message = "this stream belongs to another event loop; read it in the one that opened it"
        raise ConfigurationError(message)

    def hang_up(self, exchange: Exchange) -> None:
        """End *exchange*, wherever this is called."""
        if self.is_here:
            self.end(exchange)
        else:
            self.hang_up_later(exchange)

    def hang_up_later(self, exchange: Exchange) -> None:
        """Let the loop end *exchange* in its next turn; in a forked process, leave it to the parent."""
        if not self.is_inherited:
            with suppress(RuntimeError):  # the loop has ended, and closed everything
                self.loop.call_soon_threadsafe(self.end, exchange)

    def end(self, exchange: Exchange) -> None:
        """End *exchange* in the loop."""
        self.exchanges.discard(exchange)
        exchange.close()


class Sessions:
    """Keep the sessions of one transport, which several loops may use, also at the same time from several threads.

    Args:
        tls: what TLS connections are made with, if it is not the usual.

    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        self._tls = tls
        self._by_loop: dict[asyncio.AbstractEventLoop, Session] = {}

    def known(self) -> Session | None:
        """Return the session of the running loop, if it has an open one.

        Raises:
            ConfigurationError: if asyncio runs no loop here, or one that was copied by ``os.fork``.

        """
        loop = running_loop()
        if loop is None:
            message = (
                "no event loop of asyncio is running, and connections need one. Under Trio, call a SyncLLM with "
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
        for gone in tuple(self._by_loop):  # a copy, since other threads change it
            if gone.is_closed():
                self._by_loop.pop(gone, None)
        session = self._by_loop[loop] = Session(self._tls)
        _owners.setdefault(loop, {})[session] = ref(self)
        await session.open()  # without a turn of the loop, so that no other task opens one meanwhile
        await _tidy(loop)
        return session

    async def aclose(self) -> None:
        """Close the session of the running loop, if there is one."""
        loop = running_loop()
        session = None if loop is None else self._by_loop.pop(loop, None)
        if session is not None and not session.is_inherited and _claim(session):
            await session.aclose()


_owners: dict[asyncio.AbstractEventLoop, dict[Session, ref[Sessions]]] = {}
"""Every open session, so that none is closed by the collector, whose tasks nobody waits for."""


def _claim(session: Session) -> bool:
    """Return whether the caller is the one to close *session*: everybody else finds that it is taken."""
    return _owners.get(session.loop, {}).pop(session, None) is not None


async def _tidy(loop: asyncio.AbstractEventLoop) -> None:
    """Close the sessions of *loop* whose transports are gone, and forget the loops that are.

    It goes on within a call that has nothing to do with those sessions, and so never fails.
    """
    for gone in [each for each in tuple(_owners) if each.is_closed()]:
        _owners.pop(gone, None)
    orphans = [session for session, owner in tuple(_owners.get(loop, {}).items()) if owner() is None]
    for session in orphans:
        if _claim(session):
            with suppress(Exception):
                await session.aclose()


def _is_cancelled(error: BaseException) -> bool:
    """Return whether *error* is a cancellation that somebody asked this task for."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and bool(task.cancelling())
