"""How an answer is shown while it arrives: as Markdown in a terminal, as its plain text elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol, TextIO, cast

import click

from dragoman.cli.terminal import unfiltered, wrapped
from dragoman.spec.events import ReasoningDelta, TextDelta
from dragoman.spec.plain_text import printable

if TYPE_CHECKING:
    from dragoman.spec.run_events import RunEvent, ToolFinished


class AnswerView(Protocol):
    """Show the events of one answer after another."""

    def show(self, event: RunEvent) -> None:
        """Show what *event* adds to the answer, or the result of a tool."""
        ...

    def finish(self) -> None:
        """Leave what is shown as it is, with the cursor at the beginning of a line."""
        ...

    def note(self, text: str) -> None:
        """Print a line about the answer, such as the tokens that it used."""
        ...


class PlainView:
    """Print the text of answers as it is, and no reasoning.

    Args:
        has_notes_apart: whether notes go to standard error, so that standard output holds the text alone.

    """

    def __init__(self, *, has_notes_apart: bool = False) -> None:
        self._is_line_open = False
        self._has_notes_apart = has_notes_apart

    def show(self, event: RunEvent) -> None:
        """Print what *event* adds to the text, or the result of a tool."""
        if isinstance(event, TextDelta) and event.text:
            # A pipe gets every byte; the stream removes control sequences if it leads to a terminal.
            click.echo(event.text, nl=False, color=True)
            self._is_line_open = not event.text.endswith("\n")
        elif note := tool_note(event):
            self.finish()
            self.note(note)

    def finish(self) -> None:
        """End an unfinished line."""
        if self._is_line_open:
            click.echo()
        self._is_line_open = False

    def note(self, text: str) -> None:
        """Print *text* on a line, broken between words where a terminal is narrower."""
        stream = sys.stderr if self._has_notes_apart else sys.stdout
        click.echo("\n".join(wrapped(line, 0, stream) for line in text.split("\n")), file=stream)


class MarkdownView:
    """Show Markdown as it is meant, and reasoning dimmed.

    Args:
        stream: the terminal, unfiltered.

    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console  # noqa: PLC0415  # rich is slow to import

        from dragoman.cli.growing_text import growing_aside, growing_markdown  # noqa: PLC0415  # the same

        self._console = Console(file=stream, highlight=False, markup=False, emoji=False, legacy_windows=False)
        self._text, self._reasoning = growing_markdown(self._console), growing_aside(self._console)

    def show(self, event: RunEvent) -> None:
        """Show what *event* adds to the text or the reasoning, or the result of a tool."""
        if isinstance(event, TextDelta):
            self._reasoning.finish()
            self._text.add(event.text)
        elif isinstance(event, ReasoningDelta):
            self._text.finish()
            self._reasoning.add(event.text)
        elif note := tool_note(event):
            self.finish()
            self.note(note)

    def finish(self) -> None:
        """Show all that has arrived, and leave it as it is."""
        self._reasoning.finish()
        self._text.finish()

    def note(self, text: str) -> None:
        """Print *text* dimmed."""
        self._console.print(printable(text), style="dim")


def tool_note(event: RunEvent) -> str:
    """Return what is said of the result of a tool, an empty text for any other event."""
    if type(event).__name__ != "ToolFinished":  # without its import, which few answers need
        return ""
    from dragoman.cli.toolbox import result_line  # noqa: PLC0415  # only answers with tools need it

    finished = cast("ToolFinished", event)
    return result_line(finished.call, finished.result)


def is_rich_terminal() -> bool:
    """Return whether standard output is a terminal that understands control sequences, and rich is installed."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb" * (os.name != "nt")) == "dumb":
        return False
    from importlib.util import find_spec  # noqa: PLC0415  # only a terminal needs it

    if find_spec("rich") is None:
        return False
    from rich.console import detect_legacy_windows  # noqa: PLC0415  # rich is slow to import

    return not detect_legacy_windows()


def view_of_terminal(*, is_plain: bool) -> AnswerView:
    """Return how answers are shown on standard output.

    Args:
        is_plain: whether the source of Markdown is wanted also where it could be shown.

    """
    return PlainView() if is_plain or not is_rich_terminal() else MarkdownView(unfiltered(sys.stdout))
