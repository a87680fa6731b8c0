"""What is known without being installed: which names, hosts, models and environment variables belong to whom.

The data stands in ``directory.toml`` (distributions) and ``variables.toml`` (vendors without one).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from dragoman.spec.hosts import host_matches

_loader: Any = __spec__.loader  # it also reads from an archive

PROGRAM = "registered"
"""What stands for a distribution where the program itself registered a plugin."""


@cache
def published(kind: str) -> tuple[tuple[str, str], ...]:
    """Return (claim, distribution) of the distributions that are published.

    Args:
        kind: ``names`` (aliases among them), ``hosts``, ``models`` or ``templates``.

    """
    more = "aliases" if kind == "names" else ""
    return tuple(
        (claim, distribution)
        for distribution, entry in _table("directory.toml").items()
        for claim in (*entry.get(kind, ()), *entry.get(more, ()))
    )


def publisher(name: str) -> str | None:
    """Return the distribution to which the provider *name* belongs, ``None`` where nobody published it."""
    return dict(published("names")).get(name)


def yields(owner: str, name: str, distribution: str) -> bool:
    """Tell whether *owner* leaves a provider's name to *distribution*: that of a server, to the one called after it."""
    called_after = distribution == f"dragoman-{name.replace('_', '-')}"
    return called_after and name in _table("directory.toml").get(owner, {}).get("servers", ())


@cache
def owner_of_variable(variable: str, distribution: str, provider: str) -> str:
    """Return to whom else an environment variable belongs; empty if *distribution* may read it.

    Args:
        variable: its name; case does not count, as on Windows.
        distribution: who would read it; the program itself, or nobody, reads what it likes.
        provider: the name of the provider that would read it.

    """
    if distribution in {"", PROGRAM}:
        return ""
    own = _table("directory.toml").get(distribution, {})
    return "" if _fits(variable, (*own.get("env", ()), *own.get("reads", ()))) else vendor_of(variable, provider)


def vendor_of(variable: str, provider: str = "", host: str = "") -> str:
    """Return to whom an environment variable belongs; empty if to nobody known, or to the vendor that is named.

    Args:
        variable: its name.
        provider: the name of a provider: the vendor without a distribution whose name it is.
        host: a host: the vendor without a distribution whose host it is.

    """
    for distribution, entry in _table("directory.toml").items():
        if _fits(variable, entry["env"]):
            return distribution
    for vendor, entry in _table("variables.toml").items():
        if _fits(variable, entry["env"]):
            at_home = any(host_matches(host, each) for each in entry["hosts"])
            return "" if provider in entry["names"] or at_home else vendor
    return ""


def _fits(variable: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern.replace("*", ".*"), variable.upper()) for pattern in patterns)


@cache
def _table(name: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return read_lists(_loader.get_data(os.path.join(os.path.dirname(__file__), name)).decode())  # noqa: PTH118, PTH120  # pathlib is not paid for


def read_lists(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read TOML that is nothing but tables of lists of texts: to resolve a model, the whole of TOML is not paid for."""
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    table: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in text.splitlines():
        head, equals, rest = line.partition(" = ")
        if line.startswith("["):
            table = tables[line.strip('[]"')] = {}
        elif not line.startswith("#"):
            key, rest = (head, rest) if equals else (key, line)
            table[key] = (*table.get(key, ()), *re.findall('"([^"]*)"', rest))
    return {name: {key: value for key, value in each.items() if key} for name, each in tables.items()}
