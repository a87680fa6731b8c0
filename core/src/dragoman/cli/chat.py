"""``dragoman chat``: ask one question and print the answer as it arrives."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.client.streaming_llm import StreamingLLM
from dragoman.spec._json_depth import parse_json
from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.environment import of_environment
from dragoman.spec.message import Message
from dragoman.spec.request import SETTINGS
from dragoman.spec.response import Response

_SHARED = {*FIELDS, *SETTINGS, *CORE_OPTIONS} - {"api_key", "provider", "fallbacks", "headers"}
"""What a model of the command line may have from the environment of another one."""
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


@click.command()
@click.argument("prompt", nargs=-1, type=text_io.text)
@click.option("-m", "--model", type=text_io.text, help="The model: its name, or provider/name.")
@click.option("-p", "--provider", type=text_io.text, help="The provider, as in LLMConfig.")
@click.option("-b", "--api-base", type=text_io.text, help="The base URL; default: the provider's own.")
@click.option("-s", "--system", type=text_io.text, help="The system prompt.")
@click.option(
    "-o",
    "--option",
    "options",
    type=text_io.text,
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting or an option, such as temperature=0.2; may be repeated.",
)
@click.option("--no-stream", is_flag=True, help="Print the answer when it is complete.")
@click.option("--json", "print_json", is_flag=True, help="Print the complete response as JSON.")
def chat(  # noqa: PLR0917  # click passes the options by name
    prompt: tuple[str, ...],
    model: str | None,
    provider: str | None,
    api_base: str | None,
    system: str | None,
    options: tuple[str, ...],
    no_stream: bool,  # noqa: FBT001  # click passes the options by name
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Ask a model and print its answer.

    The prompt is read from PROMPT, from standard input, or from both; standard input is then appended to PROMPT.

    What no option says is read from the environment, as LLMConfig.from_env() does: DRAGOMAN_MODEL, DRAGOMAN_API_KEY and
    so on. Another model than that of the environment gets neither its key, provider, fallbacks, headers
    nor options.
    """
    messages = [Message("user", _read_prompt(" ".join(prompt)))]
    if system:
        messages.insert(0, Message("system", system))
    named = {"model": model, "provider": provider, "api_base": api_base}
    given = {name: value for name, value in named.items() if value is not None} | _read_options(options)
    config = LLMConfig.from_dict(_of_environment(given) | given)
    asyncio.run(_answer(config, messages, stream=not (no_stream or print_json), print_json=print_json))


def _of_environment(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the environment sets, without those of its own model if another one is given."""
    fields = of_environment(os.environ, "DRAGOMAN_")
    own = fields.get("model")
    if own is None or ("provider" not in given and given.get("model", own) == own):
        return fields
    return {name: value for name, value in fields.items() if name in _SHARED}


async def _answer(config: LLMConfig, messages: list[Message], *, stream: bool, print_json: bool) -> None:
    async with StreamingLLM(config) as llm:
        if print_json:
            click.echo(text_io.as_json(_response_data(await llm.generate(messages))))
        elif stream:
            await _print_stream(llm, messages)
        else:
            _print(await llm.chat_completion(messages))


async def _print_stream(llm: StreamingLLM, messages: list[Message]) -> None:
    ended = True
    try:
        async for chunk in llm.streaming_chat_completion(messages):
            ended = chunk.endswith("\n")
            _print(chunk, nl=False)
    finally:
        if not ended:
            click.echo()


def _print(text: str, *, nl: bool = True) -> None:
    """Print text of the model; `dragoman.cli.terminal` removes control sequences if the target is a terminal."""
    click.echo(text, nl=nl, color=True)


def _read_prompt(prompt: str) -> str:
    """Return the prompt from the command line and standard input."""
    text = "\n\n".join(part for part in (prompt.strip(), text_io.read_stdin().strip()) if part)
    if not text:
        message = "the prompt is empty; pass it as an argument, or pipe it to standard input"
        raise click.UsageError(message)
    return text


def _read_options(options: tuple[str, ...]) -> dict[str, Any]:
    """Return the options; numbers and other JSON values are parsed."""
    found: dict[str, Any] = {}
    for option in options:
        name, separator, text = option.partition("=")
        if not separator or not name:
            message = f"--option expects NAME=VALUE, not {option.partition('=')[0]!r}"
            raise click.UsageError(message)
        found[name.replace("-", "_")] = text if "key" in name else _parse_value(text)
    return found


def _parse_value(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    try:
        return parse_json(text)
    except ValueError:
        return text


def _response_data(response: Response) -> dict[str, Any]:
    from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --json only

    data = to_dict(response)
    data.pop("raw", None)
    return data
