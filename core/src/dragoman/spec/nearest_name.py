"""The name that a misspelled one most likely stands for; only error messages need it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

CLOSE = 0.6
"""How similar a misspelled name has to be to one that is accepted where it was given, from 0 to 1."""
CLOSER = 0.75
"""How similar it has to be to a name of something else."""
_SHORTEST = 4
"""How many characters a beginning of names has to have: shorter ones are similar to everything."""
_LISTED = 8
"""How many names a message lists at most."""
_LONGEST = 200
"""How many characters of a name are compared, since the time grows with their square."""


def closest(name: str, known: Iterable[str], similar: float = CLOSER) -> str | None:
    """Return the most similar of *known*, without regard to case; ``None`` if none is *similar*, from 0 to 1."""
    import difflib  # noqa: PLC0415  # slow to import

    named = {each.lower(): each for each in sorted(known, reverse=True)}
    found = difflib.get_close_matches(name[:_LONGEST].lower(), sorted(named), n=1, cutoff=similar)
    return named[found[0]] if found else None


def suggestion(name: str, known: Iterable[str], similar: float = CLOSE) -> str:
    """Return a question whether the most similar of *known* is meant, an empty string if none is similar."""
    found = closest(name, known, similar)
    return f"did you mean {found!r}?" if found else ""


def begun(name: str, prefixes: Iterable[str], similar: float = CLOSER) -> str | None:
    """Return *name* with the one of *prefixes* that its beginning is most similar to, ``None`` if none is similar.

    The beginning may be longer or shorter than the prefix by one character. Prefixes with a digit name few models, and
    one that ends in a hyphen is no name by itself.
    """
    from difflib import SequenceMatcher  # noqa: PLC0415  # slow to import

    best, found = similar, None
    for prefix in sorted(prefixes, key=len, reverse=True):
        if len(prefix) < _SHORTEST or any(map(str.isdigit, prefix)):
            continue
        for length in (len(prefix), len(prefix) - 1, len(prefix) + 1):
            ratio = SequenceMatcher(None, name[:length].lower(), prefix).ratio()
            if (name[length:] or prefix.isalpha()) and (ratio > best or (ratio == best and found is None)):
                best, found = ratio, prefix + (name[length:] if prefix[-1:].isalnum() else name[length:].lstrip(" _-"))
    return found


def after(message: str, name: object, known: Iterable[str], otherwise: str = "") -> str:
    """Return *message* with the name that *name* most likely stands for, or with what to do *otherwise*."""
    more = (suggestion(name, known) if isinstance(name, str) else "") or otherwise
    return f"{message}; {more}" if more else message


def installed_providers(names: Sequence[str]) -> str:
    """Return which providers are installed, or only how many where a line is too short for all of *names*."""
    if len(names) > _LISTED:
        return f"installed: {len(names)} providers, which 'dragoman plugins' lists"
    return f"installed: {', '.join(names) or 'none'}"


def snake_members(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the members of an object that are set, with their names in snake case; other names become text."""
    return {snake_case(str(name)): value for name, value in data.items() if value is not None}


def snake_case(name: str) -> str:
    """Return *name* in lower case, with underscores between its words."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name))
    return words.lower().replace("-", "_")
