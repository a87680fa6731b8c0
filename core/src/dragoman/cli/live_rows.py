"""Rows at the bottom of a terminal that change until they are finished."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import IO

_STYLE = re.compile(r"\x1b\[[0-9;]*m|\s")


class LiveRows:
    """Paint rows at the bottom of a terminal, and later only those that changed.

    A row that has scrolled out of the screen is never painted again. All rows of one call to :meth:`paint` go to the
    terminal in one write.

    Args:
        stream: the terminal.

    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._rows: list[str] = []
        self._width = 0
        self._gone: list[str] = []

    def paint(self, rows: Sequence[str], width: int, height: int) -> None:
        """Show *rows* in place of those of the last call.

        Args:
            rows: all rows, also those that have scrolled out of the screen; none is wider than *width*.
            width: the width of the screen in columns.
            height: the height of the screen in rows.

        """
        limit = max(1, height - 1)
        reachable = min(len(self._rows), limit)
        if width != self._width:
            self._gone = [*rows[: _same_text(self._gone, rows)]]
        shown = [*rows[len(self._gone) :]]
        if width != self._width:
            self._write(shown, reachable - 1)
        else:
            self._change(shown, len(self._rows) - reachable)
        overflow = max(0, len(shown) - limit)
        self._gone += shown[:overflow]
        self._rows, self._width = shown[overflow:], width

    def _change(self, shown: list[str], start: int) -> None:
        """Paint the rows from the first one that differs, *start* or a later one."""
        common = min(len(self._rows), len(shown))
        while start < common and self._rows[start] == shown[start]:
            start += 1
        if start == len(shown) == len(self._rows):
            return
        if start == len(self._rows) and self._rows:
            start -= 1  # the cursor stands at the end of this row
        if start == len(shown) and shown:
            start -= 1  # the cursor has to stand at the end of the last row
        self._write(shown[start:], len(self._rows) - 1 - start)

    def _write(self, rows: list[str], up: int) -> None:
        move = "\r" * bool(self._rows) + (f"\x1b[{up}A" if up > 0 else "") + "\x1b[J" * bool(self._rows)
        self._stream.write(move + "\r\n".join(rows))

    def finish(self) -> None:
        """Leave the rows as they are; the next ones are painted below them."""
        if self._rows:
            self._stream.write("\r\n")
        self._rows, self._gone = [], []


def _same_text(gone: Sequence[str], rows: Sequence[str]) -> int:
    """Return how many of *rows* hold no more text than *gone*, which were made for another width."""
    known = sum(len(_STYLE.sub("", row)) for row in gone)
    count = 0
    for row in rows:
        known -= len(_STYLE.sub("", row))
        if known < 0 or not gone:
            break
        count += 1
    return count
