"""Files that are uploaded to a provider once, and referred to in messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.media import FileRef
from dragoman.spec.provider import CallContext


@value(kw_only=True)
class FileUpload:
    """Ask a provider to store a file.

    Args:
        data: the content.
        filename: its name.
        media_type: its media type.
        options: the caller's options for the provider.

    """

    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    filename: str
    media_type: str
    options: Mapping[str, Any] = field(factory=dict[str, Any])


@value(kw_only=True)
class FileInfo:
    """Describe a file that a provider stores.

    Args:
        ref: what refers to it in a message.
        size: its size in bytes.
        created: when it was stored, in seconds since 1970.
        expires: when the provider deletes it, in seconds since 1970; ``None`` for never, or if that is not said.
        metadata: the provider's entry for the file, unchanged.

    """

    ref: FileRef
    size: int | None = None
    created: float | None = None
    expires: float | None = None
    metadata: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@runtime_checkable
class StoresFiles(Protocol):
    """Store files; an attribute ``file_options`` may be the options class against which those of a call are checked."""

    async def upload(self, file: FileUpload, context: CallContext) -> FileRef:
        """Store a file; return when it can be referred to."""
        ...

    async def files(self, context: CallContext) -> Sequence[FileInfo]:
        """Return the files that are stored for this key."""
        ...

    async def delete_file(self, ref: FileRef, context: CallContext) -> None:
        """Delete a file."""
        ...


__all__ = ["FileInfo", "FileUpload", "StoresFiles"]
