"""A transport without a network: it hands over what a dialect of the fault server says."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING

from dragoman.http.wire import HttpReply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dragoman.http.transport.transport import HttpStream
    from dragoman.http.wire import HttpRequest
    from dragoman.spec.provider import CallContext
    from dragoman.testing.faults import ServerDialect

BURST = 8
"""How many events arrive at once, as from a busy provider."""
WORD = " word"


class MemoryStream:
    """Hold a stream of events that has arrived already."""

    def __init__(self, events: tuple[bytes, ...]) -> None:
        self.status = 200
        self.headers: Mapping[str, str] = {"content-type": "text/event-stream"}
        self._pieces = [b"".join(events[place : place + BURST]) for place in range(0, len(events), BURST)][::-1]

    async def piece(self) -> bytes:
        """Return the next burst, nothing at the end."""
        return self._pieces.pop() if self._pieces else b""

    async def read(self) -> bytes:
        """Return the rest."""
        rest, self._pieces = b"".join(self._pieces[::-1]), []
        return rest

    def complete(self) -> None:
        """Do nothing: there is no connection to keep."""


class MemoryTransport:
    """Answer every request in one dialect.

    Args:
        server_dialect: the dialect.
        words: how many pieces of text a stream has.
        pieces: what they are, if not all the same.

    """

    def __init__(self, server_dialect: ServerDialect, words: int = 1, pieces: Sequence[str] = ()) -> None:
        whole = json.dumps(server_dialect.whole(WORD)).encode()
        self._whole = HttpReply(status=200, headers={"content-type": "application/json"}, body=whole)
        self._events = server_dialect.stream(*(pieces or [WORD] * words))

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Return the whole answer."""
        return self._whole

    def stream(self, request: HttpRequest, context: CallContext) -> AbstractAsyncContextManager[HttpStream]:
        """Hand over the stream."""
        return nullcontext(MemoryStream(self._events))

    async def aclose(self) -> None:
        """Do nothing."""
