"""``dragoman chat``: ask once, and see the answer while it comes."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import click

from dragoman.config import LLMConfig
from dragoman.errors import ConfigurationError
from dragoman.llm import StreamingLLM
from dragoman.message import Message
from dragoman.nesting import parsed
from dragoman.response import Response

_WORDS = {"true": True, "false": False, "null": None}


@click.command()
@click.argument("prompt", nargs=-1)
@click.option("-m", "--model", envvar="DRAGOMAN_MODEL", help="The model: a bare name, or provider/name.")
@click.option("-b", "--api-base", envvar="DRAGOMAN_API_BASE", help="The base URL, if not the provider's own.")
@click.option("-s", "--system", help="Instructions for the model.")
@click.option("-o", "--option", "options", multiple=True, metavar="NAME=VALUE", help="A setting or option; repeatable.")
@click.option("--no-stream", is_flag=True, help="Wait for the whole answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer with all its facts as JSON.")
def chat(  # noqa: PLR0917  # click passes the options by name
    prompt: tuple[str, ...],
    model: str | None,
    api_base: str | None,
    system: str | None,
    options: tuple[str, ...],
    no_stream: bool,  # noqa: FBT001  # as above
    as_json: bool,  # noqa: FBT001  # as above
) -> None:
    """Ask a model and print its answer.

    PROMPT may also come from standard input; of both, standard input comes last.
    """
    messages = [Message("user", _question(" ".join(prompt)))]
    if system:
        messages.insert(0, Message("system", system))
    config = LLMConfig.from_dict({"model": model, "api_base": api_base, **_read_options(options)})
    asyncio.run(_answer(config, messages, stream=not (no_stream or as_json), as_json=as_json))


async def _answer(config: LLMConfig, messages: list[Message], *, stream: bool, as_json: bool) -> None:
    async with StreamingLLM(config) as llm:
        if as_json:
            click.echo(_as_json(await llm.generate(messages)))
        elif stream:
            await _print_stream(llm, messages)
        else:
            click.echo(_printable(await llm.chat_completion(messages)))


async def _print_stream(llm: StreamingLLM, messages: list[Message]) -> None:
    ended = True
    try:
        async for chunk in llm.streaming_chat_completion(messages):
            shown = _printable(chunk)
            ended = shown.endswith("\n")
            click.echo(shown, nl=False)
    finally:
        if not ended:
            click.echo()


def _question(prompt: str) -> str:
    """Return what was asked on the command line and on standard input."""
    piped = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().strip()
    question = "\n\n".join(text for text in (prompt.strip(), piped) if text)
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
        return parsed(text)
    except ValueError:
        return text


def _as_json(response: Response) -> str:
    from dragoman.serialization import to_dict  # noqa: PLC0415  # only for --json

    facts = to_dict(response)
    facts.pop("raw", None)
    return json.dumps(facts, ensure_ascii=False, indent=2)


def _printable(text: str) -> str:
    """Return *text* without the control characters with which it could rule a terminal."""
    if not sys.stdout.isatty():
        return text
    return "".join(char for char in text if char in "\n\t" or char.isprintable())
