"""Images, sounds, videos and documents as parts: https://ai.google.dev/api/caching#Part."""

from __future__ import annotations

import mimetypes
from typing import Any

from dragoman import Bytes, FileRef, InlineText, Media, Url
from dragoman.http import inline_data
from dragoman_google.options import ISSUER

FILES_URL = "https://generativelanguage.googleapis.com/v1beta/"
"""The base URL of the names of uploaded files."""


def encode_media(part: Media) -> dict[str, Any]:
    """Return an image, a sound, a video or a document as a part."""
    source = part.source
    if isinstance(source, InlineText):
        return {"text": source.text}
    if (found := inline_data(part)) is not None:
        return {"inlineData": {"mimeType": found[0], "data": found[1]}}
    assert not isinstance(source, Bytes)  # noqa: S101  # which are inline
    return {"fileData": {**_media_type(part), "fileUri": _uri(source)}}


def _uri(source: Url | FileRef) -> str:
    if isinstance(source, Url):
        return source.url
    file_id = source.id_for(ISSUER)
    return FILES_URL + file_id if file_id.startswith("files/") else file_id


def _media_type(part: Media) -> dict[str, str]:
    """Return the media type; where it contains a wildcard, the type that the extension of the URL suggests."""
    if "*" not in part.media_type:
        return {"mimeType": part.media_type}
    guessed = mimetypes.guess_type(part.source.url.partition("?")[0])[0] if isinstance(part.source, Url) else None
    return {"mimeType": guessed} if guessed else {}
