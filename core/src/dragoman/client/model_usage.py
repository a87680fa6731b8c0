"""What the calls of one model have used: tokens, calls, failures and cost.

Costs are computed when they are asked for, since a price list is slow to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.part_fields import JSON
from dragoman.spec.response import Origin, Usage

if TYPE_CHECKING:
    from dragoman.spec.cost import Cost

Note: TypeAlias = tuple[Origin, Usage, Mapping[str, JSON], bool]
"""What is noted of one try: whom it asked, the tokens and metadata of what arrived, and whether it failed."""

_LONGEST = 100
"""The length of the longest text in the metadata of an answer that a price may depend on, as the name of a tier."""
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_UNCOUNTED = (None,) * len(_COUNTS)


class Batch:
    """Hold what costs follow from until their sum is asked for, and then only the sum.

    Args:
        answers: of each answer where it came from, its tokens, and the short texts and numbers in its metadata.

    """

    __slots__ = ("_answers", "_settled")

    def __init__(
        self,
        answers: Sequence[tuple[Origin, Usage, Mapping[str, JSON]]],
        settled: tuple[Cost | None, int] | None = None,
    ) -> None:
        self._answers = answers
        self._settled = settled

    def settled(self) -> tuple[Cost | None, int]:
        """Return the sum of the known costs, ``None`` if none is known, and how many costs are not known.

        Any number of threads may ask at once, so the answers are taken before it is seen whether they are still needed.
        """
        answers = self._answers
        if self._settled is None:
            from dragoman.spec.cost import Cost  # noqa: PLC0415  # not paid for by calls

            costs = [_cost(*answer) for answer in answers]
            known = [cost for cost in costs if cost is not None]
            self._settled = Cost.total(known), len(costs) - len(known)
            self._answers = ()
        return self._settled


def _cost(origin: Origin, usage: Usage, metadata: Mapping[str, JSON]) -> Cost | None:
    from dragoman.spec.cost import Bill, cost_of  # noqa: PLC0415  # not paid for by calls

    return cost_of(Bill(origin=origin, usage=usage, metadata=metadata))


def settled(batches: Iterable[Batch]) -> Batch:
    """Return one batch that holds the sum of the costs of several."""
    return Batch((), _total(batches))


def _total(batches: Iterable[Batch]) -> tuple[Cost | None, int]:
    from dragoman.spec.cost import Cost  # noqa: PLC0415  # not paid for by calls

    sums = [batch.settled() for batch in batches]
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
    answers = list[tuple[Origin, Usage, Mapping[str, JSON]]]()
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
