"""The model of a command: its options ``-m``, ``-p``, ``-b`` and ``-o``, and what the environment adds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import click

from dragoman.cli import text_io
from dragoman.spec._json_depth import parse_json
from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.environment import of_environment
from dragoman.spec.request import SETTINGS

SHARED = {*FIELDS, *SETTINGS, *CORE_OPTIONS} - {"model", "api_key", "api_base", "provider", "fallbacks", "headers"}
"""What belongs to no model, so that another one may have it too."""
_OF_ENVIRONMENT = {*SHARED, "model", "api_base"}
"""What a model of the command line may have from the environment of another one."""
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that name a model and how it is reached."""
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
        click.option("-b", "--api-base", type=text_io.text, help="The base URL; default: the provider's own."),
        click.option("-p", "--provider", type=text_io.text, help="The provider, as in LLMConfig."),
        click.option(
            "-m",
            "--model",
            type=text_io.text,
            shell_complete=_complete_model,
            help="The model: its name, or provider/name.",
        ),
    ):
        command = option(command)
    return command


def _complete_model(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    from dragoman.cli.model_lists import model_names  # noqa: PLC0415  # only a shell that completes needs it

    return [name for name in model_names(os.environ) if name.startswith(incomplete)]


def given_fields(
    model: str | None, provider: str | None, api_base: str | None, options: tuple[str, ...]
) -> dict[str, Any]:
    """Return the fields of a configuration that options of the command line give.

    Raises:
        click.UsageError: if one of *options* is not ``NAME=VALUE``.

    """
    named = {"model": model, "provider": provider, "api_base": api_base}
    return {name: value for name, value in named.items() if value is not None} | _read_options(options)


def configuration(given: Mapping[str, Any]) -> LLMConfig:
    """Return the configuration of the environment, overridden by *given*.

    Raises:
        ConfigurationError: for a value that is not valid, here or in the environment.

    """
    return LLMConfig.from_dict({**_of_environment(given), **given})


def _of_environment(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the environment sets, without those of its own model if another one is given."""
    fields = of_environment(os.environ, "DRAGOMAN_")
    own = fields.get("model")
    if own is None or ("provider" not in given and given.get("model", own) == own):
        return fields
    return {name: value for name, value in fields.items() if name in _OF_ENVIRONMENT}


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
