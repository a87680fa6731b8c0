"""Files that Anthropic stores: https://docs.anthropic.com/en/api/files-create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman import CallContext, FileInfo, FileRef, FileUpload
from dragoman.http import HttpProvider, HttpRequest, count, multipart, path_segment, word
from dragoman_anthropic.options import ISSUER
from dragoman_anthropic.provider import read_entries, timestamp
from dragoman_anthropic.request import FILES_BETA

PATH = "/files"
_HEADERS = {"anthropic-beta": FILES_BETA}
_PAGE_SIZE = 1000
"""The number of files on one page: the maximum of the API."""


async def upload(provider: HttpProvider, file: FileUpload, context: CallContext) -> FileRef:
    """Store a file."""
    expires = file.options.get("expires_in_seconds")
    fields = {} if expires is None else {"expires_in_seconds": str(expires)}
    body, kind = multipart(fields, "file", file.data, filename=file.filename, media_type=file.media_type)
    wire = HttpRequest(url=PATH, body=body, headers={**_HEADERS, "content-type": kind})
    reply = await provider.call(wire, context)
    with provider.reading(reply):
        return _info(provider.read_object(reply, "the file", needs="id")).ref


async def files(provider: HttpProvider, context: CallContext) -> Sequence[FileInfo]:
    """Return the files of the workspace."""
    return tuple(map(_info, await read_entries(provider, f"{PATH}?limit={_PAGE_SIZE}", context, _HEADERS)))


async def delete_file(provider: HttpProvider, ref: FileRef, context: CallContext) -> None:
    """Delete a file."""
    url = f"{PATH}/{path_segment(ref.file_id, 'file')}"
    reply = await provider.call(HttpRequest(method="DELETE", url=url, headers=_HEADERS), context)
    with provider.reading(reply):
        provider.read_object(reply, "the reply")


def _info(entry: Mapping[str, Any]) -> FileInfo:
    ref = FileRef(
        file_id=str(entry["id"]),
        issuer=ISSUER,
        media_type=word(entry.get("mime_type")),
        filename=word(entry.get("filename")),
    )
    return FileInfo(
        ref=ref,
        size=count(entry, "size_bytes"),
        created=timestamp(entry.get("created_at")),
        expires=timestamp(entry.get("expires_at")),
        metadata=entry,
    )
