"""What was typed before an editor reads: while the command started, or while an answer was shown."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from dragoman.cli import text_io
from dragoman.cli.terminal import complain

if TYPE_CHECKING:
    from prompt_toolkit.input import Input

_CTRL_D = b"\x04"
_DISABLED = b"\0"
"""What a terminal that parts lines keeps for Ctrl-D: https://man7.org/linux/man-pages/man3/termios.3.html."""
_ENTER = re.compile(rb"(?<=(?<!\x1b)\r)")
_BLANK = re.compile(rb"(?<!\x1b)\r(?:[ \t]*\r)+")
"""Enter, and lines of nothing but white space behind it: one who waits for an answer presses Enter and asks nothing."""


@contextmanager
def typed_ahead(editor: Input) -> Generator[None]:
    """Give an editor that reads in this context the keys that were pressed before, and keep those that it leaves.

    No key is lost, and none is a signal, from here until the editor has handed over its line: it takes its time to
    begin and to end. A terminal that parts lines has made characters of some keys, which are those keys again for an
    editor.

    Args:
        editor: what the editor reads from.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed behind the line; the keys before it are discarded.

    """
    if os.name == "nt":  # pragma: no cover - the console of Windows keeps keys as they are
        yield
        return
    import termios  # noqa: PLC0415  # Windows has none

    before = termios.tcgetattr(sys.stdin)
    ours, theirs = [*before], [*before]
    theirs[0] &= ~termios.ICRNL
    theirs[3] &= ~(termios.ICANON | termios.ISIG)
    ours[3] &= ~termios.ICANON  # Ctrl-C is a signal again, and a line can be read before its end
    try:
        _keep(editor)
        termios.tcsetattr(sys.stdin, termios.TCSANOW, theirs)
        _keep(editor)
        yield
        termios.tcsetattr(sys.stdin, termios.TCSANOW, ours)
        _keep(editor)
        _check_interrupt(editor)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _keep(editor: Input) -> None:
    """Read what was typed, and keep its keys for the editor."""
    from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead  # noqa: PLC0415  # an optional dependency
    from prompt_toolkit.input.vt100_parser import Vt100Parser  # noqa: PLC0415  # the same
    from prompt_toolkit.key_binding import KeyPress  # noqa: PLC0415  # the same

    if not (typed := _read()):
        return
    kept: list[KeyPress] = get_typeahead(editor)
    before = b"" if kept else b"\r"
    typed = _BLANK.sub(b"\r", before + typed.replace(b"\n", b"\r").replace(_DISABLED, _CTRL_D)).removeprefix(before)
    parser = Vt100Parser(kept.append)
    for line in map(text_io.decoded, _ENTER.split(typed)):
        try:
            parser.feed(text_io.typed(line))
        except click.BadParameter as error:
            complain(f"dragoman: {error.message}")
    parser.flush()
    store_typeahead(editor, kept)


def _read() -> bytes:
    """Read what the terminal hands over, with Ctrl-D where it ends what is read."""
    import select  # noqa: PLC0415  # only a terminal needs it

    pieces: list[bytes] = []
    while select.select([sys.stdin], [], [], 0)[0]:
        pieces.append(os.read(sys.stdin.fileno(), 65536))
        if not pieces[-1]:
            return b"".join(pieces) + _CTRL_D
    return b"".join(pieces)


def _check_interrupt(editor: Input) -> None:
    """Look for Ctrl-C among the keys that are kept.

    Raises:
        KeyboardInterrupt: if it is there; what was typed before it is discarded.

    """
    from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead  # noqa: PLC0415  # an optional dependency
    from prompt_toolkit.keys import Keys  # noqa: PLC0415  # the same

    pressed = get_typeahead(editor)
    last = max((place for place, each in enumerate(pressed, 1) if each.key == Keys.ControlC), default=0)
    store_typeahead(editor, pressed[last:])
    if last:
        raise KeyboardInterrupt
