"""What became of each call, reported by the client and compared with what the server saw."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING

from dragoman import DragomanError, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dragoman import Attempt

_UNSURE = frozenset({"ConnectionFailedError", "RequestTimeoutError"})
"""How a try ends whose request the server may never have read."""
_OPEN, _ANSWERED, _FAILED, _CUT = range(4)


def mark(number: int) -> str:
    """Return the mark of a call."""
    return f"mark-{number}"


class Ledger:
    """Keep one line for each call, as small as can be, so that the books themselves do not grow.

    Args:
        calls: how many calls there will be.

    Attributes:
        outcomes: how many calls ended how.
        breaches: what must not be.

    """

    def __init__(self, calls: int) -> None:
        self.outcomes: Counter[str] = Counter()
        self.breaches: list[str] = []
        self._ends = array("B", bytes(calls))
        self._tries = array("B", bytes(calls))
        self._unsure = array("B", bytes(calls))

    def answered(self, number: int, text: str, expected: str, attempts: Iterable[Attempt]) -> None:
        """Enter an answer."""
        if text != expected:
            self.breaches.append(f"call {number} was answered with {text!r}")
        self._enter(number, _ANSWERED, attempts)
        self.outcomes["answered"] += 1

    def failed(self, number: int, error: DragomanError) -> None:
        """Enter an error."""
        attempts = error.attempts or (error.partial.attempts if error.partial else ())
        if not attempts:
            self.breaches.append(f"call {number} failed without a word about its tries: {error!r}")
        self._enter(number, _CUT if isinstance(error, TransportError) else _FAILED, attempts)
        self.outcomes[type(error).__name__] += 1

    def _enter(self, number: int, end: int, attempts: Iterable[Attempt]) -> None:
        if self._ends[number] != _OPEN:
            self.breaches.append(f"call {number} ended twice")
        tries = tuple(attempts)
        self._ends[number] = end
        self._tries[number] = len(tries)
        self._unsure[number] = sum(each.error in _UNSURE for each in tries)

    def audit(self, seen: Mapping[str, tuple[int, bool]]) -> list[str]:
        """Return all that must not be, now that the server has reported what it has seen.

        Args:
            seen: by mark, how many requests came and whether the last was answered soundly.

        """
        strangers = [f"the server saw {name}" for name in seen.keys() - {mark(each) for each in range(len(self._ends))}]
        return self.breaches + strangers + list(self._differences(seen))

    def _differences(self, seen: Mapping[str, tuple[int, bool]]) -> Iterator[str]:
        for number, end in enumerate(self._ends):
            count, was_sound = seen.get(mark(number), (0, False))
            tries, unsure = self._tries[number], self._unsure[number]
            if end == _OPEN:
                yield f"call {number} never ended"
            elif not tries - unsure <= count <= tries:
                yield f"call {number} was sent {count} times in {tries} tries, of which {unsure} are unsure"
            elif end == _ANSWERED and not was_sound:
                yield f"call {number} was answered, but not by the server"
            elif end == _FAILED and was_sound:
                yield f"call {number} failed, but the server had answered it"
