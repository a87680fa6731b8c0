"""The tokens of several answers together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dragoman.spec.response import Usage

_WHOLE = ("input_tokens", "output_tokens")
"""Counts that every provider reports: a total without one of them would be too small."""
_SHARES = ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
"""Counts that many providers leave out where there is nothing to count."""


def total_usage(reports: Iterable[Usage]) -> Usage:
    """Return the tokens of several reports together.

    Input and output are ``None`` if a report does not hold them; the others if no report does.
    """
    listed = tuple(reports)
    return Usage(**{name: _total(listed, name) for name in (*_WHOLE, *_SHARES)})


def remaining_usage(total: Usage, others: Iterable[Usage]) -> Usage:
    """Return the tokens of *total* without those of *others*, which are part of it; ``None`` for what is not known."""
    taken = total_usage(others)
    counts = {name: _difference(getattr(total, name), getattr(taken, name)) for name in (*_WHOLE, *_SHARES)}
    return Usage(**counts)


def _difference(whole: int | None, part: int | None) -> int | None:
    return whole if whole is None or part is None else whole - part


def _total(reports: Sequence[Usage], name: str) -> int | None:
    counts: list[int | None] = [getattr(usage, name) for usage in reports]
    known = [count for count in counts if count is not None]
    return sum(known) if known and (name in _SHARES or len(known) == len(counts)) else None


__all__ = ["remaining_usage", "total_usage"]
