"""The file of a cassette: a JSON document to which each exchange is appended."""

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
from dragoman_recorder.cassette_format import HEAD, TAIL, format_json, parse_cassette
from dragoman_recorder.errors import CassetteError, CassetteWriteError

try:
    import fcntl
except ImportError:  # pragma: no cover - without file locks, only one process can record at a time
    fcntl = None  # type: ignore[assignment]

State: TypeAlias = "tuple[int, int, int]"
"""What changes when a file is written: its inode, its size in bytes and its modification time in nanoseconds."""


@frozen
class CassetteFile:
    """Read and write the file of a cassette.

    Args:
        path: where it is.

    """

    path: Path

    def state(self) -> State | None:
        """Return what changes when the file is written, ``None`` if it does not exist.

        Raises:
            CassetteError: if the path cannot be that of a regular file.

        """
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unusable(_reason(error)) from None
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable("it is a directory" if stat.S_ISDIR(found.st_mode) else "it is not a regular file")
        return _state(found)

    def read(self) -> list[dict[str, JSON]]:
        """Return plain data of the exchanges in the file; wait while another process or thread writes to it.

        Raises:
            CassetteError: if the file cannot be read, or is not a cassette.

        """
        try:
            with self.path.open("rb") as file:
                _lock(file.fileno(), is_shared=True)
                content = file.read()
        except OSError as error:
            raise self._unusable(_reason(error)) from None
        return parse_cassette(content, str(self.path))

    def prepare(self) -> None:
        """Check whether the file can be written, before an answer is paid for.

        Raises:
            CassetteWriteError: if it cannot.

        """
        try:
            if self.state() is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                writable = os.access(self.path.parent, os.W_OK | os.X_OK)
            else:
                writable = os.access(self.path, os.W_OK)
        except OSError as error:
            raise CassetteWriteError(f"{self.path} cannot be written: {_reason(error)}; {_ADVICE}") from None
        if not writable:
            raise CassetteWriteError(f"{self.path} cannot be written: no permission; {_ADVICE}")

    def append(self, exchange: Mapping[str, JSON], instead_of: State | None = None) -> None:
        """Append an exchange; all exchanges before it can be read at every moment.

        Args:
            exchange: its plain data.
            instead_of: the state of a file whose exchanges are to be discarded.

        Raises:
            OSError: if it cannot be written; the file is unchanged.

        """
        entry = _entry(exchange)
        with self._locked() as descriptor:
            state = _state(os.fstat(descriptor))
            if state[1] == 0:
                _write(descriptor, HEAD + entry + TAIL, at=0, over=b"")
            elif state == instead_of:
                self._replace(descriptor, [entry])
            elif _is_complete(descriptor, state[1]):
                _write(descriptor, b",\n" + entry + TAIL, at=state[1] - len(TAIL), over=TAIL)
            else:
                known = parse_cassette(self.path.read_bytes(), str(self.path))
                self._replace(descriptor, [*map(_entry, known), entry])

    @contextmanager
    def _locked(self) -> Generator[int, None, None]:
        """Open the file with an exclusive lock; create it if it does not exist, remove it if it is left empty."""
        descriptor = _open_locked(self.path)
        try:
            yield descriptor
        finally:
            if os.fstat(descriptor).st_size == 0:
                self.path.unlink(missing_ok=True)
            os.close(descriptor)

    def _replace(self, descriptor: int, exchanges: Iterable[bytes]) -> None:
        """Replace the file atomically: a reader finds either the old content or the new one."""
        path = Path(os.path.realpath(self.path))
        name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
        temporary = path.with_name(f".{name}.cassette")
        try:
            temporary.write_bytes(HEAD + b",\n".join(exchanges) + TAIL)
            temporary.chmod(stat.S_IMODE(os.fstat(descriptor).st_mode))
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def _unusable(self, reason: str) -> CassetteError:
        return CassetteError(f"{str(self.path)!r} cannot be used as a cassette: {reason}; {_ADVICE}")


_SURROGATE = re.compile("[\ud800-\udfff]")
_ADVICE = "name a file that can be read and written"


def _open_locked(path: Path) -> int:
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
        os.close(descriptor)  # another process has replaced the file in the meantime


def _lock(descriptor: int, *, is_shared: bool = False) -> None:
    if fcntl is not None:  # pyright: ignore[reportUnnecessaryComparison]
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX)


def _write(descriptor: int, content: bytes, *, at: int, over: bytes) -> None:
    """Write *content* at an offset over the bytes *over*; if that fails, restore these."""
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


def _is_complete(descriptor: int, size: int) -> bool:
    """Return whether a file begins and ends as this recorder writes it, with an exchange in between."""
    if size <= len(HEAD) + len(TAIL):
        return False
    os.lseek(descriptor, 0, os.SEEK_SET)
    start = os.read(descriptor, len(HEAD))
    os.lseek(descriptor, size - len(TAIL), os.SEEK_SET)
    return (start, os.read(descriptor, len(TAIL))) == (HEAD, TAIL)


def _entry(exchange: Mapping[str, JSON]) -> bytes:
    text = _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", format_json(dict(exchange), 2))
    return f"    {text}".encode()


def _state(status: os.stat_result) -> State:
    return status.st_ino, status.st_size, status.st_mtime_ns


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
