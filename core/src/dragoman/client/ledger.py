"""What the calls of a client have used, by model.

A call only leaves a note here. The notes are added up when somebody asks, or when there are many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING

from dragoman.spec._value import changed
from dragoman.spec.fork_safety import ForkSafeLock
from dragoman.spec.response import Usage

if TYPE_CHECKING:
    from dragoman.client.model_usage import Batch, ModelUsage, Note
    from dragoman.spec.errors import DragomanError
    from dragoman.spec.part_fields import JSON
    from dragoman.spec.response import Origin

_MOST_NOTES = 64
"""How many calls are noted before they are added up, which bounds what is kept of their metadata."""
_MOST_BATCHES = 64
"""How many batches of bills a model may have before their costs are computed in a thread of its own."""
_NOTHING = Usage()


class UsageLedger:
    """Add up what calls have used, by model; any number of tasks and threads may write to it.

    The models are named ``provider/model``, as they were asked for.
    """

    __slots__ = ("_lock", "_models", "_notes", "_settling")

    def __init__(self) -> None:
        self._notes: deque[Note] = deque()
        self._models: dict[str, ModelUsage] = {}
        self._settling: dict[str, Thread] = {}
        self._lock = ForkSafeLock()

    @property
    def models(self) -> Mapping[str, ModelUsage]:
        """Return what was used until now, by model."""
        self._add_up()
        return dict(self._models)

    @property
    def total(self) -> ModelUsage:
        """Return what was used until now by all models together."""
        from dragoman.client.model_usage import ModelUsage  # noqa: PLC0415  # not paid for by calls

        return sum(self.models.values(), ModelUsage())

    def __add__(self, other: UsageLedger) -> UsageLedger:
        """Return a ledger of what both hold now; neither is changed."""
        if not isinstance(other, UsageLedger):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            return NotImplemented
        merged = UsageLedger()
        for ledger in (self, other):
            for name, usage in ledger.models.items():
                merged._add(name, usage)
        return merged

    def __repr__(self) -> str:
        return f"UsageLedger({self.models!r})"

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
        note: Note = (origin, _NOTHING, {}, True)
        self._notes.append(note if partial is None else (origin, partial.usage, partial.metadata, True))
        if len(self._notes) >= _MOST_NOTES:
            self._add_up()

    def _add_up(self) -> None:
        """Add the notes to what was used before."""
        from dragoman.client.model_usage import usage_of  # noqa: PLC0415  # not paid for by calls

        with self._lock:
            added: dict[str, list[Note]] = {}
            while self._notes:
                note = self._notes.popleft()
                added.setdefault(f"{note[0].provider}/{note[0].model}", []).append(note)
            for name, notes in added.items():
                usage = self._add(name, usage_of(notes))
                settling = self._settling.get(name)
                if len(usage.batches) >= _MOST_BATCHES and not (settling and settling.is_alive()):
                    self._settling[name] = Thread(target=self._settle, args=(name, usage.batches), daemon=True)
                    self._settling[name].start()

    def _add(self, name: str, usage: ModelUsage) -> ModelUsage:
        """Return what a model has used with *usage* added."""
        before = self._models.get(name)
        self._models[name] = usage if before is None else before + usage
        return self._models[name]

    def _settle(self, name: str, batches: tuple[Batch, ...]) -> None:
        """Replace batches by one that holds their cost alone."""
        from dragoman.client.model_usage import settled  # noqa: PLC0415  # not paid for by calls

        batch = settled(batches)
        with self._lock:
            usage = self._models.get(name)
            if usage is not None and usage.batches[: len(batches)] == batches:  # else the ledger was cleared
                self._models[name] = changed(usage, batches=(batch, *usage.batches[len(batches) :]))


__all__ = ["UsageLedger"]
