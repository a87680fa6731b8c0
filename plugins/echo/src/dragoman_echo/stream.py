"""The answer of the echo as events."""

from __future__ import annotations

from collections.abc import Iterator

from dragoman import ArgumentsDelta, Event, Part, PartStart, Text, TextDelta, ToolCall
from dragoman_echo.response import split_words

_ARGUMENTS_PIECE = 8  # characters


def part_events(part: Part) -> Iterator[Event]:
    """Yield the events of a part: a text word by word, the arguments of a call in pieces of equal length."""
    if isinstance(part, ToolCall):
        yield PartStart(0, ToolCall(name=part.name, call_id=part.call_id))
        for start in range(0, len(part.arguments), _ARGUMENTS_PIECE):
            yield ArgumentsDelta(0, part.arguments[start : start + _ARGUMENTS_PIECE])
        return
    assert isinstance(part, Text)  # noqa: S101  # an answer is a call or a text
    yield PartStart(0, Text(text=""))
    for word in split_words(part.text):
        yield TextDelta(0, word)
