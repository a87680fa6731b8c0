"""The file of a cassette: a JSON document to which one exchange after the other is added at its end."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from attrs import frozen

from dragoman import JSON
from dragoman_recorder.errors import CassetteError, CassetteWriteError
from dragoman_recorder.layout import layout
from dragoman_recorder.reading import HEAD, TAIL, entries

try:
    import fcntl
except ImportError:  # pragma: no cover - this system has no such locks, so one process records at a time
    fcntl = None  # type: ignore[assignment]

State: TypeAlias = "tuple[int, int, int]"
"""What changes when a file is written: its number, its size in bytes and when it was written."""


@frozen
class CassetteFile:
    """Read and write the file of a cassette.

    Args:
        path: where it is.

    """

    path: Path

    def state(self) -> State | None:
        """Return what changes when the file is written, ``None`` if there is none.

        Raises:
            CassetteError: if the path cannot be that of a file.

        """
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unusable(_reason(error)) from None
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is a directory" if stat.S_ISDIR(found.st_mode) else "it is no regular file")
        return _state(found)

    def read(self) -> list[dict[str, JSON]]:
        """Return plain data of the exchanges in the file.

        Raises:
            CassetteError: if it cannot be read.

        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise self._unusable(_reason(error)) from None
        return entries(content, str(self.path))

    def prepare(self) -> None:
        """Find out, before an answer is paid for, whether it could be written down.

        Raises:
            CassetteWriteError: if not.

        """
        try:
            if self.state() is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                writable = os.access(self.path.parent, os.W_OK | os.X_OK)
            else:
                writable = os.access(self.path, os.W_OK)
        except OSError as error:
            raise CassetteWriteError(f"{self.path} cannot be written: {_reason(error)}; {_ELSEWHERE}") from None
        if not writable:
            raise CassetteWriteError(f"{self.path} cannot be written: no permission; {_ELSEWHERE}")

    def append(self, exchange: Mapping[str, JSON], instead_of: State | None = None) -> None:
        """Add an exchange: at every moment, all exchanges before it can be read.

        Args:
            exchange: its plain data.
            instead_of: the state of a file whose exchanges are to be forgotten.

        Raises:
            OSError: if it cannot be written; the file is as it was before.

        """
        entry = _entry(exchange)
        with self._locked() as descriptor:
            state = _state(os.fstat(descriptor))
            if state[1] == 0:
                _write(descriptor, HEAD + entry + TAIL, at=0, over=b"")
            elif state == instead_of:
                self._replace(descriptor, [entry])
            elif _is_whole(descriptor, state[1]):
                _write(descriptor, b",\n" + entry + TAIL, at=state[1] - len(TAIL), over=TAIL)
            else:
                self._replace(descriptor, [*map(_entry, self.read()), entry])

    @contextmanager
    def _locked(self) -> Generator[int, None, None]:
        """Open the file, made if it is not there, while nobody else writes to it; leave none that is empty."""
        descriptor = _opened(self.path)
        try:
            yield descriptor
        finally:
            if os.fstat(descriptor).st_size == 0:
                self.path.unlink(missing_ok=True)
            os.close(descriptor)

    def _replace(self, descriptor: int, exchanges: Iterable[bytes]) -> None:
        """Put a new file in the place of the old one: who reads it finds the one or the other."""
        path = Path(os.path.realpath(self.path))
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
        beside = path.with_name(f".{name}.cassette")
        try:
            beside.write_bytes(HEAD + b",\n".join(exchanges) + TAIL)
            beside.chmod(stat.S_IMODE(os.fstat(descriptor).st_mode))
            beside.replace(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
            raise

    def _unusable(self, reason: str) -> CassetteError:
        return CassetteError(f"{str(self.path)!r} cannot be used as a cassette: {reason}; {_ELSEWHERE}")


_SURROGATE = re.compile("[\ud800-\udfff]")
_ELSEWHERE = "name a file that can be read and written"


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(descriptor)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another process has put a new file in its place meanwhile


def _lock(descriptor: int) -> None:
    if fcntl is not None:  # pyright: ignore[reportUnnecessaryComparison]
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _write(descriptor: int, content: bytes, *, at: int, over: bytes) -> None:
    """Write *content* from a place on; if that fails, put back what stood there."""
    rest = memoryview(content)
    try:
        os.lseek(descriptor, at, os.SEEK_SET)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BaseException:
        os.ftruncate(descriptor, at + len(over))
        if len(rest) < len(content):
            os.lseek(descriptor, at, os.SEEK_SET)
            os.write(descriptor, over)
        raise


def _is_whole(descriptor: int, size: int) -> bool:
    """Tell whether a file begins and ends as this recorder writes it, with an exchange in between."""
    if size <= len(HEAD) + len(TAIL):
        return False
    os.lseek(descriptor, 0, os.SEEK_SET)
    start = os.read(descriptor, len(HEAD))
    os.lseek(descriptor, size - len(TAIL), os.SEEK_SET)
    return (start, os.read(descriptor, len(TAIL))) == (HEAD, TAIL)


def _entry(exchange: Mapping[str, JSON]) -> bytes:
    text = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", layout(dict(exchange), 2))
    return f"    {text}".encode()


def _state(found: os.stat_result) -> State:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
