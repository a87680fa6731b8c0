"""Removes control sequences from all output of the command line, so that it cannot take over the terminal.

Standard output is filtered only if it is a terminal, so that a pipe receives every byte. Standard error is always
filtered. The streams replace ``sys.stdout`` and ``sys.stderr``, so they also cover commands of plugins, click, rich,
warnings, logging and tracebacks.
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

from dragoman.spec.plain_text import bounded, printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_LONGEST = 2_500
"""The most characters of a line on standard error: what somebody named may be of any length."""


class OutputError(click.ClickException):
    """Report that standard output cannot be written, with exit code 1."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"standard output cannot be written: {reason}")

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message to standard error."""
        complain(f"dragoman: {self.message}", file)


class OutputFilter(io.RawIOBase):
    """Forward UTF-8 text to a binary stream; characters that it cannot encode become backslash escapes.

    Args:
        target: the stream to write to. Unfiltered UTF-8 is forwarded byte by byte.
        encoding: the encoding of the target.
        is_filtered: whether to remove control sequences.

    """

    def __init__(self, target: IO[bytes], encoding: str, *, is_filtered: bool) -> None:
        super().__init__()
        self.encoding = codecs.lookup(encoding).name
        self._target = target
        self._is_filtered = is_filtered
        self._failure: OSError | OutputError | None = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        """Return ``True``: the stream is writable."""
        return True

    @property
    def target(self) -> IO[bytes]:
        """Return the stream that is written to."""
        return self._target

    @property
    def name(self) -> Any:
        """Return the name of the target."""
        return self._target.name

    def isatty(self) -> bool:
        """Return whether the target is a terminal."""
        return self._target.isatty()

    def fileno(self) -> int:
        """Return the file descriptor of the target."""
        return self._target.fileno()

    def write(self, data: ReadableBuffer, /) -> int:
        """Write *data* to the target.

        Raises:
            OutputError: if the target cannot be written.
            BrokenPipeError: if the reader of a pipe is gone.

        """
        chunk = bytes(data)
        if chunk:  # click probes a stream with an empty write, which a full device refuses
            self._send(self._encode(chunk))
        return len(chunk)

    def _send(self, data: bytes) -> None:
        """Write *data*. After a failure, redirect the target to the null device: the interpreter flushes it at exit."""
        if self._failure is not None:
            raise self._failure
        try:
            self._target.write(data)
            self._target.flush()
        except OSError as error:
            is_broken_pipe = error.errno == errno.EPIPE
            self._failure = error if is_broken_pipe else OutputError(error.strerror or str(error))
            _redirect_to_null(self._target)
            raise self._failure from None

    def _encode(self, data: bytes) -> bytes:
        if not self._is_filtered and self.encoding == "utf-8":
            return data
        text = self._decoder.decode(data)
        return (printable(text) if self._is_filtered else text).encode(self.encoding, "backslashreplace")


def _redirect_to_null(target: IO[bytes]) -> None:
    with suppress(OSError):
        descriptor = target.fileno()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)


class ErrorFilter(OutputFilter):
    """Filter standard error; a failure to write is ignored, since there is no other place to report it."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write *data* to the target if possible."""
        with suppress(OSError, OutputError):
            return super().write(data)
        return len(bytes(data))


@contextmanager
def terminal_output() -> Generator[None, None, None]:
    """Filter standard output and standard error within this context; an unexpected exception is shown as a traceback.

    Raises:
        SystemExit: with code 1 for an unexpected exception, or if standard output is closed.

    """
    out, err = sys.stdout, sys.stderr
    open_closed_descriptors(range(3))
    sys.stderr = _filtered(err, ErrorFilter, is_filtered=True) if err else io.StringIO()
    try:
        if not out:
            sys.exit("standard output is closed; nothing can be printed")
        sys.stdout = _filtered(out, OutputFilter, is_filtered=out.isatty())
        yield
    except SystemExit as exit_:
        if not isinstance(exit_.code, str):
            raise
        complain(f"dragoman: {exit_.code}")
        sys.exit(1)
    except Exception:  # noqa: BLE001  # reported with its traceback
        traceback.print_exc()
        sys.exit(1)
    finally:
        sys.stdout, sys.stderr = out, err


def open_closed_descriptors(descriptors: Iterable[int]) -> None:
    """Open the null device for each closed descriptor, so that no socket gets its number and receives the output."""
    for each in descriptors:
        try:
            os.fstat(each)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # uses the lowest free descriptor, which is *each*


def columns(stream: IO[Any] | None = None) -> int | None:
    """Return the width of the terminal that a stream is, by default standard output.

    ``None`` if it is none, or does not know its width, as one that a program opens without saying its size.
    """
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or None
    except (OSError, ValueError):
        return None


def complain(text: str, file: IO[Any] | None = None) -> None:
    """Print a line to standard error, or to *file*, cut if it is long, broken where a terminal is narrower."""
    stream = file or sys.stderr
    click.echo(wrapped(bounded(text, _LONGEST), 0, stream), file=stream)


def fitting(line: str) -> str:
    """Return *line*, cut to the width of the terminal if standard output is one."""
    width = columns()
    if width is None:
        return line
    if line.isascii():
        return line if len(line) < width else f"{line[: max(0, width - 4)]}..."
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415  # most lines are ASCII

    return line if cell_len(line) < width else f"{set_cell_size(line, max(0, width - 4)).rstrip()}..."


def wrapped(line: str, indent: int, stream: IO[Any] | None = None) -> str:
    """Return *line*, broken between words if it is printed to a terminal that is narrower.

    Args:
        line: the line.
        indent: the spaces before each line but the first.
        stream: where it is printed, by default standard output.

    """
    width = columns(stream)
    if width is None or len(line) < width:
        return line
    import textwrap  # noqa: PLC0415  # only needed for a long line

    first = len(line) - len(line.lstrip())
    wrapper = textwrap.TextWrapper(
        max(2, width - 1),
        initial_indent=" " * first,
        subsequent_indent=" " * min(indent, width // 4),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return wrapper.fill(line.strip())


def encoding_of(stream: TextIO) -> str:
    """Return the encoding of the target of a stream."""
    return getattr(stream.buffer, "encoding", stream.encoding)


def unfiltered(stream: TextIO) -> TextIO:
    """Return a stream to the same target as *stream* that lets control sequences pass.

    What comes from elsewhere, such as the text of a model, has to pass :func:`~dragoman.spec.plain_text.printable`
    before it is written there.
    """
    buffer = stream.buffer
    if not isinstance(buffer, OutputFilter):
        return stream
    return _wrapped(OutputFilter(buffer.target, buffer.encoding, is_filtered=False), "\n")


def _filtered(stream: TextIO, kind: type[OutputFilter], *, is_filtered: bool) -> TextIO:
    target = kind(stream.buffer, stream.encoding, is_filtered=is_filtered)
    return _wrapped(target, "\n" if is_filtered else None)


def _wrapped(target: OutputFilter, newline: str | None) -> TextIO:
    return io.TextIOWrapper(target, "utf-8", "backslashreplace", newline, write_through=True)
