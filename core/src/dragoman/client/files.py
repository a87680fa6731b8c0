"""Files that are uploaded: what a caller gives, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from dragoman.client.binding import Bound
from dragoman.client.request_builder import RequestBuilder
from dragoman.client.shared_options import operation_options
from dragoman.spec.argument_checks import shown
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.files import FileUpload
from dragoman.spec.media import Bytes, FileRef, Media

_OWN = frozenset({"filename", "media_type", "timeout", "options"})
"""Keywords of the core; all others are options of the provider."""


async def file_to_upload(
    bound: Bound, builder: RequestBuilder, source: str | bytes | PathLike[str], keywords: Mapping[str, Any]
) -> FileUpload:
    """Return what is to be stored.

    Raises:
        InvalidRequestError: if the file cannot be read, its type cannot be told, or for an unknown option.

    """
    import asyncio  # noqa: PLC0415  # not paid for at import

    kind_of_options: type[Any] | None = getattr(bound.provider, "file_options", None)
    options = operation_options("upload", keywords, _OWN, kind_of_options, builder)
    name, kind = keywords.get("filename"), keywords.get("media_type")
    media = await asyncio.to_thread(Media.of, source, media_type=kind, filename=name)
    if not isinstance(media.source, Bytes):
        message = f"a file is uploaded of a path or of bytes, not of {shown(source)}"
        raise InvalidRequestError(message, parameter="source")
    filename = media.filename or "file"
    return FileUpload(data=media.source.data, filename=filename, media_type=media.media_type, options=options)


def stored_file(ref: Any, bound: Bound) -> FileRef:
    """Return what refers to a file at the provider that is bound.

    Raises:
        InvalidRequestError: if it is not a reference, or the file was only uploaded to others.

    """
    if not isinstance(ref, FileRef):
        message = f"ref must be a FileRef, as upload() returns it, not {shown(ref)}"
        raise InvalidRequestError(message, parameter="ref")
    issuer = bound.provider.info.issuer
    file_id = ref.id_for(issuer)
    if not file_id.strip(" ./"):  # in an address, it would not name a file, but all of them
        message = f"{shown(file_id)} is no id of a file at {issuer}; give the FileRef as upload() returns it"
        raise InvalidRequestError(message, parameter="ref")
    return FileRef(file_id=file_id, issuer=issuer, media_type=ref.media_type, filename=ref.filename)


__all__ = ["file_to_upload", "stored_file"]
