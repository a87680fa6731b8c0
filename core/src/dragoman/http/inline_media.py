"""Media that is sent with a request: as bytes, or as the ``data:`` URL of another library."""

from __future__ import annotations

from dragoman.spec.media import Bytes, Media, Url

_BASE64 = ";base64,"


def inline_data(part: Media) -> tuple[str, str] | None:
    """Return the media type and the base64 text of media that is given with its data, ``None`` for any other."""
    source = part.source
    if isinstance(source, Bytes):
        return part.media_type, source.base64
    if not isinstance(source, Url) or source.url[:5].lower() != "data:":
        return None
    head, found, data = source.url[5:].partition(_BASE64)
    return (head or part.media_type, data) if found else None


def address_of(source: Bytes | Url, media_type: str) -> str:
    """Return the address of media, for bytes a ``data:`` URL that holds them."""
    return source.url if isinstance(source, Url) else f"data:{media_type}{_BASE64}{source.base64}"
