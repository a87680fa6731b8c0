"""Tools that were sent under another name: their own names in answers, and the answer that a call stands for.

The arguments of the first call that stands for the answer are the text of it. What the model says beside that call is
its reasoning. A second such call is not part of the message: one that differs is kept in the metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from dragoman.spec._json_depth import parse_json
from dragoman.spec.capabilities import IS_ANSWER
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    PartStart,
    PartStop,
    PartUpdate,
    ReasoningDelta,
    ResponseSnapshot,
    TextDelta,
)
from dragoman.spec.held_events import HeldEvents, is_call
from dragoman.spec.parts import Part, Reasoning, Text, ToolCall, ToolResult
from dragoman.spec.response import Adjustment, Finish, FinishReason, Response

OTHER_ANSWERS = "other_answers"
"""The metadata with the answers after the first one, as JSON texts, where they differ from it."""

Restore: TypeAlias = Callable[[str], str]
"""Gives the arguments of a call the form that they have by the tool's own schema, from that by the one sent."""


def with_names(response: Response, names: Mapping[str, str], restore: Mapping[str, Restore] | None = None) -> Response:
    """Return *response* as it would be at the end of a stream; see :class:`EventNames`."""
    from dragoman.spec.assembly import assemble, provider_events  # noqa: PLC0415  # few answers need it

    seen = EventNames(names, restore)
    events = [each for event in provider_events(response) for each in seen.of(event)]
    found = assemble([*events, *seen.close()])
    return attrs.evolve(
        response,
        message=attrs.evolve(response.message, content=found.message.parts),
        finish=found.finish,
        metadata=found.metadata,
        adjustments=response.adjustments + seen.notes,
        alternatives=tuple(with_names(each, names, restore) for each in response.alternatives),
    )


@attrs.define
class _Seen:
    """Hold how a part appears to the reader.

    Args:
        index: its index there; ``None`` for one that is left out.
        role: ``same``, ``answer``, ``again`` for an answer after the first, or ``beside`` the answer.
        restore: gives the arguments their own form, once they are whole.
        pieces: the arguments so far, if they are needed as a whole.
        is_flushed: whether the arguments that were kept back have been given.

    """

    index: int | None
    role: str = "same"
    restore: Restore | None = None
    pieces: list[str] = attrs.field(factory=list[str])
    is_flushed: bool = False

    def part(self, part: Part, name: str | None) -> Part:
        """Return the part as it appears, under its own *name*."""
        if self.role == "answer" and isinstance(part, ToolCall):
            return Text(text=part.arguments, seal=part.seal)
        if self.role == "beside" and isinstance(part, Text):
            return Reasoning(text=part.text, id=part.id, seal=part.seal, metadata=part.metadata)
        if name is not None and isinstance(part, ToolCall | ToolResult):
            return attrs.evolve(part, name=name)
        return part

    def delta(self, text: str) -> list[Event]:
        """Return the event that adds to the arguments as they appear."""
        if self.index is None:
            return []
        return [TextDelta(self.index, text) if self.role == "answer" else ArgumentsDelta(self.index, text)]

    def whole(self) -> str:
        """Return the arguments as they appear, once they are whole."""
        text = "".join(self.pieces)
        return self.restore(text) if self.restore is not None and text else text

    def flush(self) -> list[Event]:
        """Return the event with the arguments that were kept back until they were whole, once."""
        if self.restore is None or self.is_flushed or not self.pieces:
            return []
        self.is_flushed = True
        return self.delta(self.whole())


