"""What the calls of one model have used: tokens, calls, failures and cost.

Costs are computed when they are asked for, since a price list is slow to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from attrs import field

from dragoman.spec._value import changed, value
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.part_fields import JSON
from dragoman.spec.response import Origin, Usage

if TYPE_CHECKING:
    from dragoman.spec.cost import Cost

Note: TypeAlias = tuple[Origin, Usage, Mapping[str, JSON], bool]
"""What is noted of one try: whom it asked, the tokens and metadata of what arrived, and whether it failed."""

Answer: TypeAlias = tuple[Origin, Usage, Mapping[str, JSON]]
"""What the cost of an answer follows from: where it came from, its tokens, and what its metadata says in few words."""

_Sum: TypeAlias = "tuple[Cost | None, int]"

_LONGEST = 100
"""The length of the longest text in the metadata of an answer that a price may depend on, as the name of a tier."""
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_UNCOUNTED = (None,) * len(_COUNTS)


class Batch:
    """Hold what costs follow from until their sum is asked for, and then only the sum.

    Args:
        answers: of each answer where it came from, its tokens, and the short texts and numbers in its metadata; or the
            same, packed.
        sums: what further answers cost together, and of how many of them that is not known.

    """

    __slots__ = ("_state",)

    def __init__(self, answers: Sequence[Answer] | bytes = (), sums: Sequence[_Sum] = ()) -> None:
        self._state = answers, sums  # one attribute, since threads read it while others settle it

    @property
    def is_packed(self) -> bool:
        """Return whether it holds answers that are packed."""
        return isinstance(self._state[0], bytes)

    def settled(self) -> _Sum:
        """Return the sum of the known costs, ``None`` if none is known, and how many costs are not known."""
        answers, sums = self._state
        if answers or len(sums) != 1:
            costs = [_cost(*answer) for answer in _unpacked(answers)]
            sums = (_together([*sums, *((cost, int(cost is None)) for cost in costs)]),)
            self._state = (), sums
        return sums[0]

    @classmethod
    def packed(cls, batches: Iterable[Batch]) -> Batch:
        """Return one batch of what several hold, in a small part of the memory.

        No price list is needed for that: a cost that a provider reported is added up, and of any other is kept what it
        follows from.
        """
        from dragoman.spec.cost import reported_cost  # noqa: PLC0415  # not paid for by calls

        kept, known = list[Answer](), list[_Sum]()
        for answers, sums in [batch._state for batch in batches]:  # noqa: SLF001  # of this class
            known.extend(sums)
            for origin, usage, metadata in _unpacked(answers):
                if (cost := reported_cost(metadata)) is not None:
                    known.append((cost, 0))
                else:
                    kept.append((changed(origin, response_id=None, request_id=None), usage, metadata))
        return cls(_packed(kept) if kept else (), (_together(known),) if known else ())


def _packed(answers: Sequence[Answer]) -> bytes | Sequence[Answer]:
    import pickle  # noqa: PLC0415  # few ledgers have that many answers
    import zlib  # noqa: PLC0415  # few ledgers have that many answers

    try:
        return zlib.compress(pickle.dumps(answers, pickle.HIGHEST_PROTOCOL), 1)
    except Exception:  # noqa: BLE001  # a plugin may report tokens by an object that cannot be pickled
        return answers


def _unpacked(answers: Sequence[Answer] | bytes) -> Sequence[Answer]:
    if not isinstance(answers, bytes):
        return answers
    import pickle  # noqa: PLC0415  # few ledgers have that many answers
    import zlib  # noqa: PLC0415  # few ledgers have that many answers

    found: Sequence[Answer] = pickle.loads(zlib.decompress(answers))  # noqa: S301  # bytes of our own, which never left
    return found


def _cost(origin: Origin, usage: Usage, metadata: Mapping[str, JSON]) -> Cost | None:
    from dragoman.spec.cost import Bill, cost_of  # noqa: PLC0415  # not paid for by calls

    try:
        return cost_of(Bill(origin=origin, usage=usage, metadata=metadata))
    except ConfigurationError:  # no price list is installed
        return None


def condensed(batches: Sequence[Batch], most: int) -> tuple[Batch, ...]:
    """Return batches that hold the same in less memory.

    Args:
        batches: the oldest first.
        most: how many packed batches are kept; the cost of the oldest of more than these is computed.

    """
    packed = [batch for batch in batches if batch.is_packed]
    others = Batch.packed(batch for batch in batches if not batch.is_packed)
    too_many = max(0, len(packed) - most)
    settled = [Batch(sums=[_total(packed[:too_many])])] if too_many else []
    return (*settled, *packed[too_many:], others)


def _total(batches: Iterable[Batch]) -> _Sum:
    return _together([batch.settled() for batch in batches])


def _together(sums: Sequence[_Sum]) -> _Sum:
    from dragoman.spec.cost import Cost  # noqa: PLC0415  # not paid for by calls

    return Cost.total([cost for cost, _ in sums if cost is not None]), sum(unknown for _, unknown in sums)


@value(kw_only=True)
class ModelUsage:
    """Hold what the calls of a model have used.

    Args:
        calls: the requests that were sent, each try of a call counted.
        failures: those that ended with an error.
        uncounted: the answers, whole or broken off, of which no tokens were reported.
        input_tokens: all input tokens, including those read from a cache.
        output_tokens: all output tokens, including those of the reasoning.
        cache_read_tokens: the input tokens that were read from a cache.
        cache_write_tokens: the input tokens that were written to a cache.
        reasoning_tokens: the output tokens that were used for reasoning.

    """

    calls: int = 0
    failures: int = 0
    uncounted: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    batches: tuple[Batch, ...] = field(default=(), repr=False, eq=False)

    @property
    def total_tokens(self) -> int:
        """Return the tokens of input and output together."""
        return self.input_tokens + self.output_tokens

    def cost(self) -> Cost | None:
        """Return the sum of the costs that are known, ``None`` if none is; see :meth:`unpriced`."""
        return _total(self.batches)[0]

    def unpriced(self) -> int:
        """Return of how many answers the cost is not known."""
        return _total(self.batches)[1]

    def __add__(self, other: ModelUsage) -> ModelUsage:
        """Return what both have used together."""
        if not isinstance(other, ModelUsage):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            return NotImplemented
        names = ("calls", "failures", "uncounted", *_COUNTS)
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return ModelUsage(**sums, batches=self.batches + other.batches)


def usage_of(notes: Iterable[Note]) -> ModelUsage:
    """Add up what is noted of the tries of one model."""
    read = attrgetter(*_COUNTS)
    answers = list[Answer]()
    counts = list[tuple[int | None, ...]]()
    calls = failures = uncounted = 0
    for origin, usage, metadata, is_failure in notes:
        calls += 1
        failures += is_failure
        count = read(usage)
        counts.append(count)
        is_counted = count != _UNCOUNTED
        if is_counted or not is_failure:
            answers.append((origin, usage, _short(metadata)))
            uncounted += not is_counted
    sums = [sum(filter(None, column)) for column in zip(*counts, strict=True)]
    return ModelUsage(
        calls=calls,
        failures=failures,
        uncounted=uncounted,
        **dict(zip(_COUNTS, sums, strict=True)),
        batches=(Batch(answers),) if answers else (),
    )


def _short(metadata: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the members that the cost of an answer may depend on."""
    return {
        name: each
        for name, each in metadata.items()
        if (len(each) <= _LONGEST if isinstance(each, str) else isinstance(each, int | float))
    }


__all__ = ["Batch", "ModelUsage"]
