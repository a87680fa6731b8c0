"""The commands of a conversation, which begin with a slash."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from attrs import frozen

from dragoman.cli.attachments import read_attachment
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.terminal import columns
from dragoman.cli.transcript import as_json, as_markdown
from dragoman.spec.message import Message
from dragoman.spec.nearest_name import suggestion
from dragoman.spec.user_folder import user_path

if TYPE_CHECKING:
    from typing import TypeAlias

    from dragoman.cli.toolbox import Toolbox
    from dragoman.client.model_usage import ModelUsage
    from dragoman.spec.request import Tool

    Run: TypeAlias = "Callable[[Dialogue, str], Reply]"


@frozen(kw_only=True)
class Reply:
    """What a command leads to.

    Args:
        note: a line to print.
        question: a question to ask.
        ends: whether the conversation ends.

    """

    note: str = ""
    question: Message | None = None
    ends: bool = False


@frozen
class SlashCommand:
    """A command: its argument for the help, what it does, and the function that does it."""

    argument: str
    summary: str
    run: Run


def run_command(dialogue: Dialogue, line: str) -> Reply:
    """Run the command that *line* names.

    Raises:
        click.UsageError: for an unknown command or a wrong argument.
        DragomanError: for a model that no provider serves, or a file that cannot be attached.

    """
    name, _, argument = line.partition(" ")
    command = COMMANDS.get(name.strip())
    if command is None:
        meant = suggestion(name, COMMANDS) or "/help lists the commands"
        message = f"there is no command {name}; {meant} (a message that begins with a slash is written with two)"
        raise click.UsageError(message)
    argument = argument.strip()
    if argument and not command.argument:
        message = f"{name} takes nothing after it (a message that begins with a slash is written with two)"
        raise click.UsageError(message)
    return command.run(dialogue, argument)


def _model(dialogue: Dialogue, argument: str) -> Reply:
    if argument:
        dialogue.choose(argument)
    return Reply(note=f"the model is {dialogue.model}")


def _system(dialogue: Dialogue, argument: str) -> Reply:
    if argument:
        dialogue.instruct(None if argument == "-" else argument)
    return Reply(note=f"the system prompt is: {dialogue.system}" if dialogue.system else "there is no system prompt")


def _unquoted(path: str) -> str:
    """Return a path as a shell reads it, whose quotes people type, and terminals write for a file that is dropped."""
    is_windows = os.name == "nt"  # a backslash parts folders there
    if os.path.lexists(path) or not (("\\" in path and not is_windows) or path[:1] in {"'", '"'}):
        return path
    try:
        words = shlex.split(path, posix=not is_windows)
    except ValueError:  # of a quote that is not closed
        return path
    return words[0].strip("'\"" * is_windows) if len(words) == 1 else path


def _attach(dialogue: Dialogue, argument: str) -> Reply:
    if not argument:
        names = ", ".join(each.filename or each.media_type for each in dialogue.attached)
        return Reply(note=f"attached to the next message: {names or 'nothing'}")
    if argument == "-":
        message = "standard input is where messages are typed; attach a file or a URL"
        raise click.UsageError(message)
    media = read_attachment(_unquoted(argument))
    dialogue.attached.append(media)
    return Reply(note=f"attached to the next message: {media.filename or argument} ({media.media_type})")


def _tools(dialogue: Dialogue, argument: str) -> Reply:
    toolbox = dialogue.toolbox
    if argument == "-":
        toolbox.clear()
    elif argument:
        from dragoman.cli.tool_argument import tools_of  # noqa: PLC0415  # few conversations have tools

        toolbox.add(tools_of(_unquoted(argument)))
    width = max((len(tool.name) for tool in toolbox.tools), default=0)
    lines = [f"{tool.name:{width}}  {_about(tool, toolbox)}".rstrip() for tool in toolbox.tools]
    return Reply(note="\n".join(lines) or "there are no tools")


def _about(tool: Tool, toolbox: Toolbox) -> str:
    runs_always = "runs without a question" * (toolbox.is_trusted or tool.name in toolbox.trusted)
    described = (tool.description or "").strip().partition("\n")[0]
    return "; ".join(filter(None, [described, runs_always]))


def _cost(dialogue: Dialogue, _: str) -> Reply:
    models = dialogue.llm.usage.models
    lines = [f"{name}: {_used(used)}" for name, used in models.items()]
    if len(lines) > 1:
        lines.append(f"together: {_used(dialogue.llm.usage.total)}")
    return Reply(note="\n".join(lines) or "nothing was asked yet")


def _used(used: ModelUsage) -> str:
    from dragoman.cli.answers import counts, money  # noqa: PLC0415  # they need this module's neighbours

    cost, unpriced = used.cost(), used.unpriced()
    told = "cost unknown" if cost is None else money(cost)
    if cost is not None and unpriced:
        told += f" and {unpriced} {_counted(unpriced, 'answer')} of unknown cost"
    failures = f", {used.failures} failed" * bool(used.failures)
    return f"{used.calls} {_counted(used.calls, 'call')}{failures} | tokens: {counts(used)} | {told}"


def _counted(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _save(dialogue: Dialogue, argument: str) -> Reply:
    argument = _unquoted(argument)
    if not argument:
        message = "name a file: /save talk.md, or /save talk.json"
        raise click.UsageError(message)
    path = user_path(argument)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            write = as_json if path.suffix == ".json" else as_markdown
            file.write(write(dialogue.system, dialogue.messages))
    except FileExistsError:
        message = f"{path} is there already; choose another name"
        raise click.UsageError(message) from None
    except (OSError, ValueError) as error:
        message = f"{path} cannot be written: {getattr(error, 'strerror', error)}"
        raise click.UsageError(message) from None
    return Reply(note=f"saved {len(dialogue.messages)} messages in {path}")


def _retry(dialogue: Dialogue, _: str) -> Reply:
    question = dialogue.again()
    return Reply(question=question) if question else Reply(note="nothing was asked yet")


def _undo(dialogue: Dialogue, _: str) -> Reply:
    question = dialogue.undo()
    shown = " ".join(question.content.split()) if question else ""
    return Reply(note=f"removed: {shown}" if question else "there is nothing to remove")


def _help(_: Dialogue, __: str) -> Reply:
    formatter = click.HelpFormatter(width=(columns() or 80) - 1)
    formatter.write_dl([(f"{name} {command.argument}".strip(), command.summary) for name, command in COMMANDS.items()])
    formatter.write_text("Enter sends, Alt-Enter begins a line, Ctrl-C stops an answer, Ctrl-D leaves.")
    return Reply(note=formatter.getvalue().rstrip())


def _quit(_: Dialogue, __: str) -> Reply:
    return Reply(ends=True)


COMMANDS = {
    "/model": SlashCommand("[NAME]", "show the model, or ask another", _model),
    "/system": SlashCommand("[TEXT | -]", "show, set or remove the system prompt", _system),
    "/attach": SlashCommand("[FILE | URL]", "attach to the next message", _attach),
    "/tools": SlashCommand("[TOOLS | -]", "list, add or remove tools", _tools),
    "/cost": SlashCommand("", "show the tokens and the cost so far", _cost),
    "/save": SlashCommand("FILE", "write the conversation to .md or .json", _save),
    "/retry": SlashCommand("", "ask the last question again", _retry),
    "/undo": SlashCommand("", "remove the last question and its answer", _undo),
    "/help": SlashCommand("", "list the commands", _help),
    "/quit": SlashCommand("", "leave", _quit),
}
"""The commands by name."""
