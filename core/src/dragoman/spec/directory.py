"""The directory: which names, hosts, models and environment variables belong to which distribution or vendor.

It also covers distributions that are not installed. The data is in ``directory.toml`` (distributions),
``server_tools.toml`` (the tools that their vendors run) and ``variables.toml`` (vendors without a distribution).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from dragoman.spec.hosts import host_matches

_loader: Any = __spec__.loader  # also reads data files in a zip archive

PROGRAM = "registered"
"""The distribution name of plugins that the program itself registers."""


@cache
def published(kind: str) -> tuple[tuple[str, str], ...]:
    """Return the claims of all published distributions, as pairs of (claim, distribution).

    Args:
        kind: ``names`` (aliases included), ``general``, ``hosts``, ``models``, ``templates`` or ``distributions``.

    """
    if kind == "distributions":
        return tuple((name, name) for name in _table("directory.toml"))
    more = "aliases" if kind == "names" else ""
    return tuple(
        (claim, distribution)
        for distribution, entry in _table("directory.toml").items()
        for claim in (*entry.get(kind, ()), *entry.get(more, ()))
    )


def publisher(name: str) -> str | None:
    """Return the published distribution that the provider *name* belongs to, or ``None``."""
    return dict(published("names")).get(name)


@cache
def runners(tool: str) -> frozenset[str]:
    """Return the published distributions whose vendor runs tools of a type, without those that pass on any tool.

    Args:
        tool: the type in lower case, as in the definition of the tool.

    """
    from fnmatch import fnmatchcase  # noqa: PLC0415  # only few tools need it

    return frozenset(
        distribution
        for distribution, entry in _table("server_tools.toml").items()
        if any(pattern != "*" and fnmatchcase(tool, pattern) for pattern in entry["tools"])
    )


def tools_run_by(name: str) -> tuple[str, ...] | None:
    """Return the types of the tools that the vendor of the provider *name* runs; ``None`` if they are unknown."""
    entry = _table("server_tools.toml").get(publisher(name) or "")
    return None if entry is None else entry["tools"]


def yields(owner: str, name: str, distribution: str) -> bool:
    """Tell whether *owner* yields a provider name to *distribution*.

    It does so for the name of a server software, if *distribution* is named after that server.
    """
    is_named_after = distribution == f"dragoman-{name.replace('_', '-')}"
    return is_named_after and name in _table("directory.toml").get(owner, {}).get("servers", ())


@cache
def owner_of_variable(variable: str, distribution: str, provider: str) -> str:
    """Return the other vendor that an environment variable belongs to; an empty string if *distribution* may read it.

    Args:
        variable: its name; case is ignored, as on Windows.
        distribution: the distribution that would read it; for the program itself (:data:`PROGRAM`) and for an empty
            name, every variable is allowed.
        provider: the name of the provider that would read it.

    """
    if distribution in {"", PROGRAM}:
        return ""
    own = _table("directory.toml").get(distribution, {})
    return "" if _fits(variable, (*own.get("env", ()), *own.get("reads", ()))) else vendor_of(variable, provider)


def vendor_of(variable: str, provider: str = "", host: str = "") -> str:
    """Return the distribution or vendor that an environment variable belongs to, as far as it is known.

    The result is empty if no owner is known, or if the owner is the vendor that *provider* or *host* identifies.

    Args:
        variable: its name.
        provider: a provider name; it identifies a vendor without a distribution.
        host: a host name; it identifies a vendor without a distribution.

    """
    for distribution, entry in _table("directory.toml").items():
        if _fits(variable, entry["env"]):
            return distribution
    for vendor, entry in _table("variables.toml").items():
        if _fits(variable, entry["env"]):
            is_own_host = any(host_matches(host, each) for each in entry["hosts"])
            return "" if provider in entry["names"] or is_own_host else vendor
    return ""


def _fits(variable: str, patterns: Iterable[str]) -> bool:
    name = variable.upper()
    return any(_matches(name, pattern) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    """Tell whether *pattern*, in which ``*`` stands for any letters, is *name*."""
    beginning, star, rest = pattern.partition("*")
    if not rest:
        return name.startswith(beginning) if star else name == beginning
    return name.startswith(beginning) and re.fullmatch(pattern.replace("*", ".*"), name) is not None


@cache
def _table(name: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    return read_lists(_loader.get_data(os.path.join(os.path.dirname(__file__), name)).decode())  # noqa: PTH118, PTH120  # pathlib is slow to import


def read_lists(text: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read the subset of TOML that consists of tables of lists of strings.

    Resolving a model needs only this subset, and :mod:`tomllib` is slow to import.
    """
    tables: dict[str, dict[str, tuple[str, ...]]] = {}
    table: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in text.splitlines():
        head, equals, rest = line.partition(" = ")
        if line.startswith("["):
            table = tables[line.strip('[]"')] = {}
        elif not line.startswith("#"):
            key, rest = (head, rest) if equals else (key, line)
            table[key] = (*table.get(key, ()), *rest.split('"')[1::2])
    return {name: {key: value for key, value in each.items() if key} for name, each in tables.items()}
