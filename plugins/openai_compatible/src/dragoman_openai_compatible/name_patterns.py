"""Patterns of model names that are compiled when a name may match them.

Compiling the patterns of all families takes longer than the rest of a first call, and one model needs two of them.
"""

from __future__ import annotations

import re


class NamePattern:
    """Match the beginning of a name.

    Args:
        pattern: a regular expression in which each alternative begins with the letters that it requires, or with
            ``.*`` followed by such letters.
        end: a regular expression of what follows the matching part.

    """

    __slots__ = ("_beginnings", "_inner", "_pattern")

    def __init__(self, pattern: str, end: str) -> None:
        alternatives = _alternatives(pattern)
        self._pattern = f"(?:{pattern}){end}"
        self._beginnings = tuple(_literal(each) for each in alternatives if not each.startswith(".*"))
        self._inner = tuple(_literal(each[2:]) for each in alternatives if each.startswith(".*"))

    def matches(self, name: str) -> bool:
        """Tell whether *name* begins as the pattern says."""
        may = name.startswith(self._beginnings) or any(each in name for each in self._inner)
        return may and re.match(self._pattern, name) is not None


def _alternatives(pattern: str) -> list[str]:
    """Split a pattern at each ``|`` outside parentheses."""
    if "(" not in pattern:
        return pattern.split("|")
    found, depth = [""], 0
    for letter in pattern:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and not depth:
            found.append("")
        else:
            found[-1] += letter
    return found


def _literal(pattern: str) -> str:
    """Return the letters, digits and hyphens with which each match begins, less one that a ``?`` or ``*`` follows."""
    begun = re.match("[A-Za-z0-9:-]*", pattern)[0]  # type: ignore[index]  # which matches any text
    return begun[:-1] if pattern[len(begun) : len(begun) + 1] in {"?", "*", "{"} else begun
