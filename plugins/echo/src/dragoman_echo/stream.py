"""The answer of the echo as events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dragoman import ArgumentsDelta, Event, Part, PartStart, Text, TextDelta, ToolCall
from dragoman_echo.response import split_words

_ARGUMENTS_PIECE = 8  # characters


def part_events(parts: Sequence[Part]) -> Iterator[Event]:
    """Yield the events of parts: a text word by word, the arguments of a call in pieces of equal length."""
    for index, part in enumerate(parts):
        if isinstance(part, ToolCall):
            yield PartStart(index, ToolCall(name=part.name, call_id=part.call_id))
            for start in range(0, len(part.arguments), _ARGUMENTS_PIECE):
                yield ArgumentsDelta(index, part.arguments[start : start + _ARGUMENTS_PIECE])
            continue
        assert isinstance(part, Text)  # noqa: S101  # an answer is calls or a text
        yield PartStart(index, Text(text=""))
        for word in split_words(part.text):
            yield TextDelta(index, word)
