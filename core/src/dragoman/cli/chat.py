"""``dragoman chat``: ask one question and print the answer as it arrives, or hold a conversation."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import click

from dragoman.cli import text_io
from dragoman.cli.answer_view import PlainView
from dragoman.cli.answers import cut_note, keep
from dragoman.cli.attachments import STDIN, read_attachment
from dragoman.cli.conversation_log import is_logging, log_of_user
from dragoman.cli.dialogue import Dialogue
from dragoman.cli.model_options import given_fields, model_options
from dragoman.cli.schema_argument import schema_of
from dragoman.client.llm import LLM
from dragoman.client.text_answer import check_text
from dragoman.spec.message import Message
from dragoman.spec.response import Response

_Way: TypeAlias = Callable[[LLM, list[Message], Mapping[str, Any]], Awaitable[Response]]

_EPILOG = """\b
Examples:
  dragoman chat -m echo "Hello"
  git diff | dragoman chat -m echo -s "Review this change."
  dragoman chat -m echo --schema "name, age int" "Ada, 36"
  dragoman chat -m echo
"""


@click.command(epilog=_EPILOG)
@click.argument("prompt", nargs=-1, type=text_io.text)
@model_options
@click.option("-s", "--system", type=text_io.text, help="The system prompt.")
@click.option(
    "-a",
    "--attach",
    "attachments",
    type=text_io.text,
    multiple=True,
    metavar="FILE|URL|-",
    help="Attach a file, an address or standard input; may be repeated.",
)
@click.option(
    "--schema",
    type=schema_of,
    metavar="SCHEMA",
    help="Answer in JSON: a JSON Schema, a file with one, or 'name, age int'.",
)
@click.option("-c", "--continue", "goes_on", is_flag=True, help="Go on with the last conversation.")
@click.option("--id", "number", type=int, help="Go on with this conversation of 'dragoman logs list'.")
@click.option("--no-log", is_flag=True, help="Do not write the conversation to the log.")
@click.option("--no-stream", is_flag=True, help="Print the answer when it is complete.")
@click.option("--plain", is_flag=True, help="Converse without colours and editing; show Markdown as it is.")
@click.option("--json", "print_json", is_flag=True, help="Print the complete response as one JSON object.")
@click.option("--events", "print_events", is_flag=True, help="Print each event as a JSON object on a line of its own.")
def chat(  # noqa: PLR0917  # click passes the options by name
    prompt: tuple[str, ...],
    model: str | None,
    provider: str | None,
    api_base: str | None,
    options: tuple[str, ...],
    system: str | None,
    attachments: tuple[str, ...],
    schema: dict[str, Any] | None,
    goes_on: bool,  # noqa: FBT001  # click passes the options by name
    number: int | None,
    no_log: bool,  # noqa: FBT001  # click passes the options by name
    no_stream: bool,  # noqa: FBT001  # click passes the options by name
    plain: bool,  # noqa: FBT001  # click passes the options by name
    print_json: bool,  # noqa: FBT001  # click passes the options by name
    print_events: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Ask a model and print its answer, or converse with it.

    The prompt is read from PROMPT, from standard input, or from both; standard input is then appended to PROMPT.
    Without a prompt, in a terminal, a conversation begins; /help lists its commands.

    What no option says is read from the environment, as LLMConfig.from_env() does: DRAGOMAN_MODEL, DRAGOMAN_API_KEY and
    so on. Another model than that of the environment gets neither its key, provider, fallbacks, headers
    nor options.
    """
    given = given_fields(model, provider, api_base, options)
    attached = [read_attachment(each) for each in attachments]
    parts = (" ".join(prompt).strip(), "" if STDIN in attachments else text_io.read_stdin().strip())
    text = "\n\n".join(part for part in parts if part)
    log = log_of_user() if is_logging() and not no_log else None
    said: dict[str, Any] = {}
    if goes_on or number is not None:
        model_before, said = _logged(number)
        given = {"model": model_before, **given} if "provider" not in given else given
    said |= {"system": system} if system is not None else {}
    dialogue = Dialogue(given, output=schema, attached=attached, log=log, **said)
    if text or (attached and not _is_terminal()):
        way = _print_json if print_json else _print_events if print_events else _print_whole if no_stream else _print
        asyncio.run(_answer(dialogue, text, way))
    elif not _is_terminal():
        message = "the prompt is empty; pass it as an argument, or pipe it to standard input"
        raise click.UsageError(message)
    elif no_stream or print_json or print_events:
        message = "a conversation has no such output; give a PROMPT with --json, --events or --no-stream"
        raise click.UsageError(message)
    else:
        from dragoman.cli.converse import converse  # noqa: PLC0415  # only conversations need it

        converse(dialogue, is_plain=plain)


def _logged(number: int | None) -> tuple[str, dict[str, Any]]:
    """Return the model of a conversation of the log, by default the last one, and what a dialogue goes on with."""
    log = log_of_user()
    if log is None:
        message = "the folder for logs is unknown; set HOME or XDG_CONFIG_HOME"
        raise click.UsageError(message)
    found = log.conversation(number)
    return found.model, {"system": found.system, "messages": log.messages(found.id), "number": found.id}


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


async def _answer(dialogue: Dialogue, text: str, way: _Way) -> None:
    """Ask one question, and print its answer in one of the ways below."""
    question = dialogue.question(text)
    messages = dialogue.request(question)
    arguments = {} if dialogue.output is None else {"output": dialogue.output}
    async with dialogue.llm as llm:
        response = await way(llm, messages, arguments)
    if cut := cut_note(response):
        click.echo(f"dragoman: {cut}", err=True)
    keep(dialogue, question, response.message)


async def _print(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    view = PlainView()
    try:
        async with llm.stream(messages, **arguments) as stream:
            async for event in stream:
                view.show(event)
            check_text(stream.response, stream.settings)
            return stream.response
    finally:
        view.finish()


async def _print_whole(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    response = await llm.generate(messages, **arguments)
    check_text(response, llm.config.settings())
    click.echo(response.text, color=True)
    return response


async def _print_json(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    response = await llm.generate(messages, **arguments)
    click.echo(text_io.as_json(without_raw(response)))
    return response


async def _print_events(llm: LLM, messages: list[Message], arguments: Mapping[str, Any]) -> Response:
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --events only

    async with llm.stream(messages, **arguments) as stream:
        async for event in stream:
            click.echo(text_io.as_json({"event": type(event).__name__, **to_dict(event)}, indent=None))
        return stream.response


def without_raw(response: Response) -> dict[str, Any]:
    """Return a response as plain data, without the reply as its provider sent it."""
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --json only

    data = to_dict(response)
    data.pop("raw", None)
    return data
