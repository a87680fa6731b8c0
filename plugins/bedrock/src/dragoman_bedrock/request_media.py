"""Images, documents, videos and audio as blocks of Converse.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
"""

from __future__ import annotations

import re
from typing import Any

from dragoman import InlineText, Media, UnsupportedError, Url
from dragoman.http import Facts, inline_data

FORMATS = Facts(__spec__, "media.toml")
KINDS = ("image", "document", "video", "audio")
"""The kinds of blocks, of which each has a table of its formats."""

DOCUMENT_NAME = "document"
_NAME_LENGTH = 200
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 \-()\[\]]+")


def encode_media(part: Media) -> dict[str, Any]:
    """Return media as a content block.

    Raises:
        UnsupportedError: for a media type or a source that Converse does not accept.

    """
    kind, name = _format_of(part.media_type.partition(";")[0].strip())
    block: dict[str, Any] = {"format": name, "source": _source(part)}
    return {kind: {**block, "name": document_name(part.filename)} if kind == "document" else block}


def _format_of(media_type: str) -> tuple[str, str]:
    """Return the kind of the block and the format of a media type; a text of any type is a document.

    Raises:
        UnsupportedError: for a media type that Converse does not accept.

    """
    for kind in KINDS:
        for name, types in FORMATS.table(kind).items():
            if media_type in types:
                return kind, name
    if media_type.startswith("text/"):
        return "document", "txt"
    accepted = sorted(each for kind in KINDS[:2] for types in FORMATS.table(kind).values() for each in types)
    message = f"Bedrock does not accept {media_type}; send one of {', '.join(accepted)}"
    raise UnsupportedError(message)


def _source(part: Media) -> dict[str, Any]:
    if (found := inline_data(part)) is not None:
        return {"bytes": found[1]}
    if isinstance(part.source, InlineText):
        return {"text": part.source.text}
    if isinstance(part.source, Url) and part.source.url.startswith("s3://"):
        return {"s3Location": {"uri": part.source.url}}
    message = "Bedrock fetches media only from s3:// addresses; send the bytes, such as Media.of(path)"
    raise UnsupportedError(message)


def document_name(filename: str | None) -> str:
    """Return the name of a document with the characters that Converse accepts, without its ending."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", filename or "")
    return " ".join(_NOT_IN_NAMES.sub(" ", stem).split())[:_NAME_LENGTH].strip() or DOCUMENT_NAME
