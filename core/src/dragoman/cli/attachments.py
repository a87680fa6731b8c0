"""Files, addresses and standard input as attachments of a message."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from dragoman.cli import text_io
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.media import Bytes, InlineText, Media
from dragoman.spec.user_folder import user_path

STDIN = "-"
"""What stands for standard input."""


def read_attachment(source: str) -> Media:
    """Return the attachment that *source* names; a text of any type becomes a document of plain text.

    Args:
        source: the path of a file, a URL, or ``-`` for standard input.

    Raises:
        click.UsageError: if standard input cannot be read.
        ConfigurationError: if the path begins with the home of a user that is not known.
        InvalidRequestError: if it cannot be read, or is neither text nor of a known type.

    """
    if source == STDIN:
        return _of_data(text_io.read_bytes(), "standard input")
    if not source:
        message = "the name of an attachment is empty; give a file, a URL, or - for standard input"
        raise InvalidRequestError(message, parameter="source")
    path = user_path(source)
    if _is_pipe(path):  # as a shell makes it of <(command)
        return _of_data(_content(path), source)
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises an error for a name that is too long
        return Media.of(source)  # an address, or else the error says why there is no file
    try:
        return _as_text(Media.of(path))
    except InvalidRequestError as error:
        try:
            data = path.read_bytes()
        except OSError:
            raise error from None
        return _of_data(data, path.name)


def _is_pipe(path: Path) -> bool:
    try:
        return stat.S_ISFIFO(path.stat().st_mode)
    except (OSError, ValueError):  # of an address
        return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise InvalidRequestError(message, parameter="source") from None


def _of_data(data: bytes, name: str) -> Media:
    if not data:
        message = f"{name} is empty; leave it out, or attach another one"
        raise InvalidRequestError(message, parameter="source")
    try:
        return _as_text(Media.of(data))
    except InvalidRequestError:
        text = _text_of(data)
        if text is None:
            message = f"the type of {name} is unknown; attach a file whose name tells it, such as photo.png"
            raise InvalidRequestError(message) from None
        return Media(source=InlineText(text=text), media_type="text/plain", filename=name)


def _as_text(media: Media) -> Media:
    """Return a text as a document, which more providers take than its bytes."""
    is_text = media.media_type.startswith("text/") or media.media_type in {"application/json", "application/xml"}
    text = _text_of(media.source.data) if is_text and isinstance(media.source, Bytes) else None
    return (
        media if text is None else Media(source=InlineText(text=text), media_type="text/plain", filename=media.filename)
    )


def _text_of(data: bytes) -> str | None:
    """Return *data* as text, ``None`` if it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text and "\0" not in text else None
