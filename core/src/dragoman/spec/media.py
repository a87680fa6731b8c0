"""Make media of what programs have at hand: a path, bytes, or an address, which may be a ``data:`` URL."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from os import PathLike
from pathlib import Path
from typing import Any

from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.parts import Bytes, Media, MediaSource, Url

_SIGNATURES: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"WAVE", 8, "audio/wav"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "audio/ogg"),
    (b"ftyp", 4, "video/mp4"),
)
"""The bytes by which a format is known, and where they stand: https://www.iana.org/assignments/media-types."""

_SCHEMES = ("http", "https", "gs", "s3", "file")


def media_of(source: Any, media_type: str | None = None, filename: str | None = None) -> Media:
    """Return media of a path, of bytes, or of an address.

    Args:
        source: a path, whose file is read now; bytes; or a string: a URL, a ``data:`` URL or a path.
        media_type: its type; by default, that of the name of the file, or of its first bytes.
        filename: its file name; by default, that of the path.

    Raises:
        InvalidRequestError: if the file cannot be read, the type cannot be told, or *source* is something else.

    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_bytes(bytes(source), media_type, filename)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(source, str) and (":" in source[:8]):
        scheme = source.partition(":")[0].lower()
        if scheme == "data" or scheme in _SCHEMES:
            made, kind = address_source(source, "source", "")
            return Media(source=made, media_type=media_type or _known(kind, source), filename=filename)
    if isinstance(source, str | PathLike):
        path = Path(source)  # pyright: ignore[reportUnknownArgumentType]
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            message = f"the file {shown(str(path))} cannot be read: {error}"
            raise InvalidRequestError(message) from None
        return _of_bytes(data, media_type or mimetypes.guess_type(path.name)[0], filename or path.name)
    message = f"media are made of a path, bytes or a URL, not {shown(source)}"
    raise InvalidRequestError(message)


def _of_bytes(data: bytes, media_type: str | None, filename: str | None) -> Media:
    kind = media_type or mimetypes.guess_type(filename or "")[0] or _signed(data)
    return Media(source=Bytes(data=data), media_type=_known(kind, filename or "the data"), filename=filename)


def _signed(data: bytes) -> str | None:
    return next((kind for mark, at, kind in _SIGNATURES if data[at : at + len(mark)] == mark), None)


def _known(media_type: str | None, what: str) -> str:
    if not media_type or media_type.startswith("/"):
        message = f"the type of {shown(what)} is unknown; give media_type=, such as 'image/png'"
        raise InvalidRequestError(message)
    return media_type


def address_source(address: str, path: str, family: str) -> tuple[MediaSource, str]:
    """Return the source and the media type of an address.

    Args:
        address: a URL; a ``data:`` URL holds the data itself.
        path: where it stands, for error messages.
        family: the family of the media, such as ``image``, for an address that does not tell its type; any, if empty.

    Raises:
        InvalidRequestError: if a ``data:`` URL does not hold base64.

    """
    if address[:5].lower() == "data:":
        head, found, data = address[5:].partition(",")
        kind, *more = [each.strip() for each in head.split(";")]
        if not found or "base64" not in more:
            message = f"{path} must be a data: URL in base64, as data:image/png;base64,…; it is {shown(address)}"
            raise InvalidRequestError(message, parameter="messages")
        return Bytes(data=base64_bytes(data, path)), kind.lower() or f"{family}/*"
    guessed = mimetypes.guess_type(address.partition("?")[0])[0] or ""
    return Url(url=address), guessed if guessed.startswith(
        f"{family}/" if family else ""
    ) and guessed else f"{family}/*"


def base64_bytes(text: str, path: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        InvalidRequestError: if it is not base64.

    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError(f"{path} must be base64; it is {shown(text)}", parameter="messages") from None
