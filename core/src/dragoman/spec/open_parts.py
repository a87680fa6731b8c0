"""The parts of a stream that have begun: what has arrived of them, and what replaces it."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from dragoman.spec.call_ids import settled_call
from dragoman.spec.events import ArgumentsDelta, MediaDelta, ReasoningDelta, TextDelta
from dragoman.spec.media import Bytes, Media
from dragoman.spec.parts import Part, Reasoning, Refusal, Text, ToolCall

DeltaClass: TypeAlias = type[TextDelta] | type[ReasoningDelta] | type[ArgumentsDelta] | type[MediaDelta]

_DELTA_OF: dict[type[Any], DeltaClass] = {
    Text: TextDelta,
    Refusal: TextDelta,
    Reasoning: ReasoningDelta,
    ToolCall: ArgumentsDelta,
    Media: MediaDelta,
}


class OpenPart:
    """Collect the pieces of one part."""

    __slots__ = ("accepts", "closed", "given_id", "part", "pieces")

    def __init__(self, part: Part, given_id: str) -> None:
        self.part: Part = part
        self.given_id = given_id
        self.accepts = _DELTA_OF.get(type(part))
        self.pieces: list[Any] = []
        self.closed = False

    def whole(self) -> Part:
        """Return the part with all its pieces."""
        if self.pieces:
            self.part = _joined(self.part, self.pieces)
            self.pieces = []
        return settled_call(self.part) if type(self.part) is ToolCall else self.part


def _joined(part: Part, pieces: list[Any]) -> Part:
    if isinstance(part, ToolCall):
        return attrs.evolve(part, arguments=part.arguments + "".join(pieces))
    if isinstance(part, Media):
        start = part.source.data if isinstance(part.source, Bytes) else b""
        return attrs.evolve(part, source=Bytes(data=start + b"".join(pieces)))
    assert isinstance(part, Text | Refusal | Reasoning)  # noqa: S101  # the classes of _DELTA_OF
    return attrs.evolve(part, text=part.text + "".join(pieces))


def has_content(part: Part) -> bool:
    """Return whether a part holds any of what its deltas add to."""
    if isinstance(part, Text | Refusal | Reasoning):
        return bool(part.text)
    if isinstance(part, ToolCall):
        return bool(part.arguments)
    return not (isinstance(part, Media) and part.source == Bytes(data=b""))


def with_content_of(before: Part, part: Part) -> Part:
    """Return a part with what the deltas of an earlier version of it have brought."""
    name = "arguments" if isinstance(part, ToolCall) else "source" if isinstance(part, Media) else "text"
    return attrs.evolve(part, **{name: getattr(before, name)})


def text_after(known: OpenPart, text: str) -> str:
    """Return what *text* adds to the text that has arrived of a part, nothing if it is another text."""
    before = getattr(known.whole(), "text", "")
    return text.removeprefix(before) if text.startswith(before) else ""
