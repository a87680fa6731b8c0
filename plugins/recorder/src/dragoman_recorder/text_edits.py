"""Edits of texts, also of a text that comes in pieces and is edited as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

MASK = "********"
"""The text that replaces a secret."""

Span: TypeAlias = "tuple[int, int]"
"""The index at which a piece of a text begins, and the one at which it ends."""

Edit: TypeAlias = "tuple[int, int, str]"
"""Two indices, and the text that replaces what stands between them."""


def merge_edits(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in order, those that overlap merged into one."""
    result: list[Edit] = []
    for start, end, text in sorted(edits):
        if result and start < result[-1][1]:
            first = result[-1]
            result[-1] = (first[0], max(first[1], end), first[2])
        else:
            result.append((start, end, text))
    return result


def apply_edits(pieces: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """Return *pieces* with *edits* made to their concatenation.

    A replacement goes into the piece in which the replaced text begins.

    Args:
        pieces: the texts.
        edits: the edits, in order and without overlaps.

    """
    if not edits:
        return list(pieces)
    return list(_apply(pieces, edits))


def _apply(pieces: Sequence[str], edits: Sequence[Edit]) -> Iterator[str]:
    remaining, done, offset = iter([*edits, (-1, -1, "")]), 0, 0
    start, end, text = next(remaining)
    for piece in pieces:
        kept: list[str] = []
        following = offset + len(piece)
        while offset <= start < following:
            kept += (piece[max(done, offset) - offset : start - offset], text)
            done = end
            start, end, text = next(remaining)
        kept.append(piece[max(done, offset) - offset :])
        offset = following
        yield "".join(kept)


def edits_between(before: str, after: str) -> list[Edit]:
    """Return the one edit that turns *before* into *after*, none if they are equal."""
    if before == after:
        return []
    shorter = min(len(before), len(after))
    start = _common_prefix(before, after, shorter)
    suffix = _common_prefix(before[::-1], after[::-1], shorter - start)
    if start == len(before):  # an edit has to begin within a piece, so not at the end of the last one
        start, suffix = max(0, start - 1), 0
    return [(start, len(before) - suffix, after[start : len(after) - suffix])]


def _common_prefix(first: str, second: str, limit: int) -> int:
    """Return how many characters two texts have in common at their start, at most *limit*, by binary search."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if first[:middle] == second[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
