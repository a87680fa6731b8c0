"""``dragoman complete``: let a model continue a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.cli.model_options import configuration, model_options
from dragoman.cli.waiting import run
from dragoman.client.streaming_llm import StreamingLLM
from dragoman.spec.config import LLMConfig

_EPILOG = """\b
Examples:
  dragoman complete -m echo "Once upon a time"
  cat start.py | dragoman complete -m echo
"""


@click.command(epilog=_EPILOG)
@click.argument("prompt", nargs=-1, type=text_io.text)
@model_options
@click.option("--suffix", type=text_io.text, help="The text that follows what the model writes.")
@click.option("--no-stream", is_flag=True, help="Print the text when it is complete.")
def complete(
    prompt: tuple[str, ...],
    given: Mapping[str, Any],
    profile: str | None,
    suffix: str | None,
    no_stream: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Continue PROMPT, or the text on standard input.

    A model without an endpoint for prompts answers it as a message.
    """
    text = " ".join(prompt) or text_io.read_stdin()
    if not text.strip():
        message = "the prompt is empty; pass it as an argument, or pipe it to standard input"
        raise click.UsageError(message)
    config = configuration(given, profile)
    run(_complete(config, text, {} if suffix is None else {"suffix": suffix}, is_streamed=not no_stream))


async def _complete(config: LLMConfig, text: str, arguments: dict[str, Any], *, is_streamed: bool) -> None:
    async with StreamingLLM(config) as llm:
        if not is_streamed:
            click.echo(await llm.completion(text, **arguments), color=True)
            return
        begun = False
        try:
            async for piece in llm.streaming_completion(text, **arguments):
                click.echo(piece, nl=False, color=True)
                begun = True
        finally:
            if begun:  # an error stands alone
                click.echo()
