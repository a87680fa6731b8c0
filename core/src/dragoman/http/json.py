"""JSON: encoding requests, decoding replies within limits, and reading values of the expected types.

A reply may contain any value where a string, a number or an object is expected. The functions that read values return
``None`` or an empty value in such a case, unless they are documented to raise.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson

from dragoman.spec._json_depth import MAX_DEPTH, is_too_deep
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError, ProtocolError, ResponseTooLargeError

EXCERPT = 500
"""How many characters of a reply an error shows."""

_ESCAPE = rb"(?s)\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"


_HALF = "[\ud800-\udfff]"
_HUGEST = 10**4000
"""Integers from here on are not written, because Python does not parse more than 4,300 digits."""
_DIGITS = bytes([ord("0") if chr(byte) in "0123456789" else ord(".") for byte in range(256)])
_LONG_NUMBER = b"0" * 20
"""Only the largest 64-bit integers have this many digits."""
_STEP = 6
_SOME_DIGITS = b"0" * (len(_LONG_NUMBER) // _STEP)
"""What every sixth byte of so many digits contains; most events of a stream can be told by that."""
_MAX_ENCODED_DEPTH = 254  # levels, as orjson counts them
_MAX_PATH = 200
_MOST_DIGITS = 18
_HUGE = 2**63
"""The upper bound of counts and timestamps."""
_NUMBERS = (int, float)
"""A tuple, since the union of them would be made anew at each look."""


MAX_VALUES = 16_000_000
"""How many values a JSON text may contain: as many as 64 MiB of embeddings contain at most."""
MAX_OBJECTS = 1_000_000
"""How many objects and lists a JSON text may contain: the log probabilities of a long answer have 700,000."""
MAX_ITEMS = 10_000
"""How many items a list of parts, calls, choices or citations may have: more than any model generates."""
_LARGE = 1 << 20
_LENIENT = 8 << 20
"""How many bytes are decoded again with Python's json if orjson cannot decode them."""


def items_of(value: object, most: int = MAX_ITEMS) -> list[Any]:
    """Return *value* if it is a list, else an empty one.

    Args:
        value: a value of the reply where a list is expected.
        most: the maximum number of items.

    Raises:
        ResponseTooLargeError: if there are more items, because an object would be created for each.

    """
    if not isinstance(value, list):
        return []
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    if len(items) > most:
        message = f"the reply contains a list of {len(items)} items; the maximum is {most}"
        raise ResponseTooLargeError(message, phase="decode")
    return items


def dumps(value: Any) -> bytes:
    """Return *value* as JSON.

    Raises:
        InvalidRequestError: if *value* contains a value that JSON cannot represent.

    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        if "64-bit" in str(error) and not _invalid_path(value):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        message = f"the request contains a value that JSON cannot represent{_invalid_path(value)}: {error}"
        raise InvalidRequestError(message) from None
    # find() takes a fifth of the time of ``in``, which first tries to read the bytes as one number
    if text.find(b"null") >= 0 and (path := _invalid_path(value)):  # orjson writes numbers that are not finite as null
        message = f"the request contains a value that JSON cannot represent{path}: a number that is not finite"
        raise InvalidRequestError(message)
    return text


def _invalid_path(value: Any) -> str:
    """Return " in " and the path of the first value that JSON cannot represent, or an empty string."""
    stack: list[tuple[str, Any, int]] = [("", value, 0)]
    while stack:
        path, each, depth = stack.pop()
        kind: Any = each.__class__
        if kind is dict:
            named = [(name if isinstance(name, str) else shown(name), inner) for name, inner in each.items()]
            stack += [(f"{path}.{name}", inner, depth + 1) for name, inner in reversed(named)]
        elif kind in {list, tuple}:
            stack += [(f"{path}[{index}]", inner, depth + 1) for index, inner in reversed([*enumerate(each)])]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif not _is_representable(each):
            return f" in {path[:_MAX_PATH].lstrip('.') or 'the value itself'}"
        if depth > _MAX_ENCODED_DEPTH:
            return ""
    return ""


def _is_representable(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not re.search(_HALF, value)
    if isinstance(value, int):
        return abs(value) < _HUGEST
    return value is None


def loads(data: bytes) -> Any:
    """Return the value of a JSON text; an escaped lone surrogate becomes U+FFFD.

    Raises:
        ProtocolError: if *data* is not JSON in UTF-8, or is nested deeper than 500 levels.
        ResponseTooLargeError: if *data* contains more than ``MAX_VALUES`` values or ``MAX_OBJECTS`` objects and lists.

    """
    if len(data) > _LARGE:
        _check_values(data)
    if len(data) > MAX_DEPTH and is_too_deep(data):
        message = f"expected JSON that is nested no deeper than {MAX_DEPTH} levels"
        raise ProtocolError(message, body=data[:EXCERPT].decode("utf-8", "replace"), phase="decode")
    if data[::_STEP].translate(_DIGITS).find(_SOME_DIGITS) >= 0 and _LONG_NUMBER in data.translate(_DIGITS):
        return _loads_leniently(data, "a number that is too long")  # orjson would return a float
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return _loads_leniently(data, str(error))


def _check_values(data: bytes) -> None:
    """Refuse a text whose values would use much more memory: an empty object is 2 bytes of text, and 64 in memory."""
    containers = data.count(b"{") + data.count(b"[")
    if containers > MAX_OBJECTS or containers + data.count(b",") > MAX_VALUES:
        message = f"the reply contains more than {MAX_OBJECTS} objects and lists, or {MAX_VALUES} values"
        raise ResponseTooLargeError(message, phase="decode")


def _loads_leniently(data: bytes, reason: str) -> Any:
    if len(data) > _LENIENT:
        data = data[:EXCERPT]  # decoding the whole text would block the event loop for seconds
    try:
        return json.loads(re.sub(_ESCAPE, _replace_surrogate, data).decode("utf-8"))
    except ValueError:
        shown = data[:EXCERPT].decode("utf-8", "replace")
        message = f"expected JSON, got {shown!r} ({reason})" if data else "expected JSON, got nothing"
        raise ProtocolError(message, body=shown, phase="decode") from None


def _replace_surrogate(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def as_object(value: Any, what: str) -> dict[str, Any]:
    """Return *value*, which must be an object; *what* names it in the error message.

    Raises:
        ProtocolError: if *value* is not an object.

    """
    if not isinstance(value, dict):
        message = f"{what} is not an object, but {type(value).__name__}"
        raise ProtocolError(message, phase="decode")
    return cast("dict[str, Any]", value)


def objects(value: Any, most: int = MAX_ITEMS) -> list[dict[str, Any]]:
    """Return the objects in *value* if it is a list, else an empty list.

    Raises:
        ResponseTooLargeError: if the list has more than *most* items.

    """
    return [item for item in items_of(value, most) if isinstance(item, dict)]


def calls_in(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the objects in the member ``tool_calls``, less empty ones.

    Some servers write a single call without a list, or an object with the calls by their numbers; and any of it, or the
    function of a call, as JSON text.

    Raises:
        ResponseTooLargeError: if there are too many.

    """
    calls = message.get("tool_calls")
    if isinstance(calls, str):
        calls = _from_text(calls)
    if isinstance(calls, dict):
        named = cast("dict[str, Any]", calls)
        calls = [*named.values()] if all(name.isdigit() for name in named) else [named]
    found = [call for call in objects(calls) if call]
    for call in found:
        if isinstance(function := call.get("function"), str):
            call["function"] = _from_text(function)
    return found


