"""Which dialect a request speaks: told by its path."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.testing.faults.chat import CHAT
from dragoman.testing.faults.gemini import GEMINI
from dragoman.testing.faults.messages import MESSAGES
from dragoman.testing.faults.responses import RESPONSES
from dragoman.testing.faults.server_dialect import ServerDialect
from dragoman.testing.reply import Received

__all__ = ["SERVER_DIALECTS", "dialect_of"]

SERVER_DIALECTS = (CHAT, RESPONSES, MESSAGES, GEMINI)
"""Every dialect that the server speaks unless it is told others."""


def dialect_of(request: Received, server_dialects: Sequence[ServerDialect] = SERVER_DIALECTS) -> ServerDialect:
    """Return the first of these dialects that a request speaks.

    Raises:
        LookupError: if it speaks none.

    """
    for server_dialect in server_dialects:
        if server_dialect.speaks(request):
            return server_dialect
    known = ", ".join(ending for server_dialect in server_dialects for ending in server_dialect.endings)
    message = f"no dialect has the path {request.path.partition('?')[0]}; known are those that end in {known}"
    raise LookupError(message)
