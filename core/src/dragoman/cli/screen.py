"""Where all output of the command goes: what could rule a terminal does not pass, and whoever writes, writes here.

Standard output is filtered where it is a terminal, so that a pipe gets every byte; standard error always is. Commands
of plugins, click, rich, warnings, the log and the traceback of an unforeseen error pass the same streams.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
import traceback
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, TextIO

import click

from dragoman.spec.plain_text import printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class CannotWrite(click.ClickException):
    """Show that standard output takes nothing, with exit code 1."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"standard output cannot be written: {reason}")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line to standard error."""
        click.echo(f"dragoman: {self.message}", file=file, err=True)


class Filter(io.RawIOBase):
    """Take text as UTF-8 and pass it on, what the target cannot encode as escapes of Python.

    Args:
        target: where it goes; if it takes UTF-8, it gets every byte that is not filtered.
        encoding: that of the target.
        is_filtered: whether what could rule a terminal is taken out.

    """

    def __init__(self, target: IO[bytes], encoding: str, *, is_filtered: bool) -> None:
        super().__init__()
        self.encoding = codecs.lookup(encoding).name
        self._target = target
        self._is_filtered = is_filtered
        self._failure: OSError | CannotWrite | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        """Return that this can be written."""
        return True

    @property
    def name(self) -> Any:
        """Return the name of the target."""
        return self._target.name

    def isatty(self) -> bool:
        """Return whether this ends in a terminal."""
        return self._target.isatty()

    def fileno(self) -> int:
        """Return the descriptor of the target."""
        return self._target.fileno()

    def write(self, data: ReadableBuffer, /) -> int:
        """Pass *data* on.

        Raises:
            CannotWrite: if the target takes nothing.
            BrokenPipeError: if nobody reads it any more.

        """
        given = bytes(data)
        if given:  # a device that is full refuses even nothing, with which click tries whether it may write
            self._send(self._passed(given))
        return len(given)

    def _send(self, data: bytes) -> None:
        """Pass *data* on, and give up a target that takes nothing, lest the interpreter tries again at its end."""
        if self._failure is not None:
            raise self._failure
        try:
            self._target.write(data)
            self._target.flush()
        except OSError as error:
            gone = error.errno == errno.EPIPE
            self._failure = error if gone else CannotWrite(error.strerror or str(error))
            _give_up(self._target)
            raise self._failure from None

    def _passed(self, data: bytes) -> bytes:
        if not self._is_filtered and self.encoding == "utf-8":
            return data
        text = self._decoder.decode(data)
        return (printable(text) if self._is_filtered else text).encode(self.encoding, "backslashreplace")


def _give_up(target: IO[bytes]) -> None:
    with suppress(OSError):
        descriptor = target.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)


class Deaf(Filter):
    """Filter standard error; where it takes nothing, there is nobody left to tell."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Pass *data* on, if anybody takes it."""
        with suppress(OSError, CannotWrite):
            return super().write(data)
        return len(bytes(data))


@contextmanager
def screen() -> Generator[None, None, None]:
    """Filter what is written while this lasts, the traceback of an unforeseen error included.

    Raises:
        SystemExit: with code 1 for such an error, or if standard output is closed.

    """
    out, err = sys.stdout, sys.stderr
    occupy(range(3))
    sys.stderr = _filtered(err, Deaf, is_filtered=True) if err else io.StringIO()
    try:
        if not out:
            sys.exit("standard output is closed, so that nothing could be shown")
        sys.stdout = _filtered(out, Filter, is_filtered=out.isatty())
        yield
    except SystemExit as ended:
        if not isinstance(ended.code, str):
            raise
        click.echo(f"dragoman: {ended.code}", err=True)
        sys.exit(1)
    except Exception:  # noqa: BLE001  # it is shown whole
        traceback.print_exc()
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = out, err


def occupy(descriptors: Iterable[int]) -> None:
    """Open the null device where a standard stream is closed, lest a connection gets its number and what is written."""
    for each in descriptors:
        try:
            os.fstat(each)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the lowest number that is free


def encoding_of(stream: TextIO) -> str:
    """Return the encoding of what a stream writes to."""
    return getattr(stream.buffer, "encoding", stream.encoding)


def _filtered(stream: TextIO, kind: type[Filter], *, is_filtered: bool) -> TextIO:
    target = kind(stream.buffer, stream.encoding, is_filtered=is_filtered)
    newline = "\n" if is_filtered else None
    return io.TextIOWrapper(target, "utf-8", "backslashreplace", newline, write_through=True)
