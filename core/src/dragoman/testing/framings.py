"""Encoders of the framings of ``dragoman.http``, for servers in tests."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from zlib import crc32

from dragoman.http.framing import HeaderValue

__all__ = ["binary_message", "json_line"]

_TEXT, _BYTES, _LONG = 7, 6, 5


def json_line(value: object) -> bytes:
    """Return one line of newline-delimited JSON."""
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def binary_message(content: bytes, headers: Mapping[str, HeaderValue], *, length: int | None = None) -> bytes:
    """Return one binary message.

    Args:
        content: its content.
        headers: its headers; integers are written with 8 bytes.
        length: the length to declare instead of the true one.

    """
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack(">II", length or len(encoded) + len(content) + 16, len(encoded))
    message = prelude + struct.pack(">I", crc32(prelude)) + encoded + content
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: HeaderValue) -> bytes:
    encoded = name.encode()
    return bytes([len(encoded)]) + encoded + _header_value(value)


def _header_value(value: HeaderValue) -> bytes:
    if isinstance(value, bool):
        return bytes([not value])
    if isinstance(value, int):
        return struct.pack(">Bq", _LONG, value)
    kind, encoded = (_TEXT, value.encode()) if isinstance(value, str) else (_BYTES, value)
    return struct.pack(">BH", kind, len(encoded)) + encoded
