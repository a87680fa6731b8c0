"""``dragoman chat``: ask once, and see the answer while it comes."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from dragoman.cli import words
from dragoman.client.llm import StreamingLLM
from dragoman.spec._json_depth import parse_json
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.message import Message
from dragoman.spec.response import Response

_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


@click.command()
@click.argument("prompt", nargs=-1, type=words.text)
@click.option(
    "-m", "--model", type=words.text, envvar="DRAGOMAN_MODEL", help="The model: a bare name, or provider/name."
)
@click.option(
    "-b", "--api-base", type=words.text, envvar="DRAGOMAN_API_BASE", help="The base URL, if not the provider's own."
)
@click.option("-s", "--system", type=words.text, help="Instructions for the model.")
@click.option(
    "-o",
    "--option",
    "options",
    type=words.text,
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting or option; repeatable.",
)
@click.option("--no-stream", is_flag=True, help="Wait for the whole answer.")
@click.option("--json", "whole", is_flag=True, help="Print the whole answer with all its facts as JSON.")
def chat(  # noqa: PLR0917  # click passes the options by name
    prompt: tuple[str, ...],
    model: str | None,
    api_base: str | None,
    system: str | None,
    options: tuple[str, ...],
    no_stream: bool,  # noqa: FBT001  # as above
    whole: bool,  # noqa: FBT001  # as above
) -> None:
    """Ask a model and print its answer.

    PROMPT may also come from standard input; of both, standard input comes last.
    """
    messages = [Message("user", _question(" ".join(prompt)))]
    if system:
        messages.insert(0, Message("system", system))
    config = LLMConfig.from_dict({"model": model, "api_base": api_base, **_read_options(options)})
    asyncio.run(_answer(config, messages, stream=not (no_stream or whole), whole=whole))


async def _answer(config: LLMConfig, messages: list[Message], *, stream: bool, whole: bool) -> None:
    async with StreamingLLM(config) as llm:
        if whole:
            click.echo(words.as_json(_facts(await llm.generate(messages))))
        elif stream:
            await _print_stream(llm, messages)
        else:
            _show(await llm.chat_completion(messages))


async def _print_stream(llm: StreamingLLM, messages: list[Message]) -> None:
    ended = True
    try:
        async for chunk in llm.streaming_chat_completion(messages):
            ended = chunk.endswith("\n")
            _show(chunk, nl=False)
    finally:
        if not ended:
            click.echo()


def _show(text: str, *, nl: bool = True) -> None:
    """Write a part of the answer, with its escapes: what may not reach a terminal is left out where it gets there."""
    click.echo(text, nl=nl, color=True)


def _question(prompt: str) -> str:
    """Return what was asked on the command line and on standard input."""
    question = "\n\n".join(text for text in (prompt.strip(), words.piped().strip()) if text)
    if not question:
        message = "nothing was asked; give a prompt, or pipe one in"
        raise click.UsageError(message)
    return question


def _read_options(options: tuple[str, ...]) -> dict[str, Any]:
    """Return the options, numbers and other JSON values read as such."""
    found: dict[str, Any] = {}
    for option in options:
        name, separator, text = option.partition("=")
        if not separator or not name:
            message = f"an option is NAME=VALUE, not {option.partition('=')[0]!r}"
            raise ConfigurationError(message)
        found[name.replace("-", "_")] = text if "key" in name else _value(text)
    return found


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    try:
        return parse_json(text)
    except ValueError:
        return text


def _facts(response: Response) -> dict[str, Any]:
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # only for --json

    facts = to_dict(response)
    facts.pop("raw", None)
    return facts
