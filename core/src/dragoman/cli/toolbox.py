"""The tools of a conversation, and the question whether a call of the model may run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click
from attrs import define, field

from dragoman.cli import text_io
from dragoman.cli.terminal import complain

if TYPE_CHECKING:
    from dragoman.spec.function_tool import FunctionTool
    from dragoman.spec.parts import ToolCall, ToolResult
    from dragoman.spec.run import Run

Permission: TypeAlias = Literal["y", "n", "a"]
"""The answer to the question: yes, no, or always for this tool."""

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
    complain(f"The model calls {call_line(call)}")
    _forget_typed()
    answers: click.Choice[Permission] = click.Choice(["y", "n", "a"])
    question = "Run it? [y]es, [n]o, [a]lways"
    try:
        answer: Permission = click.prompt(question, type=answers, default="n", show_choices=False, err=True)
    except click.Abort:
        click.echo(err=True)  # leaves the line of the question
        raise
    return answer


def _forget_typed() -> None:
    if os.name == "nt":  # pragma: no cover - measured on Linux
        return
    import termios  # noqa: PLC0415  # Windows has none

    termios.tcflush(sys.stdin, termios.TCIFLUSH)


def call_line(call: ToolCall) -> str:
    """Return a call on one line, with its arguments as JSON in which no character hides."""
    try:
        arguments: Any = json.loads(call.arguments)
        shown = ", ".join(f"{name}={text_io.as_json(each, indent=None)}" for name, each in arguments.items())
    except (ValueError, AttributeError, RecursionError):  # a run refuses them
        shown = text_io.as_json(call.arguments, indent=None)
    return f"{text_io.as_json(call.name)[1:-1]}({shown})"


def result_line(call: ToolCall, result: ToolResult) -> str:
    """Return a call that has run, and what came of it, on one line."""
    words = {"ok": "->", "error": "failed:"}.get(str(result.outcome), f"{result.outcome}:")
    told = " ".join(result.text.split())
    return f"{_cut(call_line(call))} {words} {_cut(told)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
