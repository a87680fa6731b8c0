"""What was typed before an editor reads: while the command started, or while an answer was shown."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager

from dragoman.cli import text_io

_END = re.compile(rb"(?<!\x1b)\n")
_NEW_LINE = b"\x1b\n"
_CTRL_C = b"\x03"
_CTRL_D = b"\x04"
_CTRL_D_BEGINS = re.compile(rb"(?:^|\n)\x04")


class TypedAhead:
    """Hand out the lines that were entered ahead.

    A terminal turns the Enter that is typed before an editor reads into the character of a new line, which an editor
    takes for one within the message. Ctrl-D hands over what stands on a line: with nothing there, it leaves; otherwise
    it does nothing, as in the editor.
    """

    def __init__(self) -> None:
        self._entered: list[bytes] = []
        self._begun = b""
        self._is_ended = False

    @contextmanager
    def line(self) -> Generator[str | None]:
        """Take the next line that was entered ahead, ``None`` if an editor is to read; no Enter is lost meanwhile.

        Raises:
            EOFError: if Ctrl-D was typed ahead.
            click.BadParameter: for bytes that are not characters.

        """
        if os.name == "nt":  # pragma: no cover - the console of Windows keeps Enter as it is
            yield None
            return
        import termios  # noqa: PLC0415  # Windows has none

        before = termios.tcgetattr(sys.stdin)
        changed = [*before]
        changed[0] = before[0] & ~termios.ICRNL  # what is entered from now on is for the editor
        termios.tcsetattr(sys.stdin, termios.TCSANOW, changed)
        try:
            self._take()
            if not self._entered and self._is_ended:
                raise EOFError
            yield text_io.typed(text_io.decoded(self._entered.pop(0))) if self._entered else None
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)

    def check_interrupt(self) -> None:
        """Look for keys that were typed when an editor had handed over its line, and the terminal was still its own.

        Enter, Ctrl-C and Ctrl-D are characters there.

        Raises:
            KeyboardInterrupt: if it is there; what was typed before it is discarded.

        """
        if os.name == "nt":  # pragma: no cover - measured on Linux
            return
        self._read()
        _, interrupt, typed = self._begun.replace(b"\r", b"\n").rpartition(_CTRL_C)
        if end := _CTRL_D_BEGINS.search(typed):
            typed, self._is_ended = typed[: end.start() + 1].removesuffix(_CTRL_D), True
        self._begun = typed.replace(_CTRL_D, b"")
        if interrupt:
            raise KeyboardInterrupt

    def begun(self) -> str:
        """Take what was typed of a line that is not entered, for the editor to begin with.

        Raises:
            click.BadParameter: for bytes that are not characters.

        """
        begun, self._begun = self._begun, b""
        return text_io.typed(text_io.decoded(begun.replace(_NEW_LINE, b"\n")))

    def _take(self) -> None:
        """Read what was typed, and part it into lines."""
        self._read()
        *lines, self._begun = _END.split(self._begun)
        self._entered += [line.replace(_NEW_LINE, b"\n") for line in lines if line.strip()]

    def _read(self) -> None:
        """Read what the terminal hands over; what it does not stays for the editor."""
        import select  # noqa: PLC0415  # only a terminal needs it

        piece = b"\n"
        while not self._is_ended and select.select([sys.stdin], [], [], 0)[0]:
            before, piece = piece, os.read(sys.stdin.fileno(), 65536)
            self._begun += piece
            self._is_ended = not piece and (not before or not _END.split(self._begun)[-1])