class EventNames:
    """Give the tools in the events of one stream their own names, and the answer its place.

    Args:
        names: the original names, keyed by what was sent.
        restore: what restores the arguments of a call, keyed by the name that was sent.

    Attributes:
        notes: what was left out of the answer; known after :meth:`close`.

    """

    __slots__ = ("_answer", "_calls", "_count", "_held", "_names", "_restore", "_seen", "notes")

    def __init__(self, names: Mapping[str, str], restore: Mapping[str, Restore] | None = None) -> None:
        self._names = names
        self._restore: Mapping[str, Restore] = restore or {}
        self._seen: dict[int, _Seen] = {}
        self._answer: _Seen | None = None
        self._calls = False
        self._count = 0
        self._held = HeldEvents({*names, *self._restore}, self._awaits_answer)
        self.notes: tuple[Adjustment, ...] = ()

    def of(self, event: Event) -> list[Event]:
        """Return what is to be seen now that one more event has arrived; they must be given in their order."""
        self._held.add(event)
        is_over = isinstance(event, ResponseSnapshot) and event.finish is not None
        return [each for known in self._known(is_over=is_over) for each in self._as_seen(known)]

    def close(self) -> list[Event]:
        """Return what was held back, at the end of the stream or before an error in it."""
        events = [each for known in self._known(is_over=True) for each in self._as_seen(known)]
        for seen in self._seen.values():
            events += seen.flush()
        return events + self._other_answers()

    def _awaits_answer(self) -> bool:
        return self._answer is None and IS_ANSWER in self._names.values()

    def _known(self, *, is_over: bool) -> Iterator[Event]:
        while (event := self._held.next(is_over=is_over)) is not None:
            yield event

    def _as_seen(self, event: Event) -> list[Event]:
        if isinstance(event, PartStart):
            return self._begin(event)
        if isinstance(event, ResponseSnapshot) and event.finish is not None and not self._calls:
            return [attrs.evolve(event, finish=_without_calls(event.finish, self._names))]
        known = self._seen.get(getattr(event, "index", -1))
        return [event] if known is None else self._of_part(known, event)

    def _begin(self, start: PartStart) -> list[Event]:
        role, part = self._role(start), start.part
        index = None
        if role != "again":  # a start out of turn stays out of turn, which is for the assembler to say
            index = self._count + start.index - len(self._seen)
            self._count += 1
        seen = self._seen[start.index] = _Seen(index, role, self._restorer(part))
        if role == "answer":
            self._answer = seen
        self._calls |= role == "same" and is_call(part)
        if isinstance(part, ToolCall) and part.arguments and self._keeps(seen):
            seen.pieces.append(part.arguments)
            part = attrs.evolve(part, arguments="" if seen.restore else part.arguments)
        return [] if index is None else [PartStart(index, seen.part(part, self._own_name(part)))]

    def _role(self, start: PartStart) -> str:
        part = start.part
        if is_call(part) and self._own_name(part) == IS_ANSWER:
            return "answer" if self._answer is None else "again"
        if isinstance(part, Text) and IS_ANSWER in self._names.values():
            call = self._held.call_after(start.index)
            if self._answer is not None or (call is not None and self._own_name(call) == IS_ANSWER):
                return "beside"
        return "same"

    def _own_name(self, part: Part) -> str | None:
        return self._names.get(part.name) if isinstance(part, ToolCall | ToolResult) else None

    def _restorer(self, part: Part) -> Restore | None:
        return self._restore.get(part.name) if isinstance(part, ToolCall) else None

    def _keeps(self, seen: _Seen) -> bool:
        return seen.role in {"answer", "again"} or seen.restore is not None

    def _of_part(self, seen: _Seen, event: Any) -> list[Event]:
        if isinstance(event, ArgumentsDelta):
            if self._keeps(seen):
                seen.pieces.append(event.fragment)
            return [] if seen.restore else seen.delta(event.fragment)
        part = self._updated(seen, event.part) if isinstance(event, PartUpdate) else None
        if seen.index is None:
            return []
        if part is not None:
            return [PartUpdate(seen.index, seen.part(part, self._own_name(part)))]
        if isinstance(event, TextDelta) and seen.role == "beside":
            return [ReasoningDelta(seen.index, event.text, logprobs=event.logprobs)]
        moved = attrs.evolve(event, index=seen.index)
        return [*seen.flush(), moved] if isinstance(event, PartStop) else [moved]

    def _updated(self, seen: _Seen, part: Part) -> Part:
        """Return a more complete version of a part, less the arguments that are kept back."""
        if not isinstance(part, ToolCall) or not part.arguments or not self._keeps(seen):
            return part
        seen.pieces[:] = [part.arguments]
        return attrs.evolve(part, arguments="") if seen.restore else part

    def _other_answers(self) -> list[Event]:
        """Return the metadata with the answers that differ from the first, and note each that is left out."""
        first = None if self._answer is None else _read(self._answer.whole())
        texts = [seen.whole() for seen in self._seen.values() if seen.role == "again"]
        others = [text for text in texts if _read(text) != first]
        for text in texts:
            reason = "the model gave another answer besides" if text in others else "the model gave its answer again"
            note = Adjustment(kind="dropped", feature="answer", reason=reason)
            self.notes += (note,)
        return [ResponseSnapshot(metadata={OTHER_ANSWERS: [*others]})] if others else []


def _read(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return text


def _without_calls(finish: Finish, names: Mapping[str, str]) -> Finish:
    if IS_ANSWER not in names.values() or finish.reason != FinishReason.TOOL_CALLS:
        return finish
    return attrs.evolve(finish, reason=FinishReason.STOP)
