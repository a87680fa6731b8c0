"""Images, documents, videos and audio as blocks of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dragoman import Bytes, InlineText, Media, UnsupportedError, Url

IMAGES: Mapping[str, str] = {f"image/{name}": name for name in ("png", "jpeg", "gif", "webp")}
DOCUMENTS: Mapping[str, str] = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
VIDEOS: Mapping[str, str] = {
    **{f"video/{name}": name for name in ("mp4", "webm", "mpeg")},
    "video/x-matroska": "mkv",
    "video/quicktime": "mov",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
AUDIO: Mapping[str, str] = {
    **{f"audio/{name}": name for name in ("mp3", "wav", "flac", "ogg", "opus", "aac", "webm")},
    "audio/mpeg": "mp3",
    "audio/x-wav": "wav",
    "audio/mp4": "m4a",
}
KINDS: Mapping[str, Mapping[str, str]] = {"image": IMAGES, "document": DOCUMENTS, "video": VIDEOS, "audio": AUDIO}
"""The formats of each kind of block, by media type."""

DOCUMENT_NAME = "document"
_NAME_LENGTH = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 \-()\[\]]+")


def encode_media(part: Media) -> dict[str, Any]:
    """Return media as a content block.

    Raises:
        UnsupportedError: for a media type or a source that Converse does not accept.

    """
    media_type = part.media_type.partition(";")[0].strip()
    kind, name = next(
        ((kind, formats[media_type]) for kind, formats in KINDS.items() if media_type in formats), ("", "")
    )
    if not kind and media_type.startswith("text/"):
        kind, name = "document", "txt"
    if not kind:
        accepted = ", ".join(sorted((*IMAGES, *DOCUMENTS)))
        message = f"Bedrock does not accept {media_type}; send one of {accepted}"
        raise UnsupportedError(message)
    block: dict[str, Any] = {"format": name, "source": _source(part)}
    return {kind: {**block, "name": document_name(part.filename)} if kind == "document" else block}


def _source(part: Media) -> dict[str, Any]:
    source = part.source
    if isinstance(source, Bytes):
        return {"bytes": source.base64}
    if isinstance(source, InlineText):
        return {"text": source.text}
    if isinstance(source, Url):
        if source.url.startswith("s3://"):
            return {"s3Location": {"uri": source.url}}
        head, found, data = source.url.partition(";base64,")
        if head.startswith("data:") and found:
            return {"bytes": data}
    message = "Bedrock fetches media only from s3:// addresses; send the bytes, such as Media.of(path)"
    raise UnsupportedError(message)


def document_name(filename: str | None) -> str:
    """Return the name of a document with the characters that Converse accepts, without its ending."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", filename or "")
    return " ".join(_NOT_IN_NAMES.sub(" ", stem).split())[:_NAME_LENGTH].strip() or DOCUMENT_NAME
