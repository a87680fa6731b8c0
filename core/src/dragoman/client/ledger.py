"""What the calls of a client have used, by model: tokens, calls, failures and cost.

A call only leaves a note here. The notes are added up when somebody asks, or when there are many, and costs are
computed when they are asked for, since a price list is slow to load.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeAlias

from attrs import field

from dragoman.spec._value import changed, value
from dragoman.spec.errors import ConfigurationError, DragomanError
from dragoman.spec.part_fields import JSON
from dragoman.spec.response import Origin, Usage

if TYPE_CHECKING:
    from dragoman.spec.cost import Bill, Cost

_MOST_NOTES = 64
"""How many calls are noted before they are added up, which bounds what is kept of their metadata."""
_MOST_BATCHES = 64
"""How many batches of bills a model may have before their costs are computed in a thread of its own."""
_LONGEST = 100
"""The length of the longest text in the metadata of an answer that a price may depend on, as the name of a tier."""
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


_Note: TypeAlias = tuple[Origin, Usage, Mapping[str, JSON], bool]
"""What is noted of one try: whom it asked, the tokens and metadata of what arrived, and whether it failed."""


class Batch:
    """Hold bills until their cost is asked for, and then only their cost.

    Args:
        bills: what the costs follow from.

    """

    __slots__ = ("_bills", "_settled")

    def __init__(self, bills: Iterable[Bill], settled: tuple[Cost | None, int] | None = None) -> None:
        self._bills: tuple[Bill, ...] = tuple(bills)
        self._settled = settled

    def settled(self) -> tuple[Cost | None, int]:
        """Return the sum of the known costs, ``None`` if none is known, and how many costs are not known."""
        if self._settled is None:
            from dragoman.spec.cost import Cost  # noqa: PLC0415  # not paid for by calls

            costs = [_cost(bill) for bill in self._bills]
            known = [cost for cost in costs if cost is not None]
            self._settled = Cost.total(known), len(costs) - len(known)
            self._bills = ()
        return self._settled


def _cost(bill: Bill) -> Cost | None:
    from dragoman.spec.cost import cost_of  # noqa: PLC0415  # not paid for by calls

    try:
        return cost_of(bill)
    except ConfigurationError:  # no price list is installed
        return None


def _settled(batches: Iterable[Batch]) -> tuple[Cost | None, int]:
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
        return _settled(self.batches)[0]

    def unpriced(self) -> int:
        """Return of how many answers the cost is not known."""
        return _settled(self.batches)[1]

    def __add__(self, other: ModelUsage) -> ModelUsage:
        """Return what both have used together."""
        if not isinstance(other, ModelUsage):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            return NotImplemented
        names = ("calls", "failures", "uncounted", *_COUNTS)
        sums = {name: getattr(self, name) + getattr(other, name) for name in names}
        return ModelUsage(**sums, batches=self.batches + other.batches)


class UsageLedger:
    """Add up what calls have used, by model; any number of tasks and threads may write to it.

    The models are named ``provider/model``, as they were asked for.
    """

    __slots__ = ("_lock", "_models", "_notes", "_settling")

    def __init__(self) -> None:
        self._notes: deque[_Note] = deque()
        self._models: dict[str, ModelUsage] = {}
        self._settling: set[str] = set()
        self._lock = Lock()

    @property
    def models(self) -> Mapping[str, ModelUsage]:
        """Return what was used until now, by model."""
        self._add_up()
        return dict(self._models)

    @property
    def total(self) -> ModelUsage:
        """Return what was used until now by all models together."""
        return sum(self.models.values(), ModelUsage())

    def __add__(self, other: UsageLedger) -> UsageLedger:
        """Return a ledger of what both hold now; neither is changed."""
        if not isinstance(other, UsageLedger):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            return NotImplemented
        merged = UsageLedger()
        for ledger in (self, other):
            for name, usage in ledger.models.items():
                merged._models[name] = merged._models.get(name, ModelUsage()) + usage  # its own class
        return merged

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._notes.clear()
            self._models.clear()

    def note(self, origin: Origin, usage: Usage, metadata: Mapping[str, JSON]) -> None:
        """Note an answer, whole or broken off."""
        notes = self._notes
        notes.append((origin, usage, metadata, False))
        if len(notes) >= _MOST_NOTES:
            self._add_up()

    def failed(self, origin: Origin, error: DragomanError) -> None:
        """Note a try that failed, with the tokens of what had arrived."""
        partial = error.partial
        note: _Note = (origin, Usage(), {}, True)
        self._notes.append(note if partial is None else (origin, partial.usage, partial.metadata, True))
        if len(self._notes) >= _MOST_NOTES:
            self._add_up()

    def _add_up(self) -> None:
        """Add the notes to what was used before."""
        with self._lock:
            added: dict[str, list[_Note]] = {}
            while self._notes:
                note = self._notes.popleft()
                added.setdefault(f"{note[0].provider}/{note[0].model}", []).append(note)
            for name, notes in added.items():
                usage = self._models.get(name, ModelUsage()) + _sum(notes)
                self._models[name] = usage
                if len(usage.batches) >= _MOST_BATCHES and name not in self._settling:
                    self._settling.add(name)
                    Thread(target=self._settle, args=(name, usage.batches), daemon=True).start()

    def _settle(self, name: str, batches: tuple[Batch, ...]) -> None:
        """Replace batches by one that holds their cost alone."""
        settled = Batch((), _settled(batches))
        with self._lock:
            self._settling.discard(name)
            usage = self._models.get(name, ModelUsage())
            if usage.batches[: len(batches)] == batches:  # else the ledger was cleared
                self._models[name] = changed(usage, batches=(settled, *usage.batches[len(batches) :]))


def _sum(notes: list[_Note]) -> ModelUsage:
    from dragoman.spec.cost import Bill  # noqa: PLC0415  # not paid for by calls

    counts = {name: sum(getattr(usage, name) or 0 for _, usage, _, _ in notes) for name in _COUNTS}
    bills, uncounted = list[Bill](), 0
    for origin, usage, metadata, is_failure in notes:
        is_counted = any(getattr(usage, name) is not None for name in _COUNTS)
        if is_counted or not is_failure:
            bills.append(Bill(origin=origin, usage=usage, metadata=_short(metadata)))
            uncounted += not is_counted
    return ModelUsage(
        calls=len(notes),
        failures=sum(is_failure for _, _, _, is_failure in notes),
        uncounted=uncounted,
        **counts,
        batches=(Batch(bills),) if bills else (),
    )


def _short(metadata: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """Return the members that the cost of an answer may depend on."""
    return {
        name: each
        for name, each in metadata.items()
        if isinstance(each, int | float) or (isinstance(each, str) and len(each) <= _LONGEST)
    }


__all__ = ["ModelUsage", "UsageLedger"]
