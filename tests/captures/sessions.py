"""The sessions that the documentation shows, typed into a pseudo-terminal and drawn as SVG."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from attrs import frozen
from rich.console import Console
from rich.style import Style
from rich.text import Text

from core.cli.pseudo_terminal import CTRL_D, ENTER, NEW_LINE, Session

FOLDER = Path(__file__).parents[2] / "docs" / "how-to" / "captures"
ANSWER = NEW_LINE.join(["The capitals:", "", "| country | capital |", "|---|---|", "| Norway | **Oslo** |"])
WEATHER = '''
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"Rain in {city}."
'''


@frozen(kw_only=True)
class Capture:
    """Name a session.

    Args:
        arguments: those of the command.
        user: what is typed, once the command runs.
        columns: the width of the terminal.

    """

    arguments: tuple[str, ...]
    user: Callable[[Session], object]
    columns: int = 80


def _converse(terminal: Session) -> None:
    terminal.wait("leaves.\n>")
    terminal.enter(ANSWER)
    terminal.enter("/cost", "cost unknown")


def _approve(terminal: Session) -> None:
    terminal.wait("leaves.\n>")
    terminal.type("Oslo" + ENTER)
    terminal.wait("[a]lways [n]:")
    terminal.enter("y", " s\n>")


def _narrow(terminal: Session) -> None:
    terminal.wait("leaves.\n>")
    terminal.enter("/help", "Ctrl-D leaves.")


CAPTURES = {
    "conversation": Capture(arguments=("chat", "-m", "echo"), user=_converse),
    "tools": Capture(arguments=("chat", "-m", "echo", "-t", "weather.py"), user=_approve),
    "narrow": Capture(arguments=("chat", "-m", "echo"), user=_narrow, columns=40),
}
"""The sessions by the names of their files."""


def drawn(name: str) -> str:
    """Hold a session, and return it as SVG, the same each time."""
    capture = CAPTURES[name]
    with tempfile.TemporaryDirectory() as home:
        Path(home, "weather.py").write_text(WEATHER)
        with Session(*capture.arguments, home=home, columns=capture.columns, rows=40, cwd=home) as terminal:
            capture.user(terminal)
            lines = [*_lines(terminal)]
            terminal.type(CTRL_D)
            terminal.ended()
    while not lines[-1].plain.strip():
        del lines[-1]
    console = Console(
        record=True, width=capture.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ dragoman {' '.join(capture.arguments)}"))
    for line in lines:
        console.print(line, no_wrap=True, overflow="crop")
    return console.export_svg(title="dragoman", unique_id=f"dragoman-{name}")


def _lines(terminal: Session) -> Iterator[Text]:
    """Yield what the screen shows; the seconds, which differ each time, are made the same."""
    for row in terminal.cells():
        line = Text()
        for style, cells in groupby(row, _style):  # neighbours of one style are one text in the drawing
            line.append("".join(cell.data for cell in cells), style)
        line.rstrip()
        for found in re.finditer(r"\d+\.\d s$", line.plain):
            line = Text.assemble(line[: found.start()], "0.1 s")
        yield line


def _style(cell: Any) -> Style:
    return Style(
        color=_color(cell.fg), bgcolor=_color(cell.bg), bold=cell.bold, italic=cell.italics, underline=cell.underscore
    )


def _color(name: str) -> str | None:
    if name == "default":
        return None
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return {"brown": "yellow", "brightbrown": "bright_yellow"}.get(name, name.replace("bright", "bright_"))
