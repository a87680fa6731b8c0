"""The tools of a conversation, and the question whether a call of the model may run."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click
from attrs import define, field

from dragoman.cli import text_io
from dragoman.cli.terminal import columns, complain
from dragoman.cli.waiting import echoed, read_line

if TYPE_CHECKING:
    from dragoman.spec.function_tool import FunctionTool
    from dragoman.spec.parts import ToolCall, ToolResult
    from dragoman.spec.run import Run

Permission: TypeAlias = Literal["y", "n", "a"]
"""The answer to the question: yes, no, or always for this tool."""

_PERMISSIONS: dict[str, Permission] = {
    "": "n",
    **dict.fromkeys(("y", "yes"), "y"),
    **dict.fromkeys(("n", "no"), "n"),
    **dict.fromkeys(("a", "always"), "a"),
}
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0100-\U000e01ef]"
)
"""The characters of which nothing is seen although Python calls them printable."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_./:-]+")
_MARK = "  | "
"""What each line of a call but its first begins with."""
_USUAL_WIDTH = 80

_SHOWN = 200
"""The most characters that are shown of a call that has run, and of its result."""


@define(kw_only=True)
class Toolbox:
    """Hold tools, and which of them may run without a question.

    Args:
        tools: the tools, in the order in which the model is told of them.
        turns: how many answers the model may give to one question.
        is_trusted: whether all tools may run without a question.
        trusted: the names of those that may.

    """

    tools: list[FunctionTool] = field(factory=list["FunctionTool"])
    turns: int = 10
    is_trusted: bool = False
    trusted: set[str] = field(factory=set[str])

    def add(self, tools: Iterable[FunctionTool]) -> None:
        """Add tools; one with the name of another takes its place, and has to be approved again."""
        for tool in tools:
            self.tools = [*(each for each in self.tools if each.name != tool.name), tool]
            self.trusted.discard(tool.name)

    def clear(self) -> None:
        """Remove all tools."""
        self.tools = []
        self.trusted.clear()

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a run; none if there are no tools."""
        if not self.tools:
            return {}
        return {"tools": self.tools, "turns": self.turns, "approve": None if self.is_trusted else "ask"}

    def decided(self, run: Run[Any]) -> Run[Any]:
        """Return a run whose pending calls are approved or denied, as the user answers.

        Raises:
            click.Abort: if the user leaves with Ctrl-C or Ctrl-D.

        """
        for call in run.pending:
            permission = "y" if call.name in self.trusted else _permission(call)
            if permission == "a":
                self.trusted.add(call.name)
            run = run.deny(call.call_id) if permission == "n" else run.approve(call.call_id)
        return run


def is_answerable() -> bool:
    """Return whether somebody can be asked: standard input and standard error are terminals."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _permission(call: ToolCall) -> Permission:
    """Ask whether a call may run; what was typed before the question is not an answer to it."""
    if not is_answerable():
        complain(f"dragoman: nobody can be asked, so this does not run: {call_line(call)}")
        return "n"
    lines = marked_lines(f"The model calls {call_line(call)}", columns(sys.stderr) or _USUAL_WIDTH)
    click.echo("\n".join(lines), err=True)
    _forget_typed()
    question = f"Run {'it' if len(lines) == 1 else _shown(call.name)}? [y]es, [n]o, [a]lways [n]: "
    while True:
        click.echo(question, nl=False, err=True)
        try:
            with echoed():
                answer = read_line().decode(errors="replace").strip().lower()
        except (EOFError, KeyboardInterrupt):
            click.echo(err=True)  # leaves the line of the question
            raise click.Abort from None
        if answer in _PERMISSIONS:
            return _PERMISSIONS[answer]
        complain(f"dragoman: {answer!r} is not one of y, n and a")


def _forget_typed() -> None:
    if os.name == "nt":  # pragma: no cover - measured on Linux
        return
    import termios  # noqa: PLC0415  # Windows has none

    termios.tcflush(sys.stdin, termios.TCIFLUSH)


def call_line(call: ToolCall) -> str:
    """Return a call on one line, with its arguments as JSON in which no character hides."""
    try:
        arguments: Any = json.loads(call.arguments)
        told = ", ".join(f"{_shown(name)}={_json(each)}" for name, each in arguments.items())
    except (ValueError, AttributeError, RecursionError):  # a run refuses them
        told = _json(call.arguments)
    return f"{_shown(call.name)}({told})"


def _shown(name: str) -> str:
    """Return a name, as JSON if it could be taken for more than one."""
    return name if _PLAIN_NAME.fullmatch(name) else _json(name)


def _json(value: Any) -> str:
    """Return *value* as JSON in which every character that is not seen is escaped."""
    document = text_io.as_json(value, indent=None)
    if document.isprintable() and not _UNSEEN.search(document):
        return document
    seen = (each if each.isprintable() and not _UNSEEN.match(each) else json.dumps(each)[1:-1] for each in document)
    return "".join(seen)


def marked_lines(text: str, width: int) -> list[str]:
    """Return *text* on lines that fit, all but the first with a mark, so that none can be taken for another message.

    Args:
        text: the text, without line feeds.
        width: the columns of the terminal; it may need two for a character that is not ASCII.

    """
    lines, line, room = list[str](), "", width - 1
    for character in text:
        needed = 1 if character.isascii() else 2
        if needed > room:
            lines.append(line)
            line, room = _MARK, max(2, width - 1 - len(_MARK))
        line += character
        room -= needed
    return [*lines, line]


def result_line(call: ToolCall, result: ToolResult) -> str:
    """Return a call that has run, and what came of it, on one line."""
    words = {"ok": "->", "error": "failed:"}.get(str(result.outcome), f"{result.outcome}:")
    told = " ".join(result.text.split())
    return f"{_cut(call_line(call))} {words} {_cut(told)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
