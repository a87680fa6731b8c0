"""What the names of other libraries and of vendors are called here: only error messages need it.

The names are data, in ``foreign_names.toml``; this module is imported when an argument is refused.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from dragoman.spec.config import CORE_OPTIONS, FIELDS
from dragoman.spec.nearest_name import CLOSE, closest, snake_case, suggestion
from dragoman.spec.request import SETTINGS

_loader: Any = __spec__.loader  # also reads data files in a zip archive

PER_CALL = frozenset({*SETTINGS, "headers", "timeout", "first_output_timeout", "on_unsupported"})
"""The names that belong to a configuration and to a call."""
OF_RUNS = frozenset(
    {
        "turns",
        "concurrency",
        "tool_timeout",
        "run_timeout",
        "on_tool_error",
        "approve",
        "resume_started",
        "on_step",
        "on_turn",
    }
)
"""The names that belong to a run."""
_PLACES: tuple[tuple[frozenset[str], str], ...] = (
    (PER_CALL, "an argument of LLMConfig and of a call"),
    (frozenset({*FIELDS, *CORE_OPTIONS}), "an argument of LLMConfig"),
    (frozenset({"tools", "tool_choice", "output"}), "an argument of generate(), stream() and chat_completion()"),
    (frozenset({"options"}), "an argument of a call"),
    (frozenset({"suffix"}), "an argument of completion() and streaming_completion()"),
    (frozenset({"repairs"}), "an argument of generate() and extract()"),
    (OF_RUNS, "an argument of run() and stream_run()"),
    (frozenset({"dimensions"}), "an argument of embed()"),
    (frozenset({"filename", "media_type"}), "an argument of upload()"),
)
OWN: frozenset[str] = frozenset[str]().union(*(names for names, _ in _PLACES))
"""The names of all arguments of a configuration or a call."""
_OF_VENDORS = frozenset(
    {"api_key", "api_url", "api_base", "base_url", "endpoint", "deployment", "deployment_name", "proxy", "ad_token"}
)
"""The arguments that other libraries have once for each vendor, after its name."""


def advice(name: str, known: Iterable[str] = (), owner: str = "") -> str:
    """Return what an unknown argument is called here and where it belongs, an empty string if nobody knows.

    Args:
        name: the name of the argument.
        known: the names that are accepted where it was given.
        owner: the class whose argument it was to be; empty for a configuration or a call.

    """
    accepted, plain = frozenset(known), snake_case(name)
    if plain in accepted and plain != name:
        return f"it is called {plain!r} here"
    return _exact(plain, accepted, owner) or _near(plain, accepted, owner)


def _exact(name: str, accepted: frozenset[str], owner: str) -> str:
    """Return the advice for a name of ours that belongs elsewhere, or for one that the table has."""
    return of_class(name, owner) or _place(name) or _of_table(name, accepted, owner) or _of_vendor(name)


def _of_vendor(name: str) -> str:
    """Return the advice for a name that begins with that of a vendor, as ``acme_api_key``."""
    rest = name.partition("_")[2]
    if rest not in _OF_VENDORS | {"organization", "project", "location", "ad_token_provider"}:
        return ""
    ours, is_name = (rest, True) if rest in OWN else _common().get(rest, ("", False))
    if is_name:
        return f"it is called {ours!r} here, {_place(ours).removeprefix('it is ')}"
    return ours


def _near(name: str, accepted: frozenset[str], owner: str) -> str:
    """Return the advice for a name that is spelled nearly like one of ours, or like one of the table."""
    others = {*_common(), *_inverted(owner), *(() if has_table(owner) else OWN)}
    found = closest(name, accepted, CLOSE) or closest(name, others)
    if found is None:
        return ""
    more = "" if owner and found in accepted else _exact(found, accepted, owner)
    return f"did you mean {found!r}?" + (f" {more[0].upper()}{more[1:]}" if more else "")


def unknown_option(name: str, known: Iterable[str], also: Iterable[str] | None) -> str:
    """Return what is said of an option that a provider does not have.

    Args:
        name: the name of the option.
        known: the names of its options.
        also: further names that may be meant; ``None`` if the table of this module does not apply.

    """
    hint = suggestion(name, known) if also is None else advice(name, [*known, *also])
    return f"no option {name!r}; {hint or 'its options are: ' + (', '.join(sorted(known)) or 'none')}"


def refused(names: Iterable[str], known: Iterable[str] = (), owner: str = "") -> str:
    """Return the advice for several arguments, each after its name; an empty string if there is none."""
    told = ((name, advice(name, known, owner)) for name in names)
    return "; ".join(f"{name!r}: {text}" for name, text in told if text)


def meant(name: str) -> str | None:
    """Return the argument of ours that a foreign name means, ``None`` if none means the same."""
    ours, is_name = _common().get(snake_case(name), ("", False))
    return ours if is_name else None


def is_option(name: str) -> bool:
    """Tell whether a name is that of an option of some providers."""
    ours, is_name = _common().get(snake_case(name), ("", False))
    return not is_name and ours.startswith("it is an option of some providers")


def _place(name: str) -> str:
    """Return where an argument of ours belongs."""
    return next((f"it is {place}" for names, place in _PLACES if name in names), "")


def of_class(name: str, owner: str) -> str:
    """Return the advice for a name that the table has for a class, an empty string if it has none."""
    ours = _inverted(owner).get(name, "")
    return f"it is called {ours!r} here" if ours.isidentifier() else ours


def _of_table(name: str, accepted: frozenset[str], owner: str) -> str:
    ours, is_name = _common().get(name, ("", False))
    if not is_name:
        return ours
    where = "" if owner and ours in accepted else f", {_place(ours).removeprefix('it is ')}"
    return f"it is called {ours!r} here{where}"


def has_table(owner: str) -> bool:
    """Tell whether the table has names for a class."""
    return owner in _table()


@cache
def _common() -> Mapping[str, tuple[str, bool]]:
    """Return by foreign name what it is here, and whether that is a name."""
    words = {name: (ours, False) for name, ours in _inverted("words").items()}
    return words | {name: (ours, True) for name, ours in _inverted("names").items()}


@cache
def _inverted(table: str) -> Mapping[str, str]:
    return {foreign: ours for ours, names in _table().get(table, {}).items() for foreign in names}


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    path = os.path.join(os.path.dirname(__file__), "foreign_names.toml")  # noqa: PTH118, PTH120  # for the loader
    return tomllib.loads(_loader.get_data(path).decode())
