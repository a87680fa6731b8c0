"""Checks that a distribution uses only its own names: no host and no environment variable of another vendor."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dragoman.spec.directory import published, vendor_of
from dragoman.spec.hosts import host_matches

_SHORTEST = 3
_COMMON = frozenset(
    {"api", "app", "dragoman", "env", "key", "llm", "password", "secret", "token", "user", "http", "home"}
)
"""Words that identify no vendor."""


def foreign_names(
    host: str, variables: Iterable[tuple[str, str]], *, provider: str, distribution: str
) -> tuple[str, ...]:
    """Return a description of each name that a distribution uses although it is not its own.

    Args:
        host: the host that it sends its requests to.
        variables: pairs of (field, environment variable): the variables that it reads and where each is named.
        provider: the name of its provider.
        distribution: its name.

    """
    owners = {owner for known, owner in published("hosts") if host_matches(host, known)} - {distribution}
    problems = [f"base_url is at {host}, which is the host of {owner}" for owner in sorted(owners)]
    words = _own_words(host, provider, distribution)
    for member, variable in variables:
        if owner := vendor_of(variable, host=host):
            problems.append(f"{member} names {variable}, which belongs to {owner}")
        elif not vendor_of(variable) and not variable.upper().replace("_", "").startswith(words):
            problems.append(
                f"{member} names {variable}, which does not begin with the name of the provider, as in "
                f"{provider.upper()}_API_KEY"
            )
    return tuple(problems)


def _own_words(host: str, provider: str, distribution: str) -> tuple[str, ...]:
    """Return the words that a variable may begin with: those of the provider, the distribution and the domain."""
    names = (provider, distribution.removeprefix("dragoman-"), "".join(host.split(".")[-2:-1]))
    words = {word for name in names for word in re.split(r"[-_.]", name)} - _COMMON
    whole = {re.sub(r"[-_.]", "", name) for name in names}
    return tuple(word.upper() for word in words | whole if len(word) >= _SHORTEST)
