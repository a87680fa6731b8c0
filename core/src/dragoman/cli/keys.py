"""``dragoman keys``: the user's file of keys."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dragoman.cli import text_io
from dragoman.plugins.registry import installed
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.key_file import key_file, read_keys, write_keys
from dragoman.spec.secret import Secret

_EPILOG = """\b
Examples:
  dragoman keys set acme
  dragoman keys set acme < key.txt
  dragoman keys list
"""


@click.group(epilog=_EPILOG)
def keys() -> None:
    """Keep keys in a file that only you can read.

    A key of the file is used if neither an option nor an environment variable gives one, and is sent only to the hosts
    of its provider.
    """


@keys.command("set")
@click.argument("provider", type=text_io.text)
def set_key(provider: str) -> None:
    """Store the key of PROVIDER, which is read from a hidden prompt or from standard input."""
    path, name = _path(), _provider(provider)
    stored = read_keys(path)
    stored[name] = _read_key(name)
    write_keys(path, stored)
    click.echo(f"the key of {name} is stored in {path}")


@keys.command("list")
def list_keys() -> None:
    """List the providers whose keys are stored; no key is shown."""
    names = sorted(read_keys(_path()))
    for name in names:
        click.echo(name)
    if not names:
        click.echo("no key is stored; 'dragoman keys set PROVIDER' stores one", err=True)


@keys.command("remove")
@click.argument("provider", type=text_io.text)
def remove_key(provider: str) -> None:
    """Remove the key of PROVIDER."""
    path = _path()
    stored = read_keys(path)
    name = next((each for each in (provider, installed().named(provider)) if each in stored), None)
    if name is None:
        message = f"no key of {provider} is stored; stored are those of: {', '.join(sorted(stored)) or 'nobody'}"
        raise click.UsageError(message)
    del stored[name]
    write_keys(path, stored)
    click.echo(f"the key of {name} is removed")


@keys.command("path")
def show_path() -> None:
    """Show where the file of keys is."""
    click.echo(_path())


def _provider(name: str) -> str:
    """Return the name under which the key of a provider is looked up.

    Raises:
        UnknownProviderError: if it is not installed.

    """
    return installed().provider_claim(name).name


def _path() -> Path:
    path = key_file(os.environ)
    if path is None:
        message = "the folder for keys is unknown; set HOME or XDG_CONFIG_HOME"
        raise ConfigurationError(message)
    return path


def _read_key(provider: str) -> str:
    """Return the key that is typed without being shown, or that stands on standard input.

    Raises:
        ConfigurationError: if it cannot be a key.

    """
    if sys.stdin is not None and sys.stdin.isatty():
        given = click.prompt(f"Key of {provider}", hide_input=True, err=True)
    else:
        given = text_io.read_stdin()
    try:
        return Secret(given.strip(), name=f"the key of {provider}").reveal()
    finally:
        del given  # keep credentials out of tracebacks that show locals
