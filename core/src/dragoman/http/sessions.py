"""The sessions of the HTTP client: one for each event loop, closed with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from weakref import ref

import aiohttp

from dragoman.errors import ConfigurationError


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Session:
    """Hold what one event loop has open: connections, and the replies that are being read.

    Make it in the loop.

    Attributes:
        client: aiohttp's own session.
        loop: the loop.
        replies: those that are being read.

    """

    def __init__(self) -> None:
        self.client = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("user-agent", "accept"),
            headers={"accept-encoding": "identity"},
        )
        self.loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self.replies: set[aiohttp.ClientResponse] = set()
        self._keeper = self._keep()

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
        for reply in tuple(self.replies):
            # aiohttp lets go of a body without a word, and whoever waits for its next piece would wait for ever.
            reply.content.set_exception(aiohttp.ClientConnectionError("the client was closed"))
            self._hang_up(reply)
        await self.client.close()

    @property
    def is_inherited(self) -> bool:
        """Return whether this is a copy of what the parent of this process holds, made by ``os.fork``."""
        return self._process != os.getpid()

    @property
    def is_here(self) -> bool:
        """Return whether the loop that all this belongs to runs here."""
        return running_loop() is self.loop and not self.is_inherited

    def check_here(self) -> None:
        """Refuse to go on anywhere but in the loop that all this belongs to.

        Raises:
            ConfigurationError: in another loop, or in a process forked from the one that began.

        """
        if running_loop() is self.loop and os.getpid() == self._process:
            return
        if self.is_inherited:
            message = "this event loop and its connections belong to the process that was forked; start another loop"
            raise ConfigurationError(message)
        message = "this stream belongs to another event loop; read it in the one that opened it"
        raise ConfigurationError(message)

    def hang_up(self, reply: aiohttp.ClientResponse) -> None:
        """Close *reply*, wherever this is called."""
        if self.is_here:
            self._hang_up(reply)
        else:
            self.hang_up_later(reply)

    def hang_up_later(self, reply: aiohttp.ClientResponse) -> None:
        """Let the loop close *reply* in its next turn; in a forked process, leave it to the parent."""
        if not self.is_inherited:
            with suppress(RuntimeError):  # the loop has ended, and closed everything
                self.loop.call_soon_threadsafe(self._hang_up, reply)

    def _hang_up(self, reply: aiohttp.ClientResponse) -> None:
        self.replies.discard(reply)
        reply.close()


class Sessions:
    """Keep the sessions of one transport, which several loops may use, also at the same time from several threads."""

    def __init__(self) -> None:
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
        if session is None or session.client.closed:
            return None
        session.check_here()
        return session

    async def new(self) -> Session:
        """Open a session in the running loop."""
        loop = asyncio.get_running_loop()
        await _tidy(loop)
        for gone in tuple(self._by_loop):  # a copy, since other threads change it
            if gone.is_closed():
                self._by_loop.pop(gone, None)
        session = self._by_loop[loop] = Session()
        _owners.setdefault(loop, {})[session] = ref(self)
        await session.open()
        return session

    async def aclose(self) -> None:
        """Close the session of the running loop, if there is one."""
        loop = running_loop()
        session = None if loop is None else self._by_loop.pop(loop, None)
        if session is not None and not session.is_inherited:
            _owners[session.loop].pop(session, None)
            await session.aclose()


_owners: dict[asyncio.AbstractEventLoop, dict[Session, ref[Sessions]]] = {}
"""Every open session, so that none is closed by the collector, whose tasks nobody waits for."""


async def _tidy(loop: asyncio.AbstractEventLoop) -> None:
    """Close the sessions of *loop* whose transports are gone, and forget the loops that are."""
    for gone in [each for each in tuple(_owners) if each.is_closed()]:
        _owners.pop(gone, None)
    owners = _owners.get(loop, {})
    for session in [session for session, owner in owners.items() if owner() is None]:
        owners.pop(session, None)
        await session.aclose()
