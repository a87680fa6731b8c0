"""Header values as text that is safe to keep, show and log."""

from __future__ import annotations

from dragoman.spec.plain_text import bounded, on_one_line

LONGEST = 1_000
"""How many characters of a value are kept."""


def header_text(value: str, limit: int = LONGEST) -> str:
    """Return a header value on one line of at most *limit* characters, with U+FFFD for bytes that are not UTF-8.

    Args:
        value: the value as aiohttp returns it, with a lone surrogate for each byte that is not UTF-8.
        limit: the maximum number of characters.

    """
    if value.isprintable() and len(value) <= limit:
        return value
    return on_one_line(bounded(value, limit))
