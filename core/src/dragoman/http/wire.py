"""What goes over the wire and comes back, and JSON in both directions."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import orjson
from attrs import field, frozen

from dragoman.http.concealment import conceal
from dragoman.spec._json_depth import MAX_DEPTH, is_too_deep
from dragoman.spec._value import Value
from dragoman.spec.errors import InvalidRequestError, ProtocolError, ResponseTooLargeError
from dragoman.spec.given import shown
from dragoman.spec.plain_text import printable
from dragoman.spec.response import Adjustment

EXCERPT = 500
"""How many characters of a reply an error shows."""

_ESCAPE = rb"(?s)\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"


_HALF = re.compile("[\ud800-\udfff]")
_DEEPEST = 254  # levels, as orjson counts them
_PATH = 200


def _no_headers() -> Mapping[str, str]:
    return {}


@frozen(kw_only=True, eq=False, repr=False)
class HttpRequest(Value):
    """Hold one HTTP request.

    Args:
        url: the path below the base URL, as a dialect makes it, or the whole address, as it is sent.
        body: the encoded body.
        method: the HTTP method.
        headers: names in lower case; a credential is a :class:`~dragoman.Secret`.
        adjustments: what a dialect had to send otherwise than asked.

    """

    url: str
    body: bytes | None = field(default=None, repr=lambda body: f"<{len(body)} bytes>")
    method: str = "POST"
    headers: Mapping[str, str] = field(factory=_no_headers)
    adjustments: tuple[Adjustment, ...] = ()


@frozen(kw_only=True, eq=False, repr=False)
class HttpReply(Value):
    """Hold one HTTP reply.

    Args:
        status: the HTTP status.
        headers: names in lower case.
        body: the whole body, decompressed.
        sent: the headers of the request, whose credentials no error about this reply shows.

    """

    status: int
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)
    body: bytes = field(default=b"", repr=lambda body: f"<{len(body)} bytes>")
    sent: Mapping[str, str] | None = field(default=None, repr=False, eq=False)

    @property
    def media_type(self) -> str:
        """Return the media type in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def excerpt(self) -> str:
        """Return the beginning of the body as text that may be shown and logged."""
        return printable(self.body[: EXCERPT * 4].decode("utf-8", "replace")[:EXCERPT])

    def json(self) -> Any:
        """Return the decoded body.

        Raises:
            ProtocolError: if it is not JSON.

        """
        try:
            return loads(self.body)
        except ProtocolError as error:
            conceal(error, self.sent or {})
            raise


MAX_VALUES = 16_000_000
"""How many values a JSON text may hold: the most that embeddings of 64 MiB come to."""
MAX_OBJECTS = 1_000_000
"""How many objects and lists a JSON text may hold: log probabilities of a long answer come to 700,000."""
MAX_ITEMS = 10_000
"""How many items a list of parts, calls, choices or citations may hold: more than any model makes."""
_LARGE = 1 << 20
_LENIENT = 8 << 20
"""How many bytes are read again where they hold half a surrogate pair."""


def items_of(value: object, most: int = MAX_ITEMS) -> list[Any]:
    """Return the items of a list of a reply; nothing if it is none.

    Args:
        value: what the reply holds where a list belongs.
        most: how many items are accepted.

    Raises:
        ResponseTooLargeError: if there are more: each would be made into an object of ours.

    """
    if not isinstance(value, list):
        return []
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    if len(items) > most:
        message = f"the reply holds a list of {len(items)} items, where {most} are accepted"
        raise ResponseTooLargeError(message, phase="decode")
    return items


def dumps(value: Any) -> bytes:
    """Return *value* as JSON.

    Raises:
        InvalidRequestError: if it holds what JSON cannot say.

    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        message = f"the request holds what JSON cannot say{_where(value)}: {error}"
        raise InvalidRequestError(message) from None
    if b"null" in text and (where := _where(value)):  # as orjson writes what is no finite number
        message = f"the request holds what JSON cannot say{where}: a number that is not finite"
        raise InvalidRequestError(message)
    return text


def _where(value: Any) -> str:
    """Return the path of the first value that JSON has no form for, empty if all have one."""
    ahead: list[tuple[str, Any, int]] = [("", value, 0)]
    while ahead:
        path, each, depth = ahead.pop()
        kind: Any = each.__class__
        if kind is dict:
            named = [(name if isinstance(name, str) else shown(name), inner) for name, inner in each.items()]
            ahead += [(f"{path}.{name}", inner, depth + 1) for name, inner in reversed(named)]
        elif kind in {list, tuple}:
            ahead += [(f"{path}[{index}]", inner, depth + 1) for index, inner in reversed([*enumerate(each)])]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif not _is_sayable(each):
            return f" in {path[:_PATH].lstrip('.') or 'the value itself'}"
        if depth > _DEEPEST:
            return ""
    return ""


def _is_sayable(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not _HALF.search(value)
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    return value is None


def loads(data: bytes) -> Any:
    """Return the value of a JSON text; half a surrogate pair in an escape becomes U+FFFD.

    Raises:
        ProtocolError: if it is not JSON in UTF-8, or nested deeper than 500 levels.

    """
    if len(data) > _LARGE:
        _check_values(data)
    if len(data) > MAX_DEPTH and is_too_deep(data):
        message = f"expected JSON that is nested no deeper than {MAX_DEPTH} levels"
        raise ProtocolError(message, body=data[:EXCERPT].decode("utf-8", "replace"), phase="decode")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _loads_leniently(data, str(error))


def _check_values(data: bytes) -> None:
    """Refuse a text that is small beside what it would take as values: an empty object has 2 bytes here, 64 there."""
    opened = data.count(b"{") + data.count(b"[")
    if opened > MAX_OBJECTS or opened + data.count(b",") > MAX_VALUES:
        message = f"the reply holds more than {MAX_OBJECTS} objects and lists, or {MAX_VALUES} values"
        raise ResponseTooLargeError(message, phase="decode")


def _loads_leniently(data: bytes, reason: str) -> Any:
    if len(data) > _LENIENT:
        data = data[:EXCERPT]  # which takes seconds, in which no deadline could be kept
    try:
        return json.loads(re.sub(_ESCAPE, _whole, data).decode("utf-8"))
    except ValueError:
        shown = data[:EXCERPT].decode("utf-8", "replace")
        message = f"expected JSON, got {shown!r} ({reason})" if data else "expected JSON, got nothing"
        raise ProtocolError(message, body=shown, phase="decode") from None


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]
