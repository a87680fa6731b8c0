"""JSON as it is sent and received: written, read within limits, and its values read as what they should be.

A reply may hold anything where a text, a number or an object is expected. The functions that read values give a plain
answer to that: ``None``, or an empty value, wherever a dialect need not fail.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from typing import Any, cast

import orjson

from dragoman.spec._json_depth import MAX_DEPTH, is_too_deep
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, ProtocolError, ResponseTooLargeError

EXCERPT = 500
"""How many characters of a reply an error shows."""

_ESCAPE = rb"(?s)\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"


_HALF = re.compile("[\ud800-\udfff]")
_HUGEST = 10**4000
"""No longer number is written: Python reads no more than 4,300 digits again."""
_DIGITS = bytes([ord("0") if chr(byte) in "0123456789" else ord(".") for byte in range(256)])
_LONG_NUMBER = b"0" * 20
"""As many digits as no integer of 64 bits has, but the greatest ones."""
_DEEPEST = 254  # levels, as orjson counts them
_PATH = 200
_HUGE = 2**63
"""Counts and points in time are below it."""


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
        if "64-bit" in str(error) and not _where(value):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
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
        return abs(value) < _HUGEST
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
    if _LONG_NUMBER in data.translate(_DIGITS):
        return _loads_leniently(data, "a number that is too long")  # orjson makes a float of it
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


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value* if it is an object.

    Raises:
        ProtocolError: if it is not.

    """
    if not isinstance(value, dict):
        message = f"{what} is no object, but {type(value).__name__}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def objects(value: Any, most: int = MAX_ITEMS) -> list[dict[str, Any]]:
    """Return the objects of a list; nothing if it is none.

    Raises:
        ResponseTooLargeError: if it has more than *most* items.

    """
    return [item for item in items_of(value, most) if isinstance(item, dict)]


def fields(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def word(value: Any) -> str | None:
    """Return a name or id as text, also where a server sends a number; ``None`` if it is empty or neither."""
    return (value or None) if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def words(value: Any) -> str:
    """Return a text, also where a server sends a number; an empty one if it is neither."""
    return word(value) or ""


def real(value: Any) -> float | None:
    """Return a number with what follows its point; ``None`` if it is none, or beyond all that make sense."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_HUGE < value < _HUGE:
        return None
    return float(value)


def decoded(data: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        ProtocolError: if it is none.

    """
    try:
        return base64.b64decode(data)
    except ValueError as error:  # binascii.Error, or its parent for what is not ASCII
        message = f"expected base64: {error}"
        raise ProtocolError(message, phase="decode") from None


def count(report: Mapping[str, Any], *path: str) -> int | None:
    """Return a number of tokens from a report of usage; ``None`` if it is not there or makes no sense."""
    value: Any = report
    for name in path:
        value = fields(value).get(name)
    return number(value)


def number(value: Any) -> int | None:
    """Return a number of tokens; ``None`` for what makes no sense as one."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _HUGE:
        return None
    return int(value)


def rewritten(value: Any) -> str:
    """Return a value of a reply as JSON text.

    Raises:
        ProtocolError: if it nests too deep, or holds a number too large, to be written again.

    """
    try:
        return dumps(value).decode()
    except InvalidRequestError as error:
        message = f"the reply holds what cannot be written as JSON again: {error}"
        raise ProtocolError(message, phase="decode") from None
