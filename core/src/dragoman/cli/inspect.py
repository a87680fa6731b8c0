"""``dragoman why`` and ``dragoman plugins``: what would happen, and what is there. Neither imports a provider."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import Any
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.table import Table

from dragoman.cli import words
from dragoman.cli.shadows import warnings_of
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

_WIDE = 240
"""How many characters a line may have where no terminal limits it."""
_PLAIN: dict[str, Any] = {"highlight": False, "markup": False, "color_system": None}
"""No style of rich: escapes do not reach the terminal."""
_COLUMNS = ("name", "distribution", "version", "spec", "state", "hosts", "models", "origin", "warnings")


@click.command()
@click.argument("model", type=words.text, required=False)
@click.option("-b", "--api-base", type=words.text, help="The base URL, as in LLMConfig.")
@click.option("-p", "--provider", type=words.text, help="The provider, as in LLMConfig.")
def why(model: str | None, api_base: str | None, provider: str | None) -> None:
    """Show which provider serves MODEL, and why; or who could, if none does."""
    named = {"model": model, "api_base": api_base, "provider": provider}
    config = LLMConfig.from_dict({name: value for name, value in named.items() if value is not None})
    console = Console(**_PLAIN, soft_wrap=True)
    try:
        explanation = explain(config)
    except (ConfigurationError, PluginConflictError):
        for line in _candidates(installed(), model or "", api_base):
            console.print(line)
        raise
    console.print(f"provider      {explanation.provider}")
    console.print(f"model         {explanation.model}")
    console.print(f"distribution  {explanation.distribution}")
    console.print(f"endpoint      {explanation.endpoint or 'that of the provider'}")
    for number, step in enumerate(explanation.steps, start=1):
        console.print(f"  {number}. {step}")
    for warning in warnings_of(installed()).get(explanation.distribution, ()):
        console.print(f"warning       {explanation.distribution} {warning}")


def _candidates(registry: Plugins, model: str, api_base: str | None) -> Iterator[str]:
    """Yield who claims something that fits, and who could be named."""
    host = _host(api_base)
    for claim in registry.select(HOSTS):
        if host and host_matches(host, claim.name):
            yield f"candidate     {_owner(registry, claim)} claims the host {claim.name}"
    for claim in registry.select(MODELS):
        if model and model.lower().startswith(claim.name):
            yield f"candidate     {_owner(registry, claim)} claims models that begin with {claim.name!r}"
    for distribution, warnings in warnings_of(registry).items():
        yield from (f"warning       {distribution} {warning}" for warning in warnings)
    for claim in registry.select(PROVIDERS):
        yield f"installed     -p {claim.name} ({claim.distribution})"
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


@click.command()
@click.option("--json", "whole", is_flag=True, help="Print a list of objects, one for each plugin.")
def plugins(whole: bool) -> None:  # noqa: FBT001  # click passes the options by name
    """List the installed plugins, importing none."""
    registry = installed()
    records = sorted(registry.records(), key=lambda record: (record.group, record.name, record.distribution))
    warnings = warnings_of(registry)
    facts = [describe(registry, record) | {"warnings": warnings.get(record.distribution, [])} for record in records]
    if whole:
        click.echo(words.as_json(facts))
        return
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    table.columns[-2].overflow = table.columns[-1].overflow = "fold"  # a path that is cut short is no path
    for each in facts:
        shown: dict[str, Any] = {**each, "hosts": ", ".join(each["hosts"]), "models": ", ".join(each["models"])}
        shown["warnings"] = "; ".join(each["warnings"])
        shown["name"] += " (extension)" if each["kind"] == "extension" else ""
        table.add_row(*(shown[column] or "" for column in _COLUMNS))
    Console(**_PLAIN, width=None if sys.stdout.isatty() else _WIDE).print(table)


def describe(registry: Plugins, record: PluginRecord) -> dict[str, Any]:
    """Return what is known of a plugin as plain data."""
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
    """Return the file of the module that *target* names, without importing anything; ``None`` if there is none."""
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
