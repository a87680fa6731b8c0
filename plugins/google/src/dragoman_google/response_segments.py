"""The location of cited segments in the texts of an answer, found with work that is linear in their number.

Google gives positions in bytes of the UTF-8 text of a part; a citation gives them in characters. See
https://ai.google.dev/api/generate-content#Segment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from attrs import frozen

_STRIDE = 256
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
_SEPARATOR = "\ud800"  # an unpaired surrogate, which no text of an answer holds
_MAX_CUT_BYTES = 6  # 3 bytes at each end may belong to characters that the segment cuts
_LOOKUPS_PER_ITEM = 64
_MIN_SEARCH_BUDGET = 16 * 1024 * 1024


@frozen
class Location:
    """Locate a segment.

    Args:
        text: the number of the text.
        start: the position of its first character, if it is known.
        end: the position after its last character, if it is known.

    """

    text: int
    start: int | None = None
    end: int | None = None


class _EncodedText:
    """Convert positions in the UTF-8 encoding of one text to positions in characters."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self._sums: list[int] | None = None

    def cut(self, start: int, end: int) -> str:
        """Return the complete characters between two byte positions."""
        return self.data[start:end].decode("utf-8", "ignore")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and the end of a segment in characters, given those in bytes."""
        first = self._count_ended(start)
        return first, first + max(0, self._count_ended(end) - self._count_started(start))

    def _count_ended(self, position: int) -> int:
        """Return how many characters end at or before a byte position."""
        cut = position < len(self.data) and self.data[position] in _CONTINUATION_BYTES
        return self._count_started(position) - cut

    def _count_started(self, position: int) -> int:
        """Return how many characters start before a byte position."""
        if self._sums is None:
            data = self.data
            starts = range(0, len(data), _STRIDE)
            self._sums = [0, *accumulate(_count_starts(data[start : start + _STRIDE]) for start in starts)]
        position = min(position, len(self.data))
        stride = position // _STRIDE
        return self._sums[stride] + _count_starts(self.data[stride * _STRIDE : position])


def _count_starts(data: bytes) -> int:
    """Return how many characters start in a piece of UTF-8."""
    return len(data.translate(None, _CONTINUATION_BYTES))


class SegmentLocator:
    """Locate segments in the texts of an answer.

    The work is limited to a multiple of the number of texts and segments. A segment that is not found within the limit
    has no positions, like a segment that is not in the texts.

    Args:
        texts: the texts, at least one.
        segments: how many segments will be located.

    """

    def __init__(self, texts: Sequence[str], segments: int) -> None:
        self._texts = [_EncodedText(text) for text in texts]
        lengths = [len(text.data) for text in self._texts]
        self._longest = list(accumulate(lengths, max))
        self._by_length = sorted(range(len(texts)), key=lengths.__getitem__)
        self._lengths = sorted(lengths)
        self._whole = _SEPARATOR.join(texts)
        self._starts = [0, *accumulate(len(text) + 1 for text in texts)]
        self._by_span: dict[tuple[int, int], dict[str, int]] = {}
        self._found: dict[str, Location | None] = {}
        self._lookups = _LOOKUPS_PER_ITEM * (len(texts) + segments)
        self._search_budget = _MIN_SEARCH_BUDGET + 4 * len(self._whole)

    def locate(self, start: int, end: int, quote: object) -> Location:
        """Return the location of a segment: by its positions if they match its text, else by a search for its text.

        Args:
            start: the position of its first byte.
            end: the position after its last byte.
            quote: its text, ``None`` if it is not given.

        """
        number = self._matching(start, end, quote)
        if number is not None:
            return Location(number, *self._texts[number].span(start, end))
        found = self._search(quote) if isinstance(quote, str) else None
        return found or Location(len(self._texts) - 1)

    def _matching(self, start: int, end: int, quote: object) -> int | None:
        """Return the number of the first text that has *quote* at these positions."""
        if quote is None:
            number = bisect_left(self._longest, end)
            return number if number < len(self._texts) else None
        if not isinstance(quote, str) or abs(max(0, end - start) - len(quote.encode())) > _MAX_CUT_BYTES:
            return None
        known = self._by_span.get((start, end))
        if known is None:
            known = self._by_span[start, end] = self._slices(start, end)
        return known.get(quote)

    def _slices(self, start: int, end: int) -> dict[str, int]:
        """Return what the texts hold between two byte positions, each with the number of the first such text."""
        found: dict[str, int] = {}
        reaching = self._by_length[bisect_left(self._lengths, end) :]
        self._lookups -= len(reaching) * (1 + max(0, end - start) // _STRIDE)
        if self._lookups >= 0:
            for number in reaching:
                piece = self._texts[number].cut(start, end)
                found[piece] = min(number, found.get(piece, number))
        return found

    def _search(self, quote: str) -> Location | None:
        """Return the first occurrence of *quote*."""
        if quote not in self._found:
            self._search_budget -= len(self._whole)
            position = self._whole.find(quote) if self._search_budget >= 0 else -1
            self._found[quote] = None if position < 0 else self._location(position, len(quote))
        return self._found[quote]

    def _location(self, position: int, length: int) -> Location:
        number = bisect_left(self._starts, position + 1) - 1
        first = position - self._starts[number]
        return Location(number, first, first + length)


__all__ = ["Location", "SegmentLocator"]
