"""Text that comes in, from the command line and standard input, and documents that go out."""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
from typing import Any

import click

from dragoman.cli.screen import encoding_of
from dragoman.spec.plain_text import UNSAFE


def text(value: str) -> str:
    """Return an argument as text: as UTF-8, whatever the locale says, which is how terminals and scripts write it.

    Raises:
        click.BadParameter: if it is none.

    """
    try:
        return os.fsencode(value).decode()
    except UnicodeError:
        message = "it is no text in UTF-8"
        raise click.BadParameter(message) from None


def piped() -> str:
    """Return what comes from standard input, if that is no terminal.

    Raises:
        click.UsageError: if it cannot be read, or is no text.

    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    encoding = _encoding()
    try:
        return sys.stdin.buffer.read().decode(encoding)
    except UnicodeDecodeError as error:
        message = f"standard input is no text in {encoding}: {error.reason} at byte {error.start}"
        raise click.UsageError(message) from None
    except (OSError, ValueError) as error:
        message = f"standard input cannot be read: {error}"
        raise click.UsageError(message) from None


def _encoding() -> str:
    """Return the encoding of standard input: UTF-8 where the locale knows no more than ASCII."""
    name = codecs.lookup(sys.stdin.encoding).name
    return "utf-8" if name == "ascii" else name


def as_json(value: Any) -> str:
    """Return *value* as JSON that any terminal shows and whose reader gets every character."""
    document = json.dumps(value, ensure_ascii=encoding_of(sys.stdout) != "utf-8", indent=2)
    return re.sub(UNSAFE, lambda found: json.dumps(found[0])[1:-1], document)