def _from_text(text: str) -> Any:
    """Return the value of a JSON text, ``None`` if it is not JSON."""
    try:
        return loads(text.encode("utf-8", "replace"))
    except ProtocolError:
        return None


def fields(value: Any) -> dict[str, Any]:
    """Return *value* if it is an object, else an empty one."""
    known: dict[str, Any] = value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]
    return known


def given(value: Any) -> dict[str, Any]:
    """Return the members of an object that are not null, as some servers write all that there could be."""
    return {name: each for name, each in fields(value).items() if each is not None}


def word(value: Any) -> str | None:
    """Return a string, or a number as a string; ``None`` for an empty string or any other value."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, _NUMBERS) and not isinstance(value, bool) else None


def words(value: Any) -> str:
    """Return a string, or a number as a string; an empty string for any other value."""
    return word(value) or ""


def end_word(value: Any) -> str | None:
    """Return the word for why an answer ended, ``None`` while there is none.

    Some servers send an empty text, a blank one or the text ``null`` or ``None`` in place of ``null`` until the end.
    """
    if isinstance(value, str):
        said = value.strip()
        return None if said.lower() in {"", "null", "none"} else said
    return None if value is None else word(value)


def real(value: Any) -> float | None:
    """Return a number as a float; ``None`` if *value* is not a number, or not between -2**63 and 2**63."""
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not -_HUGE < value < _HUGE:
        return None
    return float(value)


def decoded(data: str) -> bytes:
    """Return the bytes of a base64 string.

    Raises:
        ProtocolError: if *data* is not valid base64.

    """
    try:
        return base64.b64decode(data)
    except ValueError as error:  # binascii.Error, or its parent class for characters that are not ASCII
        message = f"expected base64: {error}"
        raise ProtocolError(message, phase="decode") from None


def count(report: Mapping[str, Any], *path: str) -> int | None:
    """Return the number of tokens at *path* in a usage report; ``None`` if it is missing or not valid."""
    value: Any = report
    for name in path:
        value = fields(value).get(name)
    return number(value)


def number(value: Any) -> int | None:
    """Return a count or a position; ``None`` if *value* is not a number from 0 to 2**63, or the text of one."""
    if value is None:
        return None
    if isinstance(value, str):
        return int(value) if len(value) <= _MOST_DIGITS and value.isascii() and value.isdigit() else None
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not 0 <= value < _HUGE:
        return None
    return int(value)


def rewritten(value: Any) -> str:
    """Return a value of a reply as JSON text.

    Raises:
        ProtocolError: if *value* is nested too deeply or contains a number that is too large to be encoded.

    """
    try:
        return dumps(value).decode()
    except InvalidRequestError as error:
        message = f"the reply contains a value that cannot be encoded as JSON again: {error}"
        raise ProtocolError(message, phase="decode") from None


def arguments_text(value: Any) -> str:
    """Return the arguments of a call as JSON text; text is returned as it is.

    Raises:
        ProtocolError: if *value* cannot be written as JSON.

    """
    return value if isinstance(value, str) else rewritten({} if value is None else value)


def members_of(body: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return the members of *body* with these *names* that are not null, such as those kept as metadata."""
    return {name: body[name] for name in names if body.get(name) is not None}
