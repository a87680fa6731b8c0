"""Text from the command line and standard input, and JSON for standard output."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from dragoman.cli.terminal import encoding_of
from dragoman.spec.plain_text import UNSAFE

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

LARGEST = 2**63 - 1
"""The largest number that a database holds."""


class _Number(click.IntRange):
    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return a number; the error for anything else says where those that exist are listed."""
        try:
            number: int = super().convert(value, param, ctx)
        except click.BadParameter:
            what = "is not in the range of numbers" if value.lstrip("-").isdecimal() else "is not a valid integer"
            self.fail(f"{value!r} {what}; 'dragoman logs list' shows the conversations with theirs", param, ctx)
        return number


NUMBER = _Number(1, LARGEST)
"""The number of a conversation of the log."""


def text(value: str) -> str:
    """Decode an argument as UTF-8, which terminals and scripts use, whatever the locale says.

    Raises:
        click.BadParameter: if it is not valid UTF-8.

    """
    try:
        return os.fsencode(value).decode()
    except UnicodeError:
        message = "it is not valid UTF-8"
        raise click.BadParameter(message) from None


def complete_path(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the path of a file."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415  # only a shell that completes needs it

    return [CompletionItem(incomplete, type="file")]


def typed(value: str) -> str:
    """Return a line that was typed, after :func:`accept_every_character`.

    Raises:
        click.BadParameter: if what was typed is not valid in the encoding of standard input.

    """
    if is_text(value):
        return value
    message = f"what was typed is not valid {_encoding()}"
    raise click.BadParameter(message)


def decoded(data: bytes) -> str:
    """Return what was typed as :func:`typed` expects it."""
    return data.decode(_encoding(), "surrogateescape")


def is_text(value: str) -> bool:
    """Return whether *value* can be written, and holds no byte that could not be decoded."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def accept_every_character() -> None:
    """Read what is typed as UTF-8 where the locale only supports ASCII; nothing was read before."""
    stdin: Any = sys.stdin
    if isinstance(stdin, io.TextIOWrapper):
        stdin.reconfigure(encoding=_encoding(), errors="surrogateescape")


def read_stdin() -> str:
    """Return the text on standard input; an empty text if it is a terminal.

    Raises:
        click.UsageError: if it cannot be read or decoded.

    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    encoding = _encoding()
    try:
        return read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        message = f"standard input is not valid {encoding}: {error.reason} at byte {error.start}"
        raise click.UsageError(message) from None


def read_bytes() -> bytes:
    """Return what is on standard input.

    Raises:
        click.UsageError: if it is closed, or cannot be read.

    """
    try:
        return _read(sys.stdin.buffer)
    except (OSError, ValueError, AttributeError) as error:
        reason = "it is closed" if sys.stdin is None else error
        message = f"standard input cannot be read: {reason}"
        raise click.UsageError(message) from None


def _read(stdin: BinaryIO) -> bytes:
    from dragoman.cli.waiting import read_all  # noqa: PLC0415  # not needed by help and completion

    try:
        descriptor = stdin.fileno()
    except io.UnsupportedOperation:  # of a stream in the memory
        return stdin.read()
    return read_all(descriptor)


def _encoding() -> str:
    """Return the encoding of standard input; UTF-8 if the locale only supports ASCII."""
    name = codecs.lookup(sys.stdin.encoding).name
    return "utf-8" if name == "ascii" else name


def as_json(value: Any, indent: int | None = 2) -> str:
    """Return *value* as JSON. Control characters are escaped, and so is what standard output cannot encode."""
    document = json.dumps(value, ensure_ascii=encoding_of(sys.stdout) != "utf-8", indent=indent)
    return re.sub(UNSAFE, lambda found: json.dumps(found[0])[1:-1], document)
