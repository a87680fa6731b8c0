"""Text from the command line and standard input, and JSON for standard output."""

from __future__ import annotations

import codecs
import json
import os
import re
import sys
from typing import Any

import click

from dragoman.cli.terminal import encoding_of
from dragoman.spec.plain_text import UNSAFE


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


def read_stdin() -> str:
    """Return the text on standard input; an empty text if it is a terminal.

    Raises:
        click.UsageError: if it cannot be read or decoded.

    """
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    encoding = _encoding()
    try:
        return sys.stdin.buffer.read().decode(encoding)
    except UnicodeDecodeError as error:
        message = f"standard input is not valid {encoding}: {error.reason} at byte {error.start}"
        raise click.UsageError(message) from None
    except (OSError, ValueError) as error:
        message = f"standard input cannot be read: {error}"
        raise click.UsageError(message) from None


def _encoding() -> str:
    """Return the encoding of standard input; UTF-8 if the locale only supports ASCII."""
    name = codecs.lookup(sys.stdin.encoding).name
    return "utf-8" if name == "ascii" else name


def as_json(value: Any, indent: int | None = 2) -> str:
    """Return *value* as JSON. Control characters are escaped, and so is what standard output cannot encode."""
    document = json.dumps(value, ensure_ascii=encoding_of(sys.stdout) != "utf-8", indent=indent)
    return re.sub(UNSAFE, lambda found: json.dumps(found[0])[1:-1], document)
