"""Text that grows in a terminal: whatever its pieces are, the screen shows the same in the end."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pyte
import pytest
from hypothesis import given, settings, strategies as st
from rich.console import Console

from dragoman.cli.answer_view import MarkdownView
from dragoman.cli.growing_text import GrowingText, growing_aside, growing_markdown
from dragoman.cli.live_rows import LiveRows
from dragoman.spec.events import Event, Ping, ReasoningDelta, TextDelta

BLOCKS = st.sampled_from(
    [
        "a paragraph with **bold** words and `code`, longer than a line",
        "- one\n- two\n  - three",
        "1. one\n2. two",
        "# heading",
        "heading\n---",
        "## second",
        "```python\ndef f():\n\n    return 1\n```",
        "> quoted",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "***",
        "*lazy*",
        "<details>\n<p>hidden</p>\n</details>",
        "a <b>tag</b>",
        "| long | b |\n|---|--:|\n| " + "x" * 90 + " | 1 |",
        "~~gone~~\u200b \U0001f600 字",
    ]
)


class Page:
    """A terminal as a stream, and all that it shows, also what has scrolled away."""

    def __init__(self, width: int, height: int) -> None:
        self.screen = pyte.HistoryScreen(width, height, history=10_000, ratio=0.5)
        self.stream = pyte.Stream(self.screen)
        self.file = io.StringIO()
        self.file.write = self.write
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        self.stream.feed(text)
        return len(text)

    def console(self) -> Console:
        size = {"width": self.screen.columns, "height": self.screen.lines}
        return Console(file=self.file, force_terminal=True, highlight=False, **size)

    def lines(self) -> list[str]:
        columns = range(self.screen.columns)
        top = ["".join(line[column].data for column in columns) for line in self.screen.history.top]
        return "\n".join(line.rstrip() for line in [*top, *self.screen.display]).rstrip().split("\n")


async def shown(pieces: list[str], width: int, height: int) -> list[str]:
    page = Page(width, height)
    text = growing_markdown(page.console())
    for piece in pieces:
        text.add(piece)
        text.repaint()
    text.finish()
    return page.lines()


def cut(source: str, places: list[int]) -> list[str]:
    ends = sorted({place % (len(source) + 1) for place in places} | {len(source)})
    return [source[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@settings(max_examples=40)
@given(
    blocks=st.lists(BLOCKS, min_size=1, max_size=5),
    separator=st.sampled_from(["\n\n", "\n"]),
    places=st.lists(st.integers(0, 10_000), max_size=12),
    width=st.sampled_from([80, 40]),
)
def test_the_pieces_of_a_text_do_not_matter(blocks: list[str], separator: str, places: list[int], width: int) -> None:
    source = separator.join(blocks) + "\n"
    pieces = cut(source, places)
    assert asyncio.run(shown(pieces, width, 100)) == asyncio.run(shown([source], width, 100))


@pytest.mark.parametrize("width", [80, 40, 20])
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("Use <b> and </b>.", ["<b>", "</b>"]),
        ("<div>\nin a <i>block</i>\n</div>\n\nbehind", ["<div>", "in", "<i>block</i>", "</div>", "behind"]),
        ("<!-- said -->", ["said"]),
        ("| a | b |\n|---|--:|\n| " + "x" * 100 + " | " + "\u8a71" * 50 + " |", ["x" * 100, "\u8a71" * 50]),
        ("| " + "h" * 70 + " | b |\n|---|---|\n| 1 | 2 |", ["h" * 70]),
        ("- " + "y" * 100, ["y" * 100]),
        ("`" + "z" * 100 + "`", ["z" * 100]),
        ("```\n" + "w" * 100 + "\n```", ["w" * 100]),
        ("## " + "v" * 100, ["v" * 100]),
        ("> " + "u" * 100, ["u" * 100]),
        ("[words](https://a.example/" + "t" * 100 + ")", ["t" * 100]),
    ],
)
def test_no_word_is_left_out(source: str, words: list[str], width: int) -> None:
    lines = asyncio.run(shown([source], width, 100))
    for word in words:
        (letter,) = {*word} if len({*word}) == 1 else ("",)
        told = "".join("".join(lines).split())
        assert word in told if not letter else sum(line.count(letter) for line in lines) >= len(word)


@settings(max_examples=60)
@given(
    versions=st.lists(st.lists(st.text("ab", min_size=1, max_size=5), max_size=12), min_size=1, max_size=8),
    height=st.integers(13, 20),
)
def test_the_rows_of_the_last_call_are_shown(versions: list[list[str]], height: int) -> None:
    page = Page(20, height)
    page.write("above\r\n")
    rows = LiveRows(page.file)
    for version in versions:
        rows.paint(version, 20, height)
    rows.finish()
    page.write("below")
    assert page.lines() == ["above", *versions[-1], "below"]


@given(count=st.integers(1, 60), height=st.integers(1, 10), step=st.integers(1, 7))
def test_rows_that_scrolled_away_stay(count: int, height: int, step: int) -> None:
    page = Page(20, height)
    rows = LiveRows(page.file)
    lines = [f"row {number}" for number in range(count)]
    for end in [*range(1, count, step), count]:
        rows.paint(lines[:end], 20, height)
    assert page.lines() == lines


def test_only_rows_that_changed_are_painted() -> None:
    page = Page(20, 10)
    rows = LiveRows(page.file)
    rows.paint(["one", "two"], 20, 10)
    rows.paint(["one", "two"], 20, 10)
    rows.paint(["one", "two more"], 20, 10)
    rows.paint(["one", "two more", "three"], 20, 10)
    assert page.written == ["one\r\ntwo", "\r\x1b[Jtwo more", "\r\x1b[Jtwo more\r\nthree"]


@pytest.mark.parametrize(("before", "after"), [(40, 20), (20, 40)])
def test_another_width_paints_only_what_is_on_the_screen(before: int, after: int) -> None:
    words = [f"w{number:03}" for number in range(60)]
    page = Page(40, 6)
    rows = LiveRows(page.file)
    rows.paint(wrapped(words[:56], before), before, 6)
    page.written.clear()
    rows.paint(wrapped(words, after), after, 6)
    (painted,) = page.written
    assert painted.startswith("\r\x1b[4A\x1b[J")
    told = painted.replace("\x1b[4A\x1b[J", "").split()
    assert told == words[-len(told) :]
    assert len(told) < 60


def wrapped(words: list[str], width: int) -> list[str]:
    count = width // 5
    return [" ".join(words[start : start + count]) for start in range(0, len(words), count)]


def test_reasoning_is_dimmed_and_stands_apart() -> None:
    page = Page(80, 30)

    async def answer() -> None:
        view = MarkdownView(page.file)
        events: list[Event] = [
            ReasoningDelta(0, "I think\n\nabout *it*"),
            Ping(),
            TextDelta(1, "**yes**"),
            ReasoningDelta(2, "again"),
        ]
        for event in events:
            view.show(event)
        view.finish()
        view.note("[noted]")

    asyncio.run(answer())
    assert page.lines() == ["I think", "", "about *it*", "yes", "again", "[noted]"]


def test_a_timer_paints_what_waits() -> None:
    page = Page(40, 30)

    async def answer() -> list[str]:
        text = growing_aside(page.console())
        text.add("one")
        text.add(" two\x1b[31m")
        await asyncio.sleep(0.2)
        return page.lines()

    assert asyncio.run(answer()) == ["one two[31m"]
    assert any("\x1b[2m" in each for each in page.written)


def test_blank_text_shows_nothing() -> None:
    page = Page(40, 30)

    async def answer() -> None:
        text: Any = growing_markdown(page.console())
        assert isinstance(text, GrowingText)
        text.add(" \n")
        text.repaint()
        text.repaint()
        text.finish()
        text.finish()

    asyncio.run(answer())
    assert page.written == []
