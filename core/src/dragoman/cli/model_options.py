"""The model of a command: its options ``-m``, ``-p``, ``-b``, ``-P`` and ``-o``, and what files and variables add."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from dragoman.cli import text_io
from dragoman.spec._json_depth import parse_json
from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.errors import ConfigurationError, DragomanError
from dragoman.spec.request import SETTINGS

if TYPE_CHECKING:
    from dragoman.spec.config_loading import Sources

PREFIX = "DRAGOMAN_"
"""The prefix of the environment variables."""
SHARED = {*FIELDS, *SETTINGS, *CORE_OPTIONS} - {"model", "api_key", "api_base", "provider", "fallbacks", "headers"}
"""What belongs to no model, so that another one may have it too."""
_OF_OTHERS = {*SHARED, "model", "api_base"}
"""What a model of the command line may have from the environment or the file of another one."""
_CONNECTION = ("proxy", "verify", "client_cert", "allow_insecure")
"""What decides who can read what is sent."""
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a model and how it is reached.

    The command is given the fields of a configuration that they say, as ``given``, and the name of a ``profile``.
    """

    @wraps(command)
    def with_given(
        *,
        model: str | None,
        provider: str | None,
        api_base: str | None,
        profile: str | None,
        options: tuple[str, ...],
        **others: Any,
    ) -> Any:
        refuse_empty({"-P": profile})
        return command(given=_given(model, provider, api_base, options), profile=profile, **others)

    decorated: Callable[..., Any] = with_given
    for option in (
        click.option(
            "-o",
            "--option",
            "options",
            type=text_io.text,
            multiple=True,
            metavar="NAME=VALUE",
            help="A setting or an option, such as temperature=0.2; may be repeated.",
        ),
        click.option(
            "-P",
            "--profile",
            type=text_io.text,
            shell_complete=_complete_profile,
            help="A profile: [llm.PROFILE] of dragoman.toml.",
        ),
        click.option("-b", "--api-base", type=text_io.text, help="The base URL; default: the provider's own."),
        click.option(
            "-p",
            "--provider",
            type=text_io.text,
            shell_complete=complete_provider,
            help="The provider, as in LLMConfig.",
        ),
        click.option(
            "-m",
            "--model",
            type=text_io.text,
            shell_complete=_complete_model,
            help="The model: its name, or provider/name.",
        ),
    ):
        decorated = option(decorated)
    return decorated


def refuse_empty(given: Mapping[str, str | None]) -> None:
    """Refuse an option without a value, as of a variable that a script did not set.

    Raises:
        click.UsageError: naming the option.

    """
    for option, value in given.items():
        if value == "":
            message = f"{option} is empty; leave it out, or give a value"
            raise click.UsageError(message)


def _complete_model(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from dragoman.cli.model_lists import model_names  # noqa: PLC0415  # only a shell that completes needs it

    return [name for name in model_names(os.environ) if name.startswith(incomplete)]


def complete_provider(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the providers whose names begin with *incomplete*."""
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # only a shell that completes needs it

    return [name for name in installed().provider_names() if name.startswith(incomplete)]


def _complete_profile(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from dragoman.spec.config_loading import profiles  # noqa: PLC0415  # only a shell that completes needs it

    try:
        return [name for name in profiles(os.environ) if name.startswith(incomplete)]
    except ConfigurationError:  # a command says what is wrong with the file
        return []


def _given(model: str | None, provider: str | None, api_base: str | None, options: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a configuration that options of the command line give.

    Raises:
        click.UsageError: if one of *options* is not ``NAME=VALUE``.

    """
    refuse_empty({"-p": provider, "-b": api_base})
    named = {"model": model, "provider": provider, "api_base": api_base}
    return {name: value for name, value in named.items() if value is not None} | _read_options(options)


def configuration(given: Mapping[str, Any], profile: str | None = None) -> LLMConfig:
    """Return the configuration of the file and the environment, overridden by *given*; it knows all origins.

    Args:
        given: the fields that the command line gives.
        profile: the profile of the file.

    Raises:
        ConfigurationError: for a value that is not valid, here, in the file or in the environment.

    """
    from dragoman.spec.config_loading import configured, load  # noqa: PLC0415  # not needed by --help

    found = load(profile, None, os.environ, PREFIX, given)
    _check_connection(found)
    own = load(profile, None, os.environ, PREFIX, {})
    is_other = "provider" in given or given.get("model", own.values.get("model")) != own.values.get("model")
    if own.values.get("model") is not None and is_other and not _is_same(own, found):
        for name in [name for name in found.values if name not in given and name not in _OF_OTHERS]:
            del found.values[name], found.origins[name]
    return configured(LLMConfig, found)


def _is_same(own: Sources, found: Sources) -> bool:
    """Return whether *found* names in other words the model that the file and the environment name.

    A conversation of the log names its model as ``provider/model``.
    """
    from dragoman.plugins.resolution import explain  # noqa: PLC0415  # not needed by --help

    try:
        ours, theirs = explain(LLMConfig(**own.values)), explain(LLMConfig(**found.values))
    except DragomanError:  # reported when the model is called
        return False
    return (ours.provider, ours.model) == (theirs.provider, theirs.model)


def _check_connection(found: Sources) -> None:
    """Refuse a file that was only found in the working directory, and says who can read what is sent.

    Raises:
        ConfigurationError: naming the line of the file.

    """
    from dragoman.spec.config_loading import FILE, VARIABLE  # noqa: PLC0415  # not needed by --help

    if os.environ.get(PREFIX + VARIABLE):
        return
    for name in _CONNECTION:
        origin = found.origins.get(name)
        if origin is not None and (origin.kind, origin.name) == ("file", FILE):
            message = (
                f"{origin} sets {name}, which a file that was only found in the working directory may not;"
                f" set {PREFIX}{VARIABLE}={FILE} if it is yours"
            )
            raise ConfigurationError(message, parameter=name)


def _read_options(options: tuple[str, ...]) -> dict[str, Any]:
    """Return the options; numbers and other JSON values are parsed."""
    found: dict[str, Any] = {}
    for option in options:
        name, separator, text = option.partition("=")
        if not separator or not name:
            message = f"--option expects NAME=VALUE, not {option.partition('=')[0]!r}"
            raise click.UsageError(message)
        found[name.replace("-", "_")] = text if "key" in name else _parse_value(text)
    return found


def _parse_value(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    try:
        return parse_json(text)
    except ValueError:
        return text
