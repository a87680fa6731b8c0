"""A line of the log for each exchange, without content and credentials.

Of a body, the line has the names of its members and what is a number or a switch. Of texts and lists it has the length.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from dragoman.http.header_values import header_text
from dragoman.http.json import loads
from dragoman.http.wire import HttpRequest
from dragoman.spec.errors import ProtocolError
from dragoman.spec.plain_text import on_one_line
from dragoman.spec.secret import MASK, Secret

_SHOWN_HEADERS = frozenset({"accept", "content-type", "idempotency-key", "user-agent", "x-retry-count"})
"""The headers of a request whose values are shown; any other may hold what is confidential."""
_SHOWN_TEXTS = frozenset({"model"})
"""The members of a body whose texts are shown."""


def log_exchange(
    logger: logging.Logger,
    request: HttpRequest,
    status: int,
    headers: Mapping[str, str],
    *,
    size: int | None = None,
    request_id: str | None = None,
) -> None:
    """Log one exchange.

    Args:
        logger: the logger.
        request: what was sent.
        status: the status of the reply.
        headers: the headers of the reply.
        size: the size of its body in bytes; ``None`` for a stream that has just begun.
        request_id: the id that the server gave the request.

    """
    logger.debug(
        "%s %s {%s} %s -> %d %s, %s, request %s",
        request.method,
        _address(request.url),
        ", ".join(f"{name}: {_header(name, value)}" for name, value in request.headers.items()),
        _outline(request.body),
        status,
        header_text(headers.get("content-type", "")) or "no media type",
        "a stream" if size is None else f"{size} bytes",
        request_id,
    )


def _address(url: str) -> str:
    """Return an address with the values of its query masked."""
    parts = urlsplit(url)
    query = "&".join(f"{name}={MASK}" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return on_one_line(parts._replace(query=query).geturl())


def _header(name: str, text: str) -> str:
    return MASK if isinstance(text, Secret) or name.lower() not in _SHOWN_HEADERS else header_text(text)


def _outline(body: bytes | None) -> str:
    """Return the names of the members of a body, with what can be shown of their values."""
    if not body:
        return "no body"
    try:
        decoded: Any = loads(body)
    except ProtocolError:
        decoded = None
    if not isinstance(decoded, dict):
        return f"{len(body)} bytes"
    members = cast("dict[str, Any]", decoded)
    shown = " ".join(f"{on_one_line(name)}={_value(name, each)}" for name, each in members.items())
    return f"{shown} ({len(body)} bytes)"


def _value(name: str, each: Any) -> str:
    if isinstance(each, str):
        return on_one_line(each) if name in _SHOWN_TEXTS else f"<{len(each)} characters>"
    if isinstance(each, list | dict):
        return f"<{len(cast('list[Any]', each))} members>"
    return str(each)
