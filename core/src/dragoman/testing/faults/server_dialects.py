"""The built-in server dialects, and the choice between them by the path of a request."""

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
"""The dialects that the server supports by default."""


def dialect_of(request: Received, server_dialects: Sequence[ServerDialect] = SERVER_DIALECTS) -> ServerDialect:
    """Return the first of these dialects that matches the path of a request.

    Raises:
        LookupError: if none does.

    """
    for server_dialect in server_dialects:
        if server_dialect.speaks(request):
            return server_dialect
    known = ", ".join(ending for server_dialect in server_dialects for ending in server_dialect.endings)
    message = f"no dialect matches the path {request.path.partition('?')[0]}; the path must end in one of {known}"
    raise LookupError(message)
