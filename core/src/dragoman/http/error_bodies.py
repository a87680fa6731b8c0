"""The message of an error, in whichever member, shape or markup a server or a gateway puts it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from http.client import responses
from typing import Any, cast

from dragoman.http.json import fields
from dragoman.http.status import may_retry, retry_after
from dragoman.http.wire import HttpReply
from dragoman.spec.errors import ProtocolError, ProviderError

NAMES = (
    "message",
    "error",
    "detail",
    "msg",
    "error_message",
    "errorMessage",
    "error_msg",
    "Message",
    "errors",
    "error_description",
    "description",
    "details",
    "reason",
    "title",
)
"""The members that hold a message, or an object or a list with one; the first that has a text counts."""

_LEVELS = 8
_ITEMS = 5
"""How many messages of a list are shown."""
_SHOWN = 300
"""How many characters of a page are shown."""
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype html|html\b)", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(r"<(script|style|title)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def error_text(reply: HttpReply) -> str:
    """Return the message of a reply that reports an error; if it has none, what its status means."""
    if is_page(reply):
        return _of_page(reply.excerpt) or _of_status(reply.status)
    try:
        found = text_in(reply.json())
    except ProtocolError:
        found = None
    return found or reply.excerpt.strip() or _of_status(reply.status)


def error_from(
    reply: HttpReply,
    kind: type[ProviderError],
    message: str,
    *,
    code: str | None = None,
    parameter: str | None = None,
    status: int | None = None,
) -> ProviderError:
    """Return an error with what its reply says besides: the status, the wait, whether to retry, and the body.

    Args:
        reply: the reply.
        kind: the class of the error.
        message: its message.
        code: the vendor's code of it.
        parameter: the setting that it is about.
        status: the status that it stands for; that of the reply if not given.

    """
    known = reply.status if status is None else status
    return kind(
        message,
        status=known,
        code=code,
        parameter=parameter,
        retry_after=retry_after(reply.headers),
        retryable=may_retry(kind, known, reply.headers),
        body=reply.excerpt,
    )


def object_in(reply: HttpReply) -> dict[str, Any]:
    """Return the object that a reply holds, an empty one if it holds none."""
    try:
        return fields(reply.json())
    except ProtocolError:
        return {}


def is_page(reply: HttpReply) -> bool:
    """Return whether the body is a web page, which no API answers with."""
    return _PAGE.match(reply.excerpt) is not None


def text_in(value: Any, levels: int = _LEVELS) -> str | None:
    """Return the message in a JSON value of an error, ``None`` if it has none.

    Args:
        value: a text, an object, or a list of either; a text may be such a value as JSON.
        levels: how deep it is searched.

    """
    if not levels:
        return None
    if isinstance(value, str):
        return _of_text(value.strip(), levels) or None
    if isinstance(value, list):
        texts = (text_in(each, levels - 1) for each in value[:_ITEMS])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return "; ".join(text for text in texts if text) or None
    return _of_object(cast("dict[str, Any]", value), levels) if isinstance(value, dict) else None


def _of_text(text: str, levels: int) -> str:
    """Return *text*, or the message in it if it is JSON, as that of a server behind a gateway."""
    if not text.startswith("{"):
        return text
    try:
        return text_in(HttpReply(status=0, body=text.encode("utf-8", "replace")).json(), levels - 1) or text
    except ProtocolError:
        return text


def _of_object(members: Mapping[str, Any], levels: int) -> str | None:
    found = next((text for name in NAMES if (text := text_in(members.get(name), levels - 1))), None)
    where = members.get("loc")
    if found is None or not isinstance(where, list):
        return found
    return f"{'.'.join(map(str, where))}: {found}"  # pyright: ignore[reportUnknownArgumentType]  # a path


def _of_page(page: str) -> str:
    """Return the title and the beginning of the text of a web page."""
    found = _TITLE.search(page)
    title = _plain(found[1]) if found else ""
    text = _plain(_HIDDEN.sub(" ", page))
    if text.startswith(title) or title.lower() in {"", "error"}:
        return text[:_SHOWN]
    return f"{title}: {text}"[:_SHOWN].removesuffix(": ")


def _plain(markup: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _of_status(status: int) -> str:
    return f"{responses.get(status) or f'HTTP status {status}'} without a message"
