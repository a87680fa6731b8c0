"""``dragoman logs``: the conversations of the user."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.cli.config_file import writing
from dragoman.cli.conversation_log import ConversationLog, LoggedConversation, log_of_user, switch
from dragoman.cli.default_command import DefaultGroup
from dragoman.cli.terminal import complain, fitting, wrapped
from dragoman.cli.transcript import as_markdown
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.message import Role

_EPILOG = """\b
Examples:
  dragoman logs
  dragoman logs 3
  dragoman logs -r
  dragoman logs -q "capital of Norway"
  dragoman logs export > conversations.jsonl
"""


_OF_SHOW = {"-c", "--continue", "-r", "--response"}


class _Logs(DefaultGroup):
    default = "list"

    def meant(self, ctx: click.Context, args: Sequence[str]) -> str | None:
        """Return that a conversation is shown where a number is given, or an option that only it has."""
        return "show" if args and (args[0].isdecimal() or args[0] in _OF_SHOW) else super().meant(ctx, args)

    def meant_by(self, ctx: click.Context, name: str) -> str:
        """Return what is said of a word that is no command: which is meant, or how it is searched for."""
        return super().meant_by(ctx, name) or " A number shows a conversation; 'dragoman logs -q WORDS' finds one."


@click.group(cls=_Logs, epilog=_EPILOG)
def logs() -> None:
    """Look at the conversations of 'dragoman chat', which stay on this machine.

    Without a command, they are listed, or shown if a number is given. Messages are written to a database that only you
    can read; keys, headers and options are not. 'dragoman logs off' turns it off.
    """


@logs.command("list")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(0, text_io.LARGEST),
    default=20,
    show_default=True,
    help="How many to list; 0 for all.",
)
@click.option("-q", "--query", type=text_io.text, default="", help="Only those with a message that contains this text.")
@click.option("--json", "print_json", is_flag=True, help="Print a JSON array.")
def list_logs(limit: int, query: str, print_json: bool) -> None:  # noqa: FBT001  # click passes the options by name
    """List the conversations, the last one first."""
    _print(_log().conversations(words=query, limit=limit or -1), print_json=print_json, is_search=bool(query))


@logs.command()
@click.argument("words", type=text_io.text)
@click.option("--json", "print_json", is_flag=True, help="Print a JSON array.")
def search(words: str, print_json: bool) -> None:  # noqa: FBT001  # click passes the options by name
    """List the conversations with a message that contains WORDS."""
    _print(_log().conversations(words=words), print_json=print_json, is_search=True)


@logs.command()
@click.argument("number", type=text_io.NUMBER, required=False)
@click.option("-c", "--continue", "is_last", is_flag=True, help="The last conversation, as without a number.")
@click.option("-r", "--response", "print_response", is_flag=True, help="Print only the text of the last answer.")
@click.option("--json", "print_json", is_flag=True, help="Print a JSON object.")
def show(
    number: int | None,
    is_last: bool,  # noqa: FBT001  # click passes the options by name
    print_response: bool,  # noqa: FBT001  # click passes the options by name
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Show a conversation, by default the last one."""
    if is_last and number is not None:
        message = "-c is the last conversation; leave it out, or the number"
        raise click.UsageError(message)
    if print_response and print_json:
        message = "-r prints the text of the last answer, --json a conversation; give one of them"
        raise click.UsageError(message)
    log = _log()
    found = log.conversation(number)
    if print_response:
        answers = (each.content for each in reversed(log.messages(found.id)) if each.role == Role.ASSISTANT)
        click.echo(next(answers, ""), color=True)
    elif print_json:
        click.echo(text_io.as_json(_data(log, found)))
    else:
        click.echo(as_markdown(found.system, log.messages(found.id)), nl=False, color=True)


@logs.command()
def export() -> None:
    """Print all conversations, each as a JSON object on a line of its own."""
    log = _log()
    for each in reversed(log.conversations()):
        click.echo(text_io.as_json(_data(log, each), indent=None))


@logs.command()
@click.argument("number", type=text_io.NUMBER)
def delete(number: int) -> None:
    """Remove a conversation for good."""
    log = _log()
    log.delete(log.conversation(number).id)
    click.echo(f"conversation {number} is removed")


@logs.command()
def off() -> None:
    """Write no conversations from now on, and no history of what is typed."""
    path = _switch()
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch()
    click.echo(wrapped("conversations are not logged; 'dragoman logs on' turns the log on", 0))


@logs.command()
def on() -> None:
    """Write conversations from now on."""
    path = _switch()
    with writing(path):
        path.unlink(missing_ok=True)
    click.echo(wrapped(f"conversations are logged in {_log().path}", 0))


@logs.command("path")
def show_path() -> None:
    """Show where the database is."""
    click.echo(_log().path)


def _log() -> ConversationLog:
    return log_of_user() or _no_folder()


def _switch() -> Any:
    return switch(os.environ) or _no_folder()


def _no_folder() -> Any:
    message = "the folder for logs is unknown; set HOME or XDG_CONFIG_HOME"
    raise ConfigurationError(message)


def _print(found: list[LoggedConversation], *, print_json: bool, is_search: bool) -> None:
    if print_json:
        return click.echo(text_io.as_json([_summary(each) for each in found]))
    for each in found:
        begun = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.begun))
        line = f"{each.id:>4}  {begun}  {each.model}  {' '.join(each.first.split())}"
        click.echo(fitting(line), color=True)
    if not found:
        complain("there is no such conversation" if is_search else "nothing is logged yet")
    return None


def _summary(found: LoggedConversation) -> dict[str, Any]:
    begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(found.begun))
    return {"id": found.id, "begun": begun, "model": found.model, "messages": found.count, "first": found.first}


def _data(log: ConversationLog, found: LoggedConversation) -> dict[str, Any]:
    said = [each.to_dict() for each in log.messages(found.id)]
    return {**_summary(found), "system": found.system, "messages": said}
