"""Values of headers as text that may be kept, shown and logged."""

from __future__ import annotations

from dragoman.spec.plain_text import bounded, on_one_line

LONGEST = 1_000
"""Characters of a value that are kept."""


def header_text(value: str, limit: int = LONGEST) -> str:
    """Return the value of a header as text: UTF-8 where it is that, U+FFFD for what is not, on one bounded line.

    Args:
        value: as it came, with each byte that is no UTF-8 as half a surrogate pair, which is how aiohttp reads it.
        limit: the most characters.

    """
    if value.isprintable() and len(value) <= limit:
        return value
    return on_one_line(bounded(value, limit))
