"""Refuse media without content, and text that is declared as a format which is never text."""

from __future__ import annotations

import codecs

from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.media import Bytes, FileRef, InlineText, Media, Url
from dragoman.spec.media_signatures import SIGNED, signed_type

_MEMBERS = {Bytes: "data", Url: "url", FileRef: "file_id", InlineText: "text"}
"""What a source holds, by its class."""
_SHORTEST = 12
"""The length of the longest signature with its place: fewer bytes do not tell what they are."""
_LOOKED_AT = 1024
"""How many bytes are looked at; a PDF begins within as many."""
_NOT_TEXT = frozenset(range(32)) - {*b"\t\n\v\f\r\x1b"}
"""https://mimesniff.spec.whatwg.org/#binary-data-byte."""


def check_content(media: Media, where: str, parameter: str = "messages") -> None:
    """Refuse media that no model can read.

    Args:
        media: an image, audio, a video or a document.
        where: what it is, for the error message.
        parameter: the argument that holds it.

    Raises:
        InvalidRequestError: if it has no content, or if its bytes are text and its media type is that of a format which
            never is.

    """
    source = media.source
    member = _MEMBERS[type(source)]
    if not getattr(source, member) and not getattr(source, "ids", None):
        message = f"{where} is empty: its {type(source).__name__} has no {member}; leave it out"
        raise InvalidRequestError(message, parameter=parameter)
    kind = media.media_type.partition(";")[0].strip()
    if isinstance(source, Bytes) and kind in SIGNED and _is_text(bytes(source.data[:_LOOKED_AT])):
        message = (
            f"{where} is declared as {kind}, but its bytes are text; give the bytes of the file itself, decoded if "
            "they are in base64, or the media type of the text, such as 'text/plain'"
        )
        raise InvalidRequestError(message, parameter=parameter)


def _is_text(data: bytes) -> bool:
    """Return whether the beginning of a file is text for certain."""
    if len(data) < _SHORTEST or signed_type(data) is not None or b"%PDF-" in data or not _NOT_TEXT.isdisjoint(data):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


__all__ = ["check_content"]
