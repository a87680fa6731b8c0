"""``dragoman keys``: keys in the keyring of the system, or else in a file of the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from dragoman.cli import text_io
from dragoman.cli.config_file import writing
from dragoman.cli.default_command import DefaultGroup
from dragoman.cli.error_messages import one_line
from dragoman.cli.model_options import complete_provider
from dragoman.cli.terminal import complain, wrapped
from dragoman.cli.waiting import left_at_signals, read_line, unechoed
from dragoman.plugins.registry import installed
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.key_file import key_file, read_keys, write_keys
from dragoman.spec.secret import Secret
from dragoman.spec.system_keyring import (
    SystemKeyringError,
    has_keyring,
    names_in_keyring,
    put_into_keyring,
    remove_from_keyring,
)
from dragoman.spec.user_folder import changing

_EPILOG = """\b
Examples:
  dragoman keys set acme
  dragoman keys set acme < key.txt
  dragoman keys list
"""


_LONGEST = 30
"""The most characters of the name of a provider; what is longer may be a key."""


class _Keys(DefaultGroup):
    default = "list"


@click.group(cls=_Keys, epilog=_EPILOG)
def keys() -> None:
    """Keep keys in the keyring of the system, or in a file that only you can read; without a command, list them.

    With 'pip install dragoman[keyring]', keys go into the keyring, and otherwise into the file. A key is used if
    neither an option nor an environment variable gives one, and is sent only to the hosts of its provider.
    """


class _SetKey(click.Command):
    """Refuse a key among the arguments without showing it: they stand in the history of a shell."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; the error for more than a provider does not name them."""
        words = [each for each in args if not each.startswith("-")]
        if len(words) > 1 or any("=" in each or len(each) > _LONGEST for each in words):
            message = "give only the name of the provider: its key is read from a hidden prompt or from standard input"
            raise click.UsageError(message, ctx=ctx)
        return super().parse_args(ctx, args)


@keys.command("set", cls=_SetKey)
@click.argument("provider", type=text_io.text, shell_complete=complete_provider)
@click.option("--file", "in_file", is_flag=True, help="Use the file, also where there is a keyring.")
def set_key(provider: str, in_file: bool) -> None:  # noqa: FBT001  # click passes the options by name
    """Store the key of PROVIDER, which is read from a hidden prompt or from standard input."""
    path, name = _path(), _provider(provider)
    read_keys(path)  # before somebody types a key in vain
    key = _read_key(name)
    if not in_file and has_keyring():
        try:
            put_into_keyring(os.environ, name, key)
        except SystemKeyringError as error:
            complain(f"dragoman: {one_line(error)}")
        else:
            _change(path, name, None)
            click.echo(wrapped(f"the key of {name} is stored in the keyring of the system", 0))
            return
    _change(path, name, key)
    click.echo(wrapped(f"the key of {name} is stored in {path}", 0))


@keys.command("list")
def list_keys() -> None:
    """List the providers whose keys are stored; no key is shown."""
    in_file, in_keyring = set(read_keys(_path())), set(names_in_keyring(os.environ))
    for name in sorted(in_file | in_keyring):
        click.echo(name if name in in_file else f"{name}  (keyring)")
    if not in_file | in_keyring:
        complain("no key is stored; 'dragoman keys set PROVIDER' stores one")


@keys.command("remove")
@click.argument("provider", type=text_io.text, shell_complete=complete_provider)
def remove_key(provider: str) -> None:
    """Remove the key of PROVIDER."""
    path = _path()
    in_keyring = names_in_keyring(os.environ)
    known = {*read_keys(path), *in_keyring}
    name = next((each for each in (provider, installed().named(provider)) if each in known), None)
    if name is None:
        message = f"no key of {provider} is stored; stored are those of: {', '.join(sorted(known)) or 'nobody'}"
        raise click.UsageError(message)
    if name in in_keyring:
        remove_from_keyring(os.environ, name)
    _change(path, name, None)
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


def _change(path: Path, name: str, key: Secret | None) -> None:
    """Put a key into the file, or remove it; what another process changes at the same time stays."""
    if key is None and name not in read_keys(path):
        return
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with changing(path):
            own = {} if key is None else {name: key.reveal()}
            write_keys(path, {**{each: other for each, other in read_keys(path).items() if each != name}, **own})


def _typed(provider: str) -> str:
    """Return the key that is typed without being shown, an empty text if none is."""
    question = f"Key of {provider}: "
    if os.name == "nt":  # pragma: no cover - measured on Linux
        return click.prompt(question, "", hide_input=True, show_default=False, prompt_suffix="", err=True)
    click.echo(question, nl=False, err=True)
    try:
        with left_at_signals(), unechoed():
            return text_io.decoded(read_line()).strip()
    except EOFError:
        return ""
    finally:
        click.echo(err=True)


def _read_key(provider: str) -> Secret:
    """Return the key that is typed without being shown, or that stands on standard input.

    Raises:
        ConfigurationError: if it cannot be a key.

    """
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    given = _typed(provider) if is_typed else text_io.read_stdin().strip()
    try:
        if not given:
            way = "type it" if is_typed else f"as in 'dragoman keys set {provider} < key.txt'"
            message = f"the key of {provider} is empty, so nothing is stored; {way}"
            raise ConfigurationError(message)
        return Secret(given, name=f"the key of {provider}")
    finally:
        del given  # keep credentials out of tracebacks that show locals
