# ruff: noqa: S101  # checks are made of assertions
"""Check streams against the grammar of :mod:`dragoman.spec.events`, after assembly and before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dragoman.client.binding import bind
from dragoman.spec.assembly import Assembler
from dragoman.spec.config import LLMConfig
from dragoman.spec.events import (
    ArgumentsDelta,
    Event,
    MediaDelta,
    PartEnd,
    PartStart,
    ReasoningDelta,
    StreamEnd,
    StreamStart,
    TextDelta,
)
from dragoman.spec.parts import (
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)
from dragoman.spec.provider import CallContext
from dragoman.testing.conformance.provider_case import hello

__all__ = ["check_events", "check_raw_events"]

_DELTAS = (TextDelta, ReasoningDelta, ArgumentsDelta, MediaDelta)


def check_events(events: Sequence[Event]) -> None:
    """Check the events of a complete stream as a consumer receives them."""
    assert [type(each) for each in events].count(StreamStart) == 1
    assert [type(each) for each in events].count(StreamEnd) == 1
    assert isinstance(events[0], StreamStart)
    last = events[-1]
    assert isinstance(last, StreamEnd)
    started = [each.index for each in events if isinstance(each, PartStart)]
    ended = {each.index: each.part for each in events if isinstance(each, PartEnd)}
    assert started == list(range(len(started)))
    assert sorted(ended) == started
    assert tuple(ended[index] for index in started) == last.response.message.parts
    for index in started:
        _check_part(events, index, ended)


def _check_part(events: Sequence[Event], index: int, ended: Mapping[int, object]) -> None:
    own = [each for each in events if isinstance(each, (PartStart, PartEnd, *_DELTAS)) and each.index == index]
    assert isinstance(own[0], PartStart)
    assert isinstance(own[-1], PartEnd)
    text = "".join(each.text for each in own if isinstance(each, TextDelta | ReasoningDelta))
    arguments = "".join(each.fragment for each in own if isinstance(each, ArgumentsDelta))
    start, part = own[0].part, ended[index]
    if isinstance(part, Text | Refusal | Reasoning) and isinstance(start, Text | Refusal | Reasoning):
        assert part.text == start.text + text
    if isinstance(part, ToolCall) and isinstance(start, ToolCall):
        assert part.arguments == start.arguments + arguments


async def check_raw_events(config: LLMConfig) -> None:
    """Check the events that a provider yields: starts, deltas and snapshots, but no ends."""
    bound = bind(config)
    async with bound.provider.stream(hello(bound, config), CallContext()) as events:
        received = [event async for event in events]
    first = received[0] if received and isinstance(received[0], StreamStart) else None
    assembler = Assembler(first or StreamStart())
    for event in received[1:] if first else received:
        assembler.feed(event)
    assert assembler.end()
    await bound.provider.aclose()
