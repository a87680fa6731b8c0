"""Files that Google stores for two days: https://ai.google.dev/api/files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dragoman import CallContext, FileInfo, FileRef, FileUpload, ProtocolError, RequestTimeoutError
from dragoman.http import (
    HttpProvider,
    HttpReply,
    HttpRequest,
    as_object,
    dumps,
    objects,
    path_segment,
    read_pages,
    word,
)
from dragoman_google.options import ISSUER

PATH = "/files"
_WAIT = 1.0
"""How many seconds to wait for a video to be processed before asking again."""


async def upload(provider: HttpProvider, file: FileUpload, context: CallContext) -> FileRef:
    """Store a file by the protocol for resumable uploads, and wait until it is processed."""
    about = {
        "x-goog-upload-protocol": "resumable",
        "x-goog-upload-command": "start",
        "x-goog-upload-header-content-length": str(len(file.data)),
        "x-goog-upload-header-content-type": file.media_type,
    }
    shown = str(file.options.get("display_name") or file.filename)
    begun = HttpRequest(url=_upload_address(provider), body=dumps({"file": {"displayName": shown}}), headers=about)
    started = await provider.call(begun, context)
    with provider.reading(started):
        target = _upload_target(started)
    command = {"x-goog-upload-offset": "0", "x-goog-upload-command": "upload, finalize"}
    sent = HttpRequest(url=target, body=file.data, headers={**command, "content-type": file.media_type})
    reply = await provider.call(sent, context)
    with provider.reading(reply):
        entry = _entry(reply, provider.read_object(reply, "the reply").get("file"))
    return _info(await _processed(provider, entry, context)).ref


async def files(provider: HttpProvider, context: CallContext) -> Sequence[FileInfo]:
    """Return the files of the project."""
    return tuple(map(_info, await read_entries(provider, f"{PATH}?pageSize=100", "files", context)))


async def read_entries(provider: HttpProvider, url: str, member: str, context: CallContext) -> list[dict[str, Any]]:
    """Return the entries of a listing, each of which has a name: https://ai.google.dev/api/models#method:-models.list.

    Args:
        provider: the provider that is asked.
        url: the path of the listing, with the size of a page.
        member: the member of a page with its entries.
        context: the context of the call.

    """
    pages = await read_pages(
        provider, url, context, next_page=lambda page: page.get("nextPageToken"), parameter="pageToken"
    )
    return [entry for page in pages for entry in objects(page.get(member)) if entry.get("name")]


async def delete_file(provider: HttpProvider, ref: FileRef, context: CallContext) -> None:
    """Delete a file."""
    reply = await provider.call(HttpRequest(method="DELETE", url=_path(ref.file_id)), context)
    with provider.reading(reply):
        provider.read_object(reply, "the reply")


async def _processed(provider: HttpProvider, entry: Mapping[str, Any], context: CallContext) -> Mapping[str, Any]:
    """Return the entry of a file that is no longer being processed."""
    while entry.get("state") == "PROCESSING":
        remaining = context.remaining()
        if remaining is not None and remaining < _WAIT:
            message = f"the file {entry['name']} is still being processed; give timeout= more seconds"
            raise RequestTimeoutError(message, phase="total")
        await context.clock.sleep(_WAIT)
        reply = await provider.call(HttpRequest(method="GET", url=_path(str(entry["name"]))), context)
        with provider.reading(reply):
            entry = _entry(reply, reply.json())
    if entry.get("state") == "FAILED":
        message = f"Google could not process the file {entry['name']}; send it in another form"
        raise ProtocolError(message, phase="decode")
    return entry


def _upload_address(provider: HttpProvider) -> str:
    base = provider.endpoint.base
    return f"{base.origin}/upload{base.url.removeprefix(base.origin)}{PATH}"


def _upload_target(reply: HttpReply) -> str:
    target = reply.headers.get("x-goog-upload-url")
    if not target:
        message = "the reply does not say where to upload the file"
        raise ProtocolError(message, phase="decode", body=reply.excerpt)
    return target


def _path(file_id: str) -> str:
    """Return the path of a file, by its name or by its whole address."""
    return f"{PATH}/{path_segment(file_id.rpartition('/')[2], 'file')}"


def _entry(reply: HttpReply, entry: Any) -> dict[str, Any]:
    found = as_object(entry, "the file")
    if not word(found.get("name")):
        message = "the file has no name"
        raise ProtocolError(message, phase="decode", body=reply.excerpt)
    return found


def _info(entry: Mapping[str, Any]) -> FileInfo:
    size = word(entry.get("sizeBytes"))
    ref = FileRef(
        file_id=str(entry["name"]),
        issuer=ISSUER,
        media_type=word(entry.get("mimeType")),
        filename=word(entry.get("displayName")),
    )
    return FileInfo(
        ref=ref,
        size=int(size) if size and size.isdecimal() else None,
        created=_timestamp(entry.get("createTime")),
        expires=_timestamp(entry.get("expirationTime")),
        metadata=entry,
    )


def _timestamp(text: Any) -> float | None:
    """Return a time in ISO 8601 as seconds since 1970, ``None`` if it is not one; nanoseconds are left out."""
    try:
        whole, point, rest = text.partition(".")
        return datetime.fromisoformat(f"{whole}{point}{rest[:6].rstrip('Z')}+00:00").timestamp()
    except (AttributeError, ValueError):
        return None
