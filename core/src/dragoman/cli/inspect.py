"""``dragoman why`` and ``dragoman plugins``: what would happen, and what is there. Neither imports a provider."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from dragoman.config import LLMConfig
from dragoman.plugins import EXTENSIONS, HOSTS, MODELS, PluginRecord, installed
from dragoman.resolution import explain

_WIDE = 240
"""How many characters a line may have where no terminal limits it."""


@click.command()
@click.argument("model", required=False)
@click.option("-b", "--api-base", help="The base URL, as in LLMConfig.")
@click.option("-p", "--provider", help="The provider, as in LLMConfig.")
def why(model: str | None, api_base: str | None, provider: str | None) -> None:
    """Show which provider serves MODEL, and why."""
    named = {} if provider is None else {"provider": provider}
    explanation = explain(LLMConfig(model=model, api_base=api_base, **named))
    console = Console(highlight=False)
    console.print(f"provider      {explanation.provider}")
    console.print(f"model         {explanation.model}", markup=False)
    console.print(f"distribution  {explanation.distribution}")
    console.print(f"endpoint      {explanation.endpoint or 'the provider’s own'}", markup=False)
    for number, step in enumerate(explanation.steps, start=1):
        console.print(f"  {number}. {step}", markup=False)


@click.command()
def plugins() -> None:
    """List the installed plugins, importing none."""
    registry = installed()
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    table = Table("name", "distribution", "version", "state", "hosts", "models", box=None, pad_edge=False)
    for record in sorted(registry.records(), key=lambda record: (record.group, record.name)):
        claims = {
            group: ", ".join(
                claim.name
                for claim in registry.select(group)
                if (claim.module, claim.distribution) == (record.module, record.distribution)
            )
            for group in (HOSTS, MODELS)
        }
        table.add_row(_name(record), record.distribution, record.version, record.state, claims[HOSTS], claims[MODELS])
    console.print(table)


def _name(record: PluginRecord) -> str:
    return f"{record.name} (extension)" if record.group == EXTENSIONS else record.name
