"""``dragoman why`` and ``dragoman plugins``: what would happen, and what is there. Neither imports a provider."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.table import Table

from dragoman.config import LLMConfig
from dragoman.plugins import EXTENSIONS, HOSTS, MODELS, PluginRecord, Plugins, installed
from dragoman.resolution import explain

_WIDE = 240
"""How many characters a line may have where no terminal limits it."""


@click.command()
@click.argument("model", required=False)
@click.option("-b", "--api-base", help="The base URL, as in LLMConfig.")
@click.option("-p", "--provider", help="The provider, as in LLMConfig.")
def why(model: str | None, api_base: str | None, provider: str | None) -> None:
    """Show which provider serves MODEL, and why."""
    named = {"model": model, "api_base": api_base, "provider": provider}
    explanation = explain(LLMConfig.from_dict({name: value for name, value in named.items() if value is not None}))
    console = Console(highlight=False)
    console.print(f"provider      {explanation.provider}")
    console.print(f"model         {explanation.model}", markup=False)
    console.print(f"distribution  {explanation.distribution}")
    console.print(f"endpoint      {explanation.endpoint or 'that of the provider'}", markup=False)
    for number, step in enumerate(explanation.steps, start=1):
        console.print(f"  {number}. {step}", markup=False)


@click.command()
def plugins() -> None:
    """List the installed plugins, importing none."""
    registry = installed()
    table = Table("name", "distribution", "version", "state", "hosts", "models", box=None, pad_edge=False)
    for record in sorted(registry.records(), key=lambda record: (record.group, record.name)):
        claims = (_claims(registry, record, HOSTS), _claims(registry, record, MODELS))
        table.add_row(_name(record), record.distribution, record.version, record.state, *claims)
    Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE).print(table)


def _claims(registry: Plugins, record: PluginRecord, group: str) -> str:
    own = (record.module, record.distribution)
    return ", ".join(claim.name for claim in registry.select(group) if (claim.module, claim.distribution) == own)


def _name(record: PluginRecord) -> str:
    return f"{record.name} (extension)" if record.group == EXTENSIONS else record.name
