"""Texts that come in pieces, and what is changed in them as if they were one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

Edit: TypeAlias = "tuple[int, int, str]"
"""Put a text in the place of what stands between two places."""


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in their order, with those that overlap made one."""
    result: list[Edit] = []
    for start, end, text in sorted(edits):
        if result and start < result[-1][1]:
            first = result[-1]
            result[-1] = (first[0], max(first[1], end), first[2])
        else:
            result.append((start, end, text))
    return result


def edited(pieces: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """Return *pieces* with *edits* made to their concatenation.

    What is put in stands in the piece in which its place begins.

    Args:
        pieces: the texts.
        edits: in order and apart from each other.

    """
    if not edits:
        return list(pieces)
    return list(_edited(pieces, edits))


def _edited(pieces: Sequence[str], edits: Sequence[Edit]) -> Iterator[str]:
    following, done, base = iter([*edits, (-1, -1, "")]), 0, 0
    start, end, text = next(following)
    for piece in pieces:
        kept: list[str] = []
        last = base + len(piece)
        while base <= start < last:
            kept += (piece[max(done, base) - base : start - base], text)
            done = end
            start, end, text = next(following)
        kept.append(piece[max(done, base) - base :])
        base = last
        yield "".join(kept)


def difference(before: str, after: str) -> list[Edit]:
    """Return the one edit that makes *after* of *before*, none if they are the same."""
    if before == after:
        return []
    shorter = min(len(before), len(after))
    start = _common(before, after, shorter)
    rest = shorter - start
    tail = _common(before[::-1], after[::-1], rest)
    if start == len(before):  # an edit begins within a piece, so not after the last
        start, tail = max(0, start - 1), 0
    return [(start, len(before) - tail, after[start : len(after) - tail])]


def _common(one: str, other: str, most: int) -> int:
    """Return how many characters two texts have in common at their start, by halves."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
