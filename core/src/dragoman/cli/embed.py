"""``dragoman embed``: turn texts into vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.cli.model_options import configuration, model_options
from dragoman.cli.waiting import run
from dragoman.client.llm import LLM
from dragoman.spec.config import LLMConfig
from dragoman.spec.operations import Embeddings

_EPILOG = """\b
Examples:
  dragoman embed -m text-embedding-3-small "one text" "another text"
  dragoman embed -m ollama/nomic-embed-text < lines.txt > vectors.jsonl
"""


@click.command(epilog=_EPILOG)
@click.argument("texts", nargs=-1, type=text_io.text)
@model_options
@click.option("--json", "print_json", is_flag=True, help="Print one JSON object with the vectors, model and tokens.")
def embed(
    texts: tuple[str, ...],
    given: Mapping[str, Any],
    profile: str | None,
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Print a vector for each of TEXTS, or for each line of standard input, as a JSON array on a line of its own."""
    lines = texts or tuple(line for line in text_io.read_stdin().splitlines() if line.strip())
    if not all(line.strip() for line in lines):
        message = "one of the texts is empty; leave it out, or give a text in its place"
        raise click.UsageError(message)
    if not lines:
        message = "there is no text; pass texts as arguments, or pipe lines to standard input"
        raise click.UsageError(message)
    found = run(_embed(configuration(given, profile), lines))
    if print_json:
        from dragoman.spec.serialization import to_dict  # noqa: PLC0415  # needed by --json only

        click.echo(text_io.as_json(to_dict(found)))
    else:
        for vector in found.vectors:
            click.echo(text_io.as_json(vector, indent=None))


async def _embed(config: LLMConfig, texts: Sequence[str]) -> Embeddings:
    async with LLM(config) as llm:
        return await llm.embed(texts)
