"""Files that OpenAI stores: https://platform.openai.com/docs/api-reference/files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import frozen

from dragoman import CallContext, FileInfo, FileRef, FileUpload, ProtocolError
from dragoman.http import (
    HttpProvider,
    HttpRequest,
    Value,
    count,
    multipart,
    objects,
    option_field,
    path_segment,
    read_pages,
    real,
    word,
)

ISSUER = "openai"
PATH = "/files"
PURPOSE = "user_data"
"""The purpose of files for messages, unless the caller says another one."""


@frozen(kw_only=True, eq=False, repr=False)
class OpenAIFileOptions(Value):
    """Set what OpenAI offers for files; see https://platform.openai.com/docs/api-reference/files/create.

    Args:
        purpose: what the file is for, such as ``vision`` or ``batch``; ``user_data`` if not given.
        expires_after: seconds until the file is deleted, from 3600 to 2592000.

    """

    __provider__: ClassVar[str] = "openai"
    purpose: str | None = option_field()
    expires_after: int | None = option_field()


async def upload(provider: HttpProvider, file: FileUpload, context: CallContext) -> FileRef:
    """Store a file."""
    fields = {"purpose": str(file.options.get("purpose") or PURPOSE)}
    expires = file.options.get("expires_after")
    if expires is not None:
        fields |= {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(expires)}
    body, kind = multipart(fields, "file", file.data, filename=file.filename, media_type=file.media_type)
    reply = await provider.call(HttpRequest(url=PATH, body=body, headers={"content-type": kind}), context)
    with provider.reading(reply):
        return _ref(provider.read_object(reply, "the file", needs="id"), file.media_type)


async def files(provider: HttpProvider, context: CallContext) -> Sequence[FileInfo]:
    """Return the files of the project."""
    pages = await read_pages(provider, PATH, context, next_page=_last, parameter="after")
    return tuple([_info(entry) for page in pages for entry in _entries(page)])


async def delete_file(provider: HttpProvider, ref: FileRef, context: CallContext) -> None:
    """Delete a file."""
    reply = await provider.call(
        HttpRequest(method="DELETE", url=f"{PATH}/{path_segment(ref.file_id, 'file')}"), context
    )
    with provider.reading(reply):
        if not provider.read_object(reply, "the reply").get("deleted"):
            message = f"the file {ref.file_id!r} was not deleted"
            raise ProtocolError(message, phase="decode", body=reply.excerpt)


def _entries(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in objects(page.get("data")) if each.get("id")]


def _last(page: Mapping[str, Any]) -> object:
    entries = _entries(page)
    return page.get("has_more") and entries and entries[-1]["id"]


def _ref(entry: Mapping[str, Any], media_type: str | None = None) -> FileRef:
    name = word(entry.get("filename"))
    return FileRef(file_id=str(entry["id"]), issuer=ISSUER, media_type=media_type, filename=name)


def _info(entry: Mapping[str, Any]) -> FileInfo:
    return FileInfo(
        ref=_ref(entry),
        size=count(entry, "bytes"),
        created=real(entry.get("created_at")),
        expires=real(entry.get("expires_at")),
        metadata=entry,
    )
