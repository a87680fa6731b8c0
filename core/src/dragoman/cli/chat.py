"""``dragoman chat``: ask one question and print the answer as it arrives, or hold a conversation."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from dragoman.cli import EndsAtInterrupt, text_io
from dragoman.cli.model_options import model_options
from dragoman.cli.option_help import ModelCommand
from dragoman.cli.schema_argument import schema_of

if TYPE_CHECKING:
    from dragoman.cli.one_answer import Form
    from dragoman.cli.toolbox import Toolbox

_EPILOG = """\b
Examples:
  dragoman chat -m echo "Hello"
  dragoman -m echo -x "Write a function that adds."
  git diff | dragoman chat -m echo -s "Review this change."
  dragoman chat -m echo --schema "name, age int" "Ada, 36"
  dragoman chat -m echo --schema "[name, age int]" "Two dogs"
  dragoman chat -m echo -y -t platform:system "Which system is this?"
  dragoman chat -m echo
"""


@click.command(cls=ModelCommand, epilog=_EPILOG)
@click.argument("prompt", nargs=-1, type=text_io.text)
@model_options
@click.option("-s", "--system", type=text_io.text, help="The system prompt.")
@click.option(
    "-a",
    "--attach",
    "attachments",
    type=text_io.text,
    shell_complete=text_io.complete_path,
    multiple=True,
    metavar="FILE|URL|-",
    help="Attach a file, an address or standard input; may be repeated.",
)
@click.option(
    "--schema",
    type=schema_of,
    shell_complete=text_io.complete_path,
    metavar="SCHEMA",
    help="Answer in JSON: a JSON Schema, a file with one, or 'name, age int'; '[name]' for a list.",
)
@click.option(
    "-t",
    "--tool",
    "tools",
    type=text_io.text,
    shell_complete=text_io.complete_path,
    multiple=True,
    metavar="TOOLS",
    help="Let the model call module:function, or what file.py defines; may be repeated.",
)
@click.option("-y", "--yes", "is_trusted", is_flag=True, help="Run tools without asking.")
@click.option(
    "--turns",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many answers a question may have, those that call tools included.",
)
@click.option("-c", "--continue", "goes_on", is_flag=True, help="Go on with the last conversation.")
@click.option("--id", "number", type=text_io.NUMBER, help="Go on with this conversation of 'dragoman logs list'.")
@click.option("-n", "--no-log", is_flag=True, help="Do not write the conversation to the log.")
@click.option("-u", "--usage", "shows_usage", is_flag=True, help="Tell the tokens, the cost and the seconds.")
@click.option("--no-stream", is_flag=True, help="Print the answer when it is complete.")
@click.option("-x", "--extract", is_flag=True, help="Print only the first block of code of the answer.")
@click.option("--plain", is_flag=True, help="Converse without colours and editing; show Markdown as it is.")
@click.option("--json", "print_json", is_flag=True, help="Print the complete response as one JSON object.")
@click.option("--events", "print_events", is_flag=True, help="Print each event as a JSON object on a line of its own.")
def chat(  # noqa: PLR0917  # click passes the options by name
    prompt: tuple[str, ...],
    given: Mapping[str, Any],
    profile: str | None,
    system: str | None,
    attachments: tuple[str, ...],
    schema: dict[str, Any] | None,
    tools: tuple[str, ...],
    is_trusted: bool,  # noqa: FBT001  # click passes the options by name
    turns: int,
    goes_on: bool,  # noqa: FBT001  # click passes the options by name
    number: int | None,
    no_log: bool,  # noqa: FBT001  # click passes the options by name
    shows_usage: bool,  # noqa: FBT001  # click passes the options by name
    no_stream: bool,  # noqa: FBT001  # click passes the options by name
    extract: bool,  # noqa: FBT001  # click passes the options by name
    plain: bool,  # noqa: FBT001  # click passes the options by name
    print_json: bool,  # noqa: FBT001  # click passes the options by name
    print_events: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Ask a model and print its answer, or converse with it.

    The prompt is read from PROMPT, from standard input, or from both; standard input is then appended to PROMPT.
    Without a prompt, in a terminal, a conversation begins; /help lists its commands.

    What no option says is read from dragoman.toml and the environment, as LLM.load() does: DRAGOMAN_MODEL,
    DRAGOMAN_API_KEY and so on. Another model than the one that they name gets neither its key, provider, fallbacks,
    headers nor options.
    """
    with EndsAtInterrupt():
        from dragoman.cli.attachments import STDIN, read_attachment  # noqa: PLC0415  # not needed by help and completion
        from dragoman.cli.conversation_log import is_logging, log_of_user  # noqa: PLC0415  # the same
        from dragoman.cli.dialogue import Dialogue  # noqa: PLC0415  # the same

    if goes_on and number is not None:
        message = "-c is the last conversation; leave it out, or --id"
        raise click.UsageError(message)
    if print_json + print_events + extract > 1:
        message = "--json, --events and -x print an answer in different ways; give one of them"
        raise click.UsageError(message)
    if print_events and no_stream:
        message = "--events prints an answer as it arrives, --no-stream when it is complete; give one of them"
        raise click.UsageError(message)
    if attachments.count(STDIN) > 1:
        message = "'-a -' attaches standard input, which can be read once; give it once"
        raise click.UsageError(message)
    toolbox = _toolbox(tools, turns, is_trusted=is_trusted)
    attached = [read_attachment(each) for each in attachments]
    parts = (" ".join(prompt).strip(), "" if STDIN in attachments else text_io.read_stdin().strip())
    text = "\n\n".join(part for part in parts if part)
    log = log_of_user() if is_logging() and not no_log else None
    said: dict[str, Any] = {}
    if goes_on or number is not None:
        model_before, said = _logged(number)
        given = {"model": model_before, **given} if "provider" not in given else given
    said |= {"system": system} if system is not None else {}
    dialogue = Dialogue(given, profile=profile, output=schema, attached=attached, log=log, toolbox=toolbox, **said)
    if text or (attached and not _is_terminal()):
        with EndsAtInterrupt():
            from dragoman.cli.one_answer import answer  # noqa: PLC0415  # conversations do not need it

        form: Form = "json" if print_json else "events" if print_events else "code" if extract else "text"
        form = "whole" if form == "text" and no_stream else form
        answer(dialogue, text, form, shows_usage=shows_usage)
    elif not _is_terminal():
        message = "the prompt is empty; pass it as an argument, or pipe it to standard input"
        raise click.UsageError(message)
    elif no_stream or print_json or print_events or extract:
        message = "a conversation has no such output; give a PROMPT with --json, --events, --extract or --no-stream"
        raise click.UsageError(message)
    else:
        with EndsAtInterrupt():
            from dragoman.cli.converse import converse  # noqa: PLC0415  # only conversations need it

        converse(dialogue, is_plain=plain)


