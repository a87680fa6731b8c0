"""What a distribution may name as its own: not the host of another, nor variables that belong to others."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dragoman.spec.directory import published, vendor_of
from dragoman.spec.hosts import host_matches

_SHORTEST = 3
_COMMON = frozenset(
    {"api", "app", "dragoman", "env", "key", "llm", "password", "secret", "token", "user", "http", "home"}
)
"""What is no name of anybody."""


def foreign_names(
    host: str, variables: Iterable[tuple[str, str]], *, provider: str, distribution: str
) -> tuple[str, ...]:
    """Return what a distribution names that is not its own, in words.

    Args:
        host: where it sends its requests.
        variables: the environment variables that it reads, each after the word for where it names it.
        provider: the name of its provider.
        distribution: its name.

    """
    owners = {owner for known, owner in published("hosts") if host_matches(host, known)} - {distribution}
    told = [f"base_url is at {host}, which is the host of {owner}" for owner in sorted(owners)]
    words = _own_words(host, provider, distribution)
    for member, variable in variables:
        if owner := vendor_of(variable, host=host):
            told.append(f"{member} names {variable}, which belongs to {owner}")
        elif not vendor_of(variable) and not variable.upper().replace("_", "").startswith(words):
            told.append(
                f"{member} names {variable}, which does not begin with the name of the provider, as in "
                f"{provider.upper()}_API_KEY"
            )
    return tuple(told)


def _own_words(host: str, provider: str, distribution: str) -> tuple[str, ...]:
    """Return with what the variables of a host may begin: its provider, its distribution, its domain."""
    names = (provider, distribution.removeprefix("dragoman-"), "".join(host.split(".")[-2:-1]))
    words = {word for name in names for word in re.split(r"[-_.]", name)} - _COMMON
    whole = {re.sub(r"[-_.]", "", name) for name in names}
    return tuple(word.upper() for word in words | whole if len(word) >= _SHORTEST)
