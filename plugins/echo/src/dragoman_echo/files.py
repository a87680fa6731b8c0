"""The files of the echo, which it holds in memory until its client is closed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from dragoman import FileInfo, FileRef, FileUpload, NotFoundError

_ISSUER = "echo"


class HeldFiles:
    """Hold files in memory."""

    def __init__(self) -> None:
        self._files: dict[str, FileInfo] = {}
        self._count = 0

    def add(self, file: FileUpload) -> FileRef:
        """Hold a file; return what refers to it."""
        self._count += 1
        ref = FileRef(file_id=f"file_{self._count}", issuer=_ISSUER, media_type=file.media_type, filename=file.filename)
        self._files[ref.file_id] = FileInfo(ref=ref, size=len(file.data), created=time.time())
        return ref

    def all(self) -> Sequence[FileInfo]:
        """Return what is held."""
        return tuple(self._files.values())

    def delete(self, ref: FileRef) -> None:
        """Hold a file no longer.

        Raises:
            NotFoundError: if it is not held.

        """
        if self._files.pop(ref.file_id, None) is None:
            message = f"the echo holds no file {ref.file_id!r}"
            raise NotFoundError(message, status=404)

    def clear(self) -> None:
        """Hold nothing."""
        self._files.clear()


__all__ = ["HeldFiles"]