def _logged(number: int | None) -> tuple[str, dict[str, Any]]:
    """Return the model of a conversation of the log, by default the last one, and what a dialogue goes on with."""
    from dragoman.cli.conversation_log import log_of_user  # noqa: PLC0415  # not needed by help and completion

    log = log_of_user()
    if log is None:
        message = "the folder for logs is unknown; set HOME or XDG_CONFIG_HOME"
        raise click.UsageError(message)
    found = log.conversation(number)
    return found.model, {"system": found.system, "messages": log.messages(found.id), "logged": found}


def _toolbox(sources: tuple[str, ...], turns: int, *, is_trusted: bool) -> Toolbox:
    """Return the tools; without ``--yes``, they need somebody who approves their calls."""
    from dragoman.cli.toolbox import Toolbox, is_answerable  # noqa: PLC0415  # not needed by help and completion

    toolbox = Toolbox(turns=turns, is_trusted=is_trusted)
    if not sources:
        return toolbox
    if not is_trusted and not is_answerable():
        message = "nobody can be asked whether a tool may run, since there is no terminal; -y runs tools without asking"
        raise click.UsageError(message)
    from dragoman.cli.tool_argument import tools_of  # noqa: PLC0415  # few questions come with tools

    for source in sources:
        toolbox.add(tools_of(source))
    return toolbox


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
