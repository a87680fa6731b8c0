"""The help of a command about the model that is named with it: the provider's own options."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs
import click

from dragoman.cli.error_messages import one_line
from dragoman.spec.errors import DragomanError
from dragoman.spec.request import SETTINGS


class ModelCommand(click.Command):
    """Tell in the help the settings of all models, and the options of the provider of the one that is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; what they say of the model is known to the help, wherever it stands among them."""
        named: Mapping[str, Any] = {}
        with suppress(click.UsageError):  # reported when they are read in earnest
            named = self.make_parser(ctx).parse_args([*args])[0]
        ctx.meta[__name__] = named
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of the command, the settings, and the options of the provider."""
        super().format_options(ctx, formatter)
        with formatter.section("Settings, each as -o NAME=VALUE"):
            formatter.write_text(", ".join(SETTINGS))
        named = ctx.meta.get(__name__, {})
        if named.get("model") or named.get("provider"):
            _write_options(named, formatter)


def _write_options(named: Mapping[str, Any], formatter: click.HelpFormatter) -> None:
    try:
        provider, kind = _options_of({name: named[name] for name in ("model", "provider", "api_base") if name in named})
    except DragomanError as error:
        with formatter.section("Options of the provider"):
            formatter.write_text(f"They cannot be told: {one_line(error)}")
        return
    with formatter.section(f"Options of {provider}, each as -o NAME=VALUE"):
        rows = _rows(kind)
        if rows:
            formatter.write_dl(rows)
        else:
            formatter.write_text("It has none of its own.")


def _options_of(given: Mapping[str, Any]) -> tuple[str, type[Any] | None]:
    """Return the provider of a model and the class of its options; nothing is sent, and no key is needed."""
    from dragoman.client.provider_config import provider_config  # noqa: PLC0415  # few calls ask for this help
    from dragoman.plugins.registry import installed  # noqa: PLC0415  # the same
    from dragoman.plugins.resolution import explain  # noqa: PLC0415  # the same
    from dragoman.spec.config import LLMConfig  # noqa: PLC0415  # the same
    from dragoman.spec.secret import Secret  # noqa: PLC0415  # the same

    config = LLMConfig.from_dict(given)
    found, plugins = explain(config), installed()
    provider = plugins.provider(provider_config(config, Secret("not-asked-for"), found, plugins))
    return found.provider, provider.info.options


def _rows(kind: type[Any] | None) -> Sequence[tuple[str, str]]:
    """Return each option with what the docstring of its class says of it."""
    from dragoman.spec.schema import argument_notes  # noqa: PLC0415  # few calls ask for this help

    if kind is None:
        return ()
    told: dict[str, str] = {}
    for each in reversed(kind.__mro__):  # what a class inherits is told by the class that declares it
        told |= argument_notes(inspect.cleandoc(each.__doc__ or ""))
    return [(field.name, _plain(told.get(field.name, ""))) for field in attrs.fields(kind)]


def _plain(text: str) -> str:
    """Return a docstring without its marks of code."""
    return " ".join(text.replace("``", "'").split())
