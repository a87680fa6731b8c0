"""What each event of a stream adds to its parts, for programs that write a stream in the form of another library.

A part begins, grows and ends there; nothing that was said is taken back. The events of Dragoman may also replace a part
by a more complete version of itself, or name a call after its first arguments, which is settled here.
"""

from __future__ import annotations

from collections.abc import Iterator

from dragoman.spec._value import value
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.events import ArgumentsDelta, PartEnd, PartStart, PartUpdate, ReasoningDelta, TextDelta
from dragoman.spec.parts import Part, Reasoning, Refusal, Text, ToolCall


@value(kw_only=True)
class PartPiece:
    """Hold what one event adds to a part.

    Args:
        index: the number of the part in the stream.
        part: the part as far as it is known without its deltas; whole if it ends.
        text: what is added to the text, or to the arguments of a call.
        begins: whether nothing was said of the part before.
        ends: whether it is complete.

    """

    index: int
    part: Part
    text: str = ""
    begins: bool = False
    ends: bool = False


class PartPieces:
    """Follow the events of one stream, and tell what each adds."""

    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._told: dict[int, list[str]] = {}
        self._held: dict[int, list[str]] = {}

    def of(self, event: object) -> Iterator[PartPiece]:
        """Yield what an event adds: one piece or none.

        Raises:
            UnsupportedError: if the event takes back what was said before.

        """
        if isinstance(event, TextDelta | ReasoningDelta):
            yield from self._added(event.index, event.text)
        elif isinstance(event, ArgumentsDelta):
            yield from self._added(event.index, event.fragment)
        elif isinstance(event, PartStart):
            self._held[event.index] = []
            self._parts[event.index] = event.part
            yield from self._added(event.index, text_of(event.part))
        elif isinstance(event, PartUpdate):
            self._parts[event.index] = event.part
            yield from self._added(event.index, self._missing(event.index, text_of(event.part)))
        elif isinstance(event, PartEnd):
            yield from self._ended(event)

    def _added(self, index: int, text: str) -> Iterator[PartPiece]:
        part, held = self._parts[index], self._held.get(index)
        if held is None:
            self._told[index].append(text)
            if text:
                yield PartPiece(index=index, part=part, text=text)
            return
        held.append(text)
        if not isinstance(part, ToolCall) or part.name:
            yield self._begun(index, part)

    def _begun(self, index: int, part: Part, *, ends: bool = False) -> PartPiece:
        self._told[index] = self._held.pop(index)
        return PartPiece(index=index, part=part, text="".join(self._told[index]), begins=True, ends=ends)

    def _ended(self, event: PartEnd) -> Iterator[PartPiece]:
        index, part = event.index, event.part
        missing = self._missing(index, text_of(part))
        if index in self._held:
            self._held[index].append(missing)
            yield self._begun(index, part, ends=True)
        else:
            yield PartPiece(index=index, part=part, text=missing, ends=True)
        del self._parts[index], self._told[index]

    def _missing(self, index: int, whole: str) -> str:
        """Return what was not said yet of a text; an empty one stands for what was said."""
        told = "".join(self._held[index] if index in self._held else self._told[index])
        if not whole or whole.startswith(told):
            return whole[len(told) :]
        if told.isspace():  # before arguments, which are then said as they are meant
            return whole
        message = (
            f"part {index} of the stream was replaced by another text, and what was said cannot be taken back in this "
            "form; ask for the whole answer with generate()"
        )
        raise UnsupportedError(message)


def text_of(part: Part) -> str:
    """Return the text of a part, or the arguments of a call; an empty string for other parts."""
    if isinstance(part, ToolCall):
        return part.arguments
    return part.text if isinstance(part, Text | Refusal | Reasoning) else ""


__all__ = ["PartPiece", "PartPieces"]
