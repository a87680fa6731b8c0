"""What an error says if a server does not know the path of a request, mostly because of a wrong base URL."""

from __future__ import annotations

import re
from typing import Final

from dragoman.http.endpoint import Base
from dragoman.http.error_bodies import is_page
from dragoman.http.wire import HttpReply
from dragoman.spec.errors import DragomanError, ProtocolError, ProviderError

_UNKNOWN_PATH: Final = frozenset({404, 405})

_UNROUTED = (
    r"\binvalid url \(|\bunknown request url\b|\bunexpected endpoint\b|\bno route\b|\bcannot (?:post|get) /|"
    r"\bno (?:static resource|handler found)\b|\brequested url was not found\b"
)
"""What servers say, with any status, if no path matches."""

_NOT_FOUND = (
    r"^\W*(?:404\W+)?(?:the )?(?:requested )?(?:page|file|resource|route|path|endpoint|url)?\s*(?:was |is |could )?"
    r"not (?:be )?found(?: without a message)?\W*(?:$|nginx|[(:])|^\W*method not allowed"
)
"""What they say with a status that a wrong model has too."""


def tell_path(error: DragomanError, reply: HttpReply, base: Base) -> None:
    """Add to the message of *error* which URL was asked and what the base URL may have to be, if that seems wrong.

    Args:
        error: what a dialect made of *reply*.
        reply: the reply.
        base: the base URL of the request.

    """
    asked = reply.asked or ""
    if base.url not in asked or not isinstance(error, ProviderError | ProtocolError) or not _is_wrong(error, reply):
        return
    if base.likely is None or base.likely == base.url:
        path = asked.partition(base.url)[2].partition("?")[0]
        advice = f"the base URL is what comes before {path}" if path else "check the base URL"
    else:
        advice = f"the base URL is {base.url}, but may have to be {base.likely}"
    error.message = f"{error.message} (asked was {asked}; {advice})"


def _is_wrong(error: DragomanError, reply: HttpReply) -> bool:
    if isinstance(error, ProtocolError):
        return is_page(reply)
    if re.search(_UNROUTED, error.message, re.IGNORECASE):
        return True
    if reply.status not in _UNKNOWN_PATH:
        return False
    return is_page(reply) or re.search(_NOT_FOUND, error.message, re.IGNORECASE) is not None
