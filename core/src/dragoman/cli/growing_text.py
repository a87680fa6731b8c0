"""Text that arrives piece by piece: finished blocks are printed once, and only the unfinished one is repainted."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import ClassVar

from markdown_it import MarkdownIt
from rich.console import Console, JustifyMethod, RenderableType
from rich.markdown import Markdown, MarkdownElement, TableDataElement
from rich.style import Style
from rich.text import Text

from dragoman.cli.live_rows import LiveRows
from dragoman.spec.plain_text import printable

_PAUSE = 0.04
"""Seconds between two repaints, so that a fast stream is not painted for each of its words."""
_SHARE = 4
"""A repaint that took long is followed by a pause this many times as long."""


class GrowingText:
    """Show a text while it grows.

    Args:
        console: the terminal, unfiltered.
        make_renderable: what rich shows for the source of one block.
        find_starts: where each block of a source begins, in characters.

    """

    def __init__(
        self,
        console: Console,
        make_renderable: Callable[[str], RenderableType],
        find_starts: Callable[[str], list[int]],
    ) -> None:
        self._console = console
        self._rows = LiveRows(console.file)
        self._make_renderable = make_renderable
        self._find_starts = find_starts
        self._source = ""
        self._has_blocks = False
        self._timer: asyncio.TimerHandle | None = None
        self._pause = _PAUSE

    def add(self, text: str) -> None:
        """Take a piece of the text; it is shown at the next repaint."""
        self._source += printable(text).expandtabs(4)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._pause, self.repaint)

    def finish(self) -> None:
        """Show all of the text, and leave it as it is."""
        if self._timer is not None:
            self.repaint()
        if self._source.strip():
            self._rows.finish()
        self._source, self._has_blocks = "", False

    def repaint(self) -> None:
        """Show what has arrived; a timer does so if nobody else does."""
        begun = time.perf_counter()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        # A line that is incomplete may still turn out to belong to the block before it.
        end = max(self._find_starts(self._source[: self._source.rfind("\n") + 1]), default=0)
        if end:
            finished, self._source = self._source[:end], self._source[end:]
            self._paint(finished)
            self._rows.finish()
            self._has_blocks = True
        if self._source.strip():
            self._paint(self._source)
        self._pause = max(_PAUSE, _SHARE * (time.perf_counter() - begun))

    def _paint(self, source: str) -> None:
        width, height = self._console.size
        starts = [0, *(start for start in self._find_starts(source) if start), len(source)]
        rows: list[str] = []
        for start, end in pairwise(starts):
            # The last column stays free: a terminal that wraps there would count one row more.
            block = self._rendered(source[start:end], max(1, width - 1))
            rows += [""] * bool(block and (rows or self._has_blocks)) + block
        self._rows.paint(rows, width, height)

    def _rendered(self, source: str, width: int) -> list[str]:
        """Return the rows of one block, without blank ones around it."""
        with self._console.capture() as captured:
            self._console.print(self._make_renderable(source), width=width)
        rows = captured.get().splitlines()
        while rows and not rows[0].strip():
            del rows[0]
        while rows and not rows[-1].strip():
            del rows[-1]
        return rows


def growing_markdown(console: Console) -> GrowingText:
    """Return a text that is shown as Markdown."""

    def find_starts(source: str) -> list[int]:
        first = [0, *accumulate(map(len, source.splitlines(keepends=True)))]
        return [first[token.map[0]] for token in _PARSER.parse(source) if token.level == 0 and token.map]

    return GrowingText(console, _as_markdown, find_starts)


def growing_aside(console: Console) -> GrowingText:
    """Return a text that is shown dimmed, as it is."""

    def as_aside(source: str) -> RenderableType:
        return Text(source.strip("\n"), style=Style(dim=True))

    def find_starts(source: str) -> list[int]:
        return [found.end() for found in re.finditer(r"\n{2,}", source)]

    return GrowingText(console, as_aside, find_starts)


_PARSER = MarkdownIt(options_update={"html": False}).enable("strikethrough").enable("table")
"""HTML is shown as it is written: rich leaves it out, with the words of an answer."""


class _Cell(TableDataElement):
    """A cell of a table, which breaks a long word instead of cutting it off."""

    def __init__(self, justify: JustifyMethod) -> None:
        super().__init__(justify)
        self.content.overflow = "fold"


class _Markdown(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {**Markdown.elements, "td_open": _Cell, "th_open": _Cell}


def _as_markdown(source: str) -> RenderableType:
    # Links are written out: a terminal that hides addresses hides where they lead.
    shown = _Markdown("", code_theme="ansi_dark", inline_code_theme="ansi_dark", hyperlinks=False)
    shown.markup, shown.parsed = source, _PARSER.parse(source)
    return shown
