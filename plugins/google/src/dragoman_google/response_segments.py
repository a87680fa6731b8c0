"""Where the words that an answer cites stand in its texts, found with bounded work however many there are.

Google counts in bytes of the UTF-8 text of a part; a citation counts in characters. See
https://ai.google.dev/api/generate-content#Segment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from attrs import frozen

_STRIDE = 256
_CONTINUING = bytes(range(0x80, 0xC0))
_BETWEEN = "\ud800"  # half a surrogate pair: no text of an answer holds one
_EDGES = 6  # as many bytes of characters that are cut in two may stand at both ends of a segment
_LOOKS = 64
_SEARCHED = 16 * 1024 * 1024


@frozen
class Place:
    """Say where a citing text stands.

    Args:
        text: which of the texts.
        start: its first character, if that is known.
        end: one past its last character, if that is known.

    """

    text: int
    start: int | None = None
    end: int | None = None


class _Measured:
    """Count the characters of one text up to any of its bytes."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self._sums: list[int] | None = None

    def cut(self, start: int, end: int) -> str:
        """Return the whole characters between two bytes."""
        return self.data[start:end].decode("utf-8", "ignore")

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the first character of a segment and the one past its last, given its bytes."""
        first = self._ended(start)
        return first, first + max(0, self._ended(end) - self._begun(start))

    def _ended(self, position: int) -> int:
        """Return how many characters end at a byte or before it."""
        cut = position < len(self.data) and self.data[position] in _CONTINUING
        return self._begun(position) - cut

    def _begun(self, position: int) -> int:
        """Return how many characters begin before a byte."""
        if self._sums is None:
            data = self.data
            starts = range(0, len(data), _STRIDE)
            self._sums = [0, *accumulate(_beginnings(data[start : start + _STRIDE]) for start in starts)]
        position = min(position, len(self.data))
        stride = position // _STRIDE
        return self._sums[stride] + _beginnings(self.data[stride * _STRIDE : position])


def _beginnings(data: bytes) -> int:
    """Return how many characters begin in some bytes of UTF-8."""
    return len(data.translate(None, _CONTINUING))


class Texts:
    """Find places in the texts of an answer.

    Only so much is looked at: a multiple of the texts and segments there are. A segment that is not found by then has
    no place, like one whose words the texts do not hold.

    Args:
        texts: the texts, at least one.
        segments: how many segments will be looked for.

    """

    def __init__(self, texts: Sequence[str], segments: int) -> None:
        self._texts = [_Measured(text) for text in texts]
        lengths = [len(text.data) for text in self._texts]
        self._longest = list(accumulate(lengths, max))
        self._by_length = sorted(range(len(texts)), key=lengths.__getitem__)
        self._lengths = sorted(lengths)
        self._whole = _BETWEEN.join(texts)
        self._begins = [0, *accumulate(len(text) + 1 for text in texts)]
        self._at: dict[tuple[int, int], dict[str, int]] = {}
        self._found: dict[str, Place | None] = {}
        self._looks = _LOOKS * (len(texts) + segments)
        self._unsearched = _SEARCHED + 4 * len(self._whole)

    def locate(self, start: int, end: int, said: object) -> Place:
        """Return where a segment stands: where its bytes say the same, else where its words are found.

        Args:
            start: its first byte.
            end: one past its last byte.
            said: its words, ``None`` if they are not given.

        """
        number = self._holding(start, end, said)
        if number is not None:
            return Place(number, *self._texts[number].span(start, end))
        found = self._search(said) if isinstance(said, str) else None
        return found or Place(len(self._texts) - 1)

    def _holding(self, start: int, end: int, said: object) -> int | None:
        """Return the first text that says the same at the same bytes."""
        if said is None:
            number = bisect_left(self._longest, end)
            return number if number < len(self._texts) else None
        if not isinstance(said, str) or abs(max(0, end - start) - len(said.encode())) > _EDGES:
            return None
        known = self._at.get((start, end))
        if known is None:
            known = self._at[start, end] = self._cuts(start, end)
        return known.get(said)

    def _cuts(self, start: int, end: int) -> dict[str, int]:
        """Return what the texts say between two bytes, each with the first text that does."""
        found: dict[str, int] = {}
        reaching = self._by_length[bisect_left(self._lengths, end) :]
        self._looks -= len(reaching) * (1 + max(0, end - start) // _STRIDE)
        if self._looks >= 0:
            for number in reaching:
                said = self._texts[number].cut(start, end)
                found[said] = min(number, found.get(said, number))
        return found

    def _search(self, said: str) -> Place | None:
        """Return where words are found first."""
        if said not in self._found:
            self._unsearched -= len(self._whole)
            position = self._whole.find(said) if self._unsearched >= 0 else -1
            self._found[said] = None if position < 0 else self._place(position, len(said))
        return self._found[said]

    def _place(self, position: int, length: int) -> Place:
        number = bisect_left(self._begins, position + 1) - 1
        first = position - self._begins[number]
        return Place(number, first, first + length)


__all__ = ["Place", "Texts"]
