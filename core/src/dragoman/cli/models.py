"""``dragoman models``: the models of all installed providers side by side."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

import click
from attrs import asdict, evolve

from dragoman.cli import text_io
from dragoman.cli.model_lists import FILE, ListedModel, ModelList, ask_all, remember, remembered
from dragoman.cli.model_options import complete_provider
from dragoman.cli.terminal import complain, fitting
from dragoman.cli.waiting import run
from dragoman.plugins.registry import installed
from dragoman.spec.user_folder import user_folder

_FRESH = 24 * 3600.0
"""Seconds for which a list is taken as it is."""
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))
_EPILOG = """\b
Examples:
  dragoman models
  dragoman models -p ollama --refresh
  dragoman models --offline gpt
"""


@click.command(epilog=_EPILOG)
@click.argument("words", type=text_io.text, default="")
@click.option(
    "-p",
    "--provider",
    "providers",
    type=text_io.text,
    multiple=True,
    shell_complete=complete_provider,
    help="One provider; may be repeated.",
)
@click.option("--refresh", is_flag=True, help="Ask the providers also for lists that are less than a day old.")
@click.option("--offline", is_flag=True, help="Ask nobody; show what was listed before.")
@click.option("--json", "print_json", is_flag=True, help="Print a JSON array with an object for each provider.")
def models(
    words: str,
    providers: tuple[str, ...],
    refresh: bool,  # noqa: FBT001  # click passes the options by name
    offline: bool,  # noqa: FBT001  # click passes the options by name
    print_json: bool,  # noqa: FBT001  # click passes the options by name
) -> None:
    """List the models of the installed providers, of those that contain WORDS.

    A list is remembered for a day. Providers that cannot be asked, as without a key or a network, are listed together,
    and with -p each with its reason and the models that it listed before.
    """
    if refresh and offline:
        message = "--refresh asks the providers, --offline asks nobody; give one of them"
        raise click.UsageError(message)
    registry = installed()
    named = dict.fromkeys(registry.provider_claim(each).name for each in providers)
    names = tuple(named) or registry.provider_names()
    folder = user_folder(os.environ)
    known = remembered(folder and folder / FILE)
    asked = [] if offline else [name for name in names if refresh or not _is_fresh(known.get(name))]
    known |= {each.provider: each for each in run(ask_all(asked, known))}
    if folder is not None and asked:
        remember(folder / FILE, known.values())
    never = "was not asked yet"
    found = [_matching(known.get(name, ModelList(provider=name, problem=never)), words) for name in names]
    if print_json:
        click.echo(text_io.as_json([asdict(each) for each in found]))
        return
    silent = [] if providers or words else [each.provider for each in found if each.asked is None]
    listed = [each for each in found if each.provider not in silent]
    for line in _lines(sorted(listed, key=lambda each: (not each.models, each.provider)), is_search=bool(words)):
        click.echo(fitting(line), color=True)
    if silent:
        complain(f"{len(silent)} providers list no models{' yet' * offline}: {', '.join(silent)}")
        complain("hint: 'dragoman keys set PROVIDER' keeps a key; 'dragoman models -p PROVIDER' says what is missing")
    if words and not any(each.models for each in found):
        complain(f"no model that is listed contains {words!r}; 'dragoman models' says who could be asked")


def _is_fresh(known: ModelList | None) -> bool:
    return known is not None and known.asked is not None and time.time() - known.asked < _FRESH


def _matching(found: ModelList, words: str) -> ModelList:
    return evolve(found, models=tuple(each for each in found.models if words.lower() in each.id.lower()))


def _lines(found: Iterable[ModelList], *, is_search: bool) -> Iterable[str]:
    for each in found:
        if is_search and not each.models:
            continue
        age = "" if each.asked is None else f"asked {_age(time.time() - each.asked)}"
        count = f"{len(each.models)} model{'' if len(each.models) == 1 else 's'}" if each.asked is not None else ""
        yield f"{each.provider}: {', '.join(filter(None, [count, age, each.problem]))}"
        width = max((len(model.id) for model in each.models), default=0)
        yield from (f"  {model.id:{width}}  {_details(model)}".rstrip() for model in each.models)


def _details(model: ListedModel) -> str:
    window = f"{_short(model.context)} in" if model.context else ""
    output = f"{_short(model.output)} out" if model.output else ""
    return "  ".join(filter(None, [window, output, ", ".join(model.input)]))


def _short(tokens: int) -> str:
    """Return a number of tokens in thousands or millions, as vendors write it."""
    if tokens < 1000:  # noqa: PLR2004  # below, a number is short as it is
        return str(tokens)
    return f"{tokens / 1_000_000:.3g}M" if tokens >= 1_000_000 else f"{tokens / 1000:.0f}k"  # noqa: PLR2004  # a million


def _age(seconds: float) -> str:
    for unit, size in _UNITS:
        if (count := int(seconds // size)) > 0:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
