"""``dragoman why`` and ``dragoman plugins``: explain a resolution, and list plugins. Neither imports a plugin."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import PathFinder
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from dragoman.cli import text_io
from dragoman.cli.model_options import complete_provider, refuse_empty
from dragoman.cli.ownership_checks import warnings_of
from dragoman.cli.terminal import columns as columns_of_terminal, wrapped
from dragoman.plugins.registry import (
    ALIASES,
    EXTENSIONS,
    HOSTS,
    MODELS,
    PROVIDERS,
    Claim,
    PluginRecord,
    Plugins,
    installed,
)
from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError, PluginConflictError
from dragoman.spec.hosts import host_matches

_PIPE_WIDTH = 10_000
"""Characters in a line where no terminal limits it, so that each plugin stays on one line."""
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "color_system": None}
"""Settings of rich for plain text without escape sequences."""
_COLUMNS = ("name", "distribution", "version", "spec", "state", "hosts", "models", "origin", "warnings")
_TERMINAL_COLUMNS = _COLUMNS[:-1]
"""Shown in a terminal, in this order, as many as fit. Warnings follow the table, since they are sentences."""
_INDENT = 14
"""The column of the values that ``why`` prints."""
_GAP = 2
"""Spaces between two columns."""


@click.command(
    epilog="\b\nExamples:\n  dragoman why echo\n  dragoman why gpt-4o\n  dragoman why -b http://localhost:8080/v1 m"
)
@click.argument("model", type=text_io.text, required=False)
@click.option("-b", "--api-base", type=text_io.text, help="The base URL, as in LLMConfig.")
@click.option(
    "-p", "--provider", type=text_io.text, shell_complete=complete_provider, help="The provider, as in LLMConfig."
)
def why(model: str | None, api_base: str | None, provider: str | None) -> None:
    """Show which provider serves MODEL, and why; if none does, list the candidates."""
    refuse_empty({"-b": api_base, "-p": provider})
    named = {"model": model, "api_base": api_base, "provider": provider}
    config = LLMConfig.from_dict({name: value for name, value in named.items() if value is not None})
    try:
        explanation = explain(config)
    except (ConfigurationError, PluginConflictError):
        for line in _candidates(installed(), model or "", api_base):
            click.echo(wrapped(line, _INDENT), color=True)
        raise
    lines = [
        f"provider      {explanation.provider}",
        f"model         {explanation.model}",
        f"distribution  {explanation.distribution}",
        f"endpoint      {explanation.endpoint or 'default of the provider'}",
        *(f"  {number}. {step}" for number, step in enumerate(explanation.steps, start=1)),
        *(
            f"warning       {explanation.distribution} {warning}"
            for warning in warnings_of(installed()).get(explanation.distribution, ())
        ),
    ]
    for line in lines:
        click.echo(wrapped(line, 5 if line.startswith(" ") else _INDENT), color=True)


def _candidates(registry: Plugins, model: str, api_base: str | None) -> Iterator[str]:
    """Yield the matching claims, and the providers that can be named."""
    host = _host(api_base)
    for claim in registry.select(HOSTS):
        if host and host_matches(host, claim.name):
            yield f"candidate     {_owner(registry, claim)} claims the host {claim.name}"
    for claim in registry.select(MODELS):
        if model and model.lower().startswith(claim.name):
            yield f"candidate     {_owner(registry, claim)} claims models that begin with {claim.name!r}"
    for distribution, warnings in warnings_of(registry).items():
        yield from (f"warning       {distribution} {warning}" for warning in warnings)
    owners: dict[str, list[str]] = {}
    for claim in registry.select(PROVIDERS):
        owners.setdefault(claim.distribution, []).append(claim.name)
    for distribution, names in sorted(owners.items()):
        yield f"installed     -p {', '.join(sorted(names))} ({distribution})"
    for record in registry.records():
        if record.state == "blocked":
            yield f"blocked       {record.name} ({record.distribution})"


def _owner(registry: Plugins, claim: Claim) -> str:
    own = (claim.module, claim.distribution)
    names = [each.name for each in registry.select(PROVIDERS) if (each.module, each.distribution) == own]
    return f"{' or '.join(names) or 'no provider'} ({claim.distribution})"


def _host(api_base: str | None) -> str | None:
    try:
        return urlsplit(api_base or "").hostname
    except ValueError:
        return None


@click.command(epilog="\b\nExamples:\n  dragoman plugins\n  dragoman plugins --json")
@click.option("--json", "print_json", is_flag=True, help="Print a JSON array with one object for each plugin.")
def plugins(print_json: bool) -> None:  # noqa: FBT001  # click passes the options by name
    """List the installed plugins without importing them."""
    registry = installed()
    records = sorted(registry.records(), key=lambda record: (record.group, record.name, record.distribution))
    warnings = warnings_of(registry)
    found = [describe(registry, record) | {"warnings": warnings.get(record.distribution, [])} for record in records]
    if print_json:
        click.echo(text_io.as_json(found))
    elif sys.stdout.isatty():
        _print_fitting([_row(each, shorten=True) for each in found], warnings)
    else:
        Console(**_PLAIN, width=_PIPE_WIDTH).print(_table(_COLUMNS, [_row(each, shorten=False) for each in found]))


def _row(plugin: dict[str, Any], *, shorten: bool) -> dict[str, str]:
    """Return the cells of a plugin by column; *shorten* keeps the first host and the first model prefix."""

    def joined(names: list[str]) -> str:
        return f"{names[0]}, +{len(names) - 1}" if shorten and len(names) > 1 else ", ".join(names)

    cells = {name: plugin[name] or "" for name in ("name", "distribution", "version", "spec", "state", "origin")}
    cells["name"] += " (extension)" if plugin["kind"] == "extension" else ""
    warnings = "; ".join(plugin["warnings"])
    return cells | {"hosts": joined(plugin["hosts"]), "models": joined(plugin["models"]), "warnings": warnings}


def _table(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> Table:
    table = Table(*columns, box=None, pad_edge=False, padding=(0, _GAP // 2))
    for row in rows:
        table.add_row(*(row[column] for column in columns))
    return table


def _print_fitting(rows: list[dict[str, str]], warnings: dict[str, list[str]]) -> None:
    """Print the columns that fit into the terminal, then the warnings and the names of the other columns."""
    console = Console(**_PLAIN, width=columns_of_terminal())
    columns = _fitting(rows, console.width)
    console.print(_table(columns, rows))
    for distribution, problems in warnings.items():
        for problem in problems:
            click.echo(wrapped(f"warning: {distribution} {problem}", 9), color=True)
    if hidden := _TERMINAL_COLUMNS[len(columns) :]:
        console.print(f"Not shown for lack of space: {', '.join(hidden)}. 'dragoman plugins --json' shows everything.")


def _fitting(rows: list[dict[str, str]], width: int) -> tuple[str, ...]:
    """Return the longest run of columns, at least the first, that is at most *width* characters wide."""
    sizes = (max(len(name), *(cell_len(row[name]) for row in rows), 0) for name in _TERMINAL_COLUMNS)
    ends = accumulate((size + _GAP for size in sizes), initial=-_GAP)
    count = sum(end <= width for end in ends) - 1
    return _TERMINAL_COLUMNS[: max(1, count)]


def describe(registry: Plugins, record: PluginRecord) -> dict[str, Any]:
    """Return the metadata of a plugin as plain data."""
    return {
        "name": record.name,
        "kind": "extension" if record.group == EXTENSIONS else "provider",
        "distribution": record.distribution,
        "version": record.version,
        "spec": record.spec,
        "state": record.state,
        "module": record.module,
        "origin": origin(record.module),
        "hosts": _claims(registry, record, HOSTS),
        "models": _claims(registry, record, MODELS),
        "aliases": [
            claim.name
            for claim in registry.select(ALIASES)
            if (claim.module, claim.distribution) == (record.name, record.distribution)
        ],
    }


def origin(target: str) -> str | None:
    """Return the file of the module that *target* names without importing it; ``None`` if it does not exist."""
    first, *rest = target.partition(":")[0].strip().split(".")
    try:
        spec = importlib.util.find_spec(first)
        for index in range(len(rest)):
            name = ".".join([first, *rest[: index + 1]])
            spec = PathFinder.find_spec(name, spec.submodule_search_locations) if spec else None
    except (ImportError, AttributeError, ValueError):
        return None
    return None if spec is None else spec.origin


def _claims(registry: Plugins, record: PluginRecord, group: str) -> list[str]:
    own = (record.module, record.distribution)
    return [claim.name for claim in registry.select(group) if (claim.module, claim.distribution) == own]
