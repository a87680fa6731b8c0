"""Bodies of several parts: a file, and the fields that belong to it (https://www.rfc-editor.org/rfc/rfc7578)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

_ESCAPED = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data."""


def multipart(
    fields: Mapping[str, str], name: str, data: bytes, *, filename: str, media_type: str
) -> tuple[bytes, str]:
    """Return a body and its ``Content-Type``.

    Args:
        fields: the fields before the file.
        name: the name of the field of the file.
        data: the content of the file.
        filename: its name.
        media_type: its media type.

    """
    boundary = secrets.token_hex(16)
    while boundary.encode() in data:  # pragma: no cover - it is random
        boundary = secrets.token_hex(16)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(each)}"\r\n\r\n{value}\r\n'
        for each, value in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{_escaped(name)}"; filename="{_escaped(filename)}"'
    head += f"\r\nContent-Type: {_escaped(media_type)}\r\n\r\n"
    body = b"".join((head.encode("utf-8", "replace"), data, f"\r\n--{boundary}--\r\n".encode()))
    return body, f"multipart/form-data; boundary={boundary}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED)


__all__ = ["multipart"]
