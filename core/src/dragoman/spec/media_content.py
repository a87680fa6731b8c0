"""Refuse media without content, and a web page or base64 that is declared as a picture and the like."""

from __future__ import annotations

import binascii

from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.media import Bytes, FileRef, InlineText, Media, Url
from dragoman.spec.media_signatures import SIGNED, signed_type

_MEMBERS = {Bytes: "data", Url: "url", FileRef: "file_id", InlineText: "text"}
"""What a source holds, by its class."""
_PAGES = (b"<!doctype html", b"<html")
_SHORTEST = 13
"""The length of the shortest page, ``<html></html>``: fewer bytes do not tell what they are."""
_HEAD = 64
"""How many bytes are looked at: many enough for any signature, also in base64."""


def check_content(media: Media, where: str, parameter: str = "messages") -> None:
    """Refuse media that no model can read.

    Args:
        media: an image, audio, a video or a document.
        where: what it is, for the error message.
        parameter: the argument that holds it.

    Raises:
        InvalidRequestError: if it has no content, or if its media type is that of a format with a signature and its
            bytes are a web page, or such a format in base64.

    """
    source = media.source
    member = _MEMBERS[type(source)]
    if not getattr(source, member) and not getattr(source, "ids", None):
        message = f"{where} is empty: its {type(source).__name__} has no {member}; leave it out"
        raise InvalidRequestError(message, parameter=parameter)
    kind = media.media_type.partition(";")[0].strip()
    if isinstance(source, Bytes) and kind in SIGNED and (mistake := _mistake(bytes(source.data[:_HEAD]))):
        what, advice = mistake
        message = f"{where} is declared as {kind}, but its bytes are {what}; {advice}"
        raise InvalidRequestError(message, parameter=parameter)


def _mistake(head: bytes) -> tuple[str, str] | None:
    """Return what the beginning of a file is instead, and what to do about it, if that is certain."""
    if len(head) < _SHORTEST:
        return None
    if head.lstrip().lower().startswith(_PAGES):
        return "a web page", "give the file itself, such as what its address answers to a download"
    encoded = head.split(b"base64,", 1)[-1] if head.startswith(b"data:") else head
    try:
        decoded = binascii.a2b_base64(encoded[: len(encoded) // 4 * 4], strict_mode=True)
    except binascii.Error:
        return None
    return None if signed_type(decoded) is None else ("in base64", "decode them")


__all__ = ["check_content"]
