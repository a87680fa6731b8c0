"""``dragoman config``: the values that a command takes from outside, where each comes from, and the user's file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.cli.config_file import file_of_user, folder_of_user, make_file, set_values
from dragoman.cli.default_command import DefaultGroup
from dragoman.cli.error_messages import one_line
from dragoman.cli.model_options import PREFIX, configuration, model_options
from dragoman.cli.terminal import complain, fitting, wrapped
from dragoman.plugins.resolution import explain
from dragoman.spec.config import LLMConfig
from dragoman.spec.config_loading import FILE, VARIABLE, profiles
from dragoman.spec.config_origins import KEYWORD
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.key_file import key_file, read_keys
from dragoman.spec.secret import MASK, is_credential
from dragoman.spec.system_keyring import names_in_keyring

_EPILOG = """\b
Examples:
  dragoman config show -m echo
  dragoman config set -m gpt-4o -o temperature=0.2
  dragoman config set -P draft -m echo
  dragoman config edit
  dragoman config profiles
"""
_OPTIONS = {"model": "-m", "provider": "-p", "api_base": "-b"}
_TEMPLATE = """\
# What commands and LLM.load() take from here; variables such as DRAGOMAN_MODEL and arguments have precedence.
# 'dragoman keys set PROVIDER' keeps keys in a better place.

[llm]
# model = "echo"
# temperature = 0.7

# [llm.draft]          # dragoman chat --profile draft, or LLM.load("draft")
# max_tokens = 500
"""


class _Config(DefaultGroup):
    default = "show"


@click.group(cls=_Config, epilog=_EPILOG)
def config() -> None:
    """Look at the configuration of commands, and edit the file that it is read from; without a command, show it."""


@config.command()
@model_options
@click.option("--json", "print_json", is_flag=True, help="Print a JSON object.")
def show(
    given: Mapping[str, Any],
    profile: str | None,
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """Show each value that a command with these options uses, and where it comes from; credentials are masked."""
    settings = configuration(given, profile)
    provider = _provider_of(settings)
    rows = [*_model(settings, provider), *_values(settings), _key(settings, provider)]
    if print_json:
        click.echo(text_io.as_json({name: {"value": value, "from": origin} for name, value, origin in rows}))
        return
    width = max(len(name) for name, _, _ in rows)
    for name, value, origin in rows:
        click.echo(fitting(f"{name:{width}}  {value}  ({origin})"), color=True)


@config.command("set")
@model_options
def set_config(given: Mapping[str, Any], profile: str | None) -> None:
    """Write the values of these options into your file; -P NAME makes or changes a profile, NAME=null removes."""
    if not given:
        message = "there is nothing to set; give -m, -p, -b or -o"
        raise click.UsageError(message)
    path = file_of_user()
    set_values(path, given, profile)
    section = "llm" if profile is None else f"llm.{profile}"
    click.echo(wrapped(f"{', '.join(given)} of [{section}] in {path}: changed", 0))
    if {"model", "provider", "api_base"} & given.keys():
        _provider_of(LLMConfig.load(profile, path=path, environ={}))
    if not os.environ.get(f"{PREFIX}{VARIABLE}") and Path(FILE).is_file():
        complain(f"dragoman: {FILE} in this folder is read instead of it")


def _provider_of(settings: LLMConfig) -> str | None:
    """Return the provider of a configuration; warn and return ``None`` if there is none."""
    try:
        return explain(settings).provider
    except ConfigurationError as error:  # of no other call yet: its plugin may still be installed
        complain(f"dragoman: warning: {one_line(error).partition(' (installed:')[0]}")
        return None


@config.command("profiles")
def list_profiles() -> None:
    """List the profiles of the file, each with its model."""
    names = profiles(os.environ)
    width = max(map(len, names), default=0)
    for name in names:
        model = LLMConfig.load(name).model
        click.echo(fitting(f"{name:{width}}  {model or ''}".rstrip()), color=True)
    if not names:
        complain("there is no profile; 'dragoman config set -P NAME -m MODEL' makes one")


@config.command()
def edit() -> None:
    """Open your file in the editor of EDITOR or VISUAL, and check it afterwards."""
    path = file_of_user()
    make_file(path, _TEMPLATE)
    try:
        click.edit(filename=str(path))
    except ValueError as error:  # of shlex
        message = f"the editor that VISUAL or EDITOR names cannot be read: {str(error).lower()}; set it to a command"
        raise click.UsageError(message) from None
    names = profiles(os.environ, path=path)
    for profile in (None, *names):
        LLMConfig.load(profile, path=path, environ={})
    listed = f"; its profiles: {', '.join(names)}" if names else ""
    click.echo(wrapped(f"{path} is valid{listed}", 0))


@config.command("path")
def show_path() -> None:
    """Show the folder of your files."""
    click.echo(folder_of_user())


def _model(settings: LLMConfig, provider: str | None) -> Iterator[tuple[str, Any, str]]:
    """Yield a row for the model if none is configured and there is a provider all the same."""
    if settings.model is None and provider is not None:
        yield "model", "not set", f"{provider} answers"


def _values(settings: LLMConfig) -> Iterator[tuple[str, Any, str]]:
    """Yield the name of each value but the key, the value as it may be shown, and its origin."""
    origins = settings.origins
    for name, value in settings.to_dict(redact=True).items():
        if name == "api_key" or value is None:
            continue
        shown = MASK if is_credential(name) else value if isinstance(value, str | int | float) else str(value)
        yield name, shown, _OPTIONS.get(name, "-o") if origins[name] == KEYWORD else str(origins[name])


def _key(settings: LLMConfig, provider: str | None) -> tuple[str, Any, str]:
    if settings.api_key is not None:
        origin = settings.origins["api_key"]
        return "api_key", MASK, "-o" if origin == KEYWORD else str(origin)
    if provider is None:
        return "api_key", "not set", "no provider is found"
    path, own = key_file(os.environ), f"{provider} reads one from its own environment variables"
    if path is not None and provider in read_keys(path):
        return "api_key", MASK, f"{path}, unless {own}"
    if provider in names_in_keyring(os.environ):
        return "api_key", MASK, f"the keyring, unless {own}"
    return "api_key", "not set", f"{provider} may read one from its own environment variables"
