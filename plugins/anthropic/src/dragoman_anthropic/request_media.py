"""Images and documents as blocks of the Messages API.

https://docs.anthropic.com/en/docs/build-with-claude/vision and
https://docs.anthropic.com/en/docs/build-with-claude/pdf-support
"""

from __future__ import annotations

from typing import Any

from dragoman import Bytes, FileRef, InlineText, Media, UnsupportedError, Url
from dragoman.http import inline_data
from dragoman_anthropic.options import ISSUER

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""Media types of images that can be sent as bytes."""

_PDF = "application/pdf"
_TEXTS = frozenset({"application/json", "application/xml", "application/yaml"})


def encode_media(part: Media) -> dict[str, Any]:
    """Return an image, a document or an uploaded file as a content block.

    Raises:
        UnsupportedError: for a media type that the API does not accept.

    """
    family = part.media_type.partition("/")[0]
    if isinstance(part.source, FileRef):
        return _uploaded(part.source, part.media_type, part.filename)
    if family == "image":
        return {"type": "image", "source": _image(part)}
    if isinstance(part.source, InlineText):
        return _document(_text(part.source.text), part.filename)
    if isinstance(part.source, Url) and (part.media_type == _PDF or _is_text(part.media_type)):
        return _document(_url(part, part.source.url), part.filename)
    if isinstance(part.source, Bytes) and part.media_type == _PDF:
        return _document(_data(part.source.base64, _PDF), part.filename)
    if isinstance(part.source, Bytes) and _is_text(part.media_type):
        return _document(_text(part.source.data.decode("utf-8", "replace")), part.filename)
    message = (
        f"Anthropic does not accept {part.media_type} as {type(part.source).__name__}; send an image, a PDF or text"
    )
    raise UnsupportedError(message)


def _is_text(media_type: str) -> bool:
    return media_type.startswith("text/") or media_type in _TEXTS


def _uploaded(source: FileRef, media_type: str, filename: str | None) -> dict[str, Any]:
    """Return an uploaded file; one that is not an image or a document is made available to tools in the container."""
    file_id = source.id_for(ISSUER)
    file = {"type": "file", "file_id": file_id}
    if media_type.startswith("image/"):
        return {"type": "image", "source": file}
    if media_type == _PDF or _is_text(media_type):
        return _document(file, filename)
    return {"type": "container_upload", "file_id": file_id}


def _image(part: Media) -> dict[str, Any]:
    if isinstance(part.source, Url):
        return _url(part, part.source.url)
    if isinstance(part.source, Bytes) and part.media_type in IMAGES:
        return _data(part.source.base64, part.media_type)
    accepted = ", ".join(sorted(IMAGES))
    message = f"Anthropic does not accept {part.media_type} as {type(part.source).__name__}; send one of {accepted}"
    raise UnsupportedError(message)


def _url(part: Media, url: str) -> dict[str, Any]:
    """Return the source for a URL; the API does not accept ``data:`` URLs, so their data is sent as base64."""
    found = inline_data(part)
    return {"type": "url", "url": url} if found is None else _data(found[1], found[0])


def _data(data: str, media_type: str) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": data}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "media_type": "text/plain", "data": text}


def _document(source: dict[str, Any], title: str | None) -> dict[str, Any]:
    titled = {} if title is None else {"title": title}
    return {"type": "document", "source": source, **titled}
