"""``dragoman config``: the values that a command takes from outside, and where each comes from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.cli.model_options import configuration, given_fields, model_options
from dragoman.cli.terminal import fitting
from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.environment import VARIABLES
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.key_file import key_file, read_keys
from dragoman.spec.secret import MASK, is_credential
from dragoman.spec.user_folder import user_folder

_EPILOG = """\b
Examples:
  dragoman config show -m echo
  dragoman config path
"""
_OPTIONS = {"model": "-m", "provider": "-p", "api_base": "-b"}


@click.group(epilog=_EPILOG)
def config() -> None:
    """Look at the configuration of commands."""


@config.command()
@model_options
@click.option("--json", "print_json", is_flag=True, help="Print a JSON object.")
def show(
    model: str | None,
    provider: str | None,
    api_base: str | None,
    options: tuple[str, ...],
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Show each value that a command with these options uses, and where it comes from; credentials are masked."""
    given = given_fields(model, provider, api_base, options)
    rows = [*_values(configuration(given), given), _key(configuration(given))]
    if print_json:
        click.echo(text_io.as_json({name: {"value": value, "from": origin} for name, value, origin in rows}))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, origin in rows:
        click.echo(fitting(f"{name:{width}}  {value}  ({origin})"), color=True)


@config.command("path")
def show_path() -> None:
    """Show the folder of your files."""
    folder = user_folder(os.environ)
    if folder is None:
        message = "the folder is unknown; set HOME or XDG_CONFIG_HOME"
        raise ConfigurationError(message)
    click.echo(folder)


def _values(settings: LLMConfig, given: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """Yield the name of each value but the key, the value as it may be shown, and its origin."""
    values = {
        "model": settings.model,
        "api_base": settings.api_base,
        "temperature": settings.temperature,
        "max_tokens": settings.max_tokens,
        **settings.kwargs,
    }
    for name, value in values.items():
        if value is not None:
            shown = MASK if is_credential(name) else value if isinstance(value, str | int | float) else str(value)
            yield name, shown, _origin(name, given)


def _origin(name: str, given: dict[str, Any]) -> str:
    variable = f"DRAGOMAN_{name.upper()}"
    if name in given:
        return _OPTIONS.get(name, "-o")
    if name in VARIABLES:
        return variable if os.environ.get(variable) else "default"
    return "DRAGOMAN_OPTIONS"


def _key(settings: LLMConfig) -> tuple[str, Any, str]:
    if settings.api_key is not None:
        return "api_key", MASK, "DRAGOMAN_API_KEY" if os.environ.get("DRAGOMAN_API_KEY") else "-o"
    found, path = explain(settings).provider, key_file(os.environ)
    if path is not None and found in read_keys(path):
        return "api_key", MASK, f"{path}, unless {found} reads one from its own environment variables"
    return "api_key", "not set", f"{found} may read one from its own environment variables"
