from __future__ import annotations

import asyncio
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from dragoman import (
    LLM,
    Event,
    LLMConfig,
    Message,
    Part,
    PartStart,
    ProtocolError,
    Response,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    Tool,
    UsageSnapshot,
)
from dragoman.spec.assembly import Assembler, build_response
from dragoman.spec.parts import Refusal, ToolCall
from properties import strategies


def assemble(events: list[Event], *, peek: bool = False) -> Response:
    assembler = Assembler(StreamStart())
    for event in events:
        assembler.feed(event)
        if peek:
            assembler.partial()
    last = assembler.end()[-1]
    assert isinstance(last, StreamEnd)
    return last.response


@settings(max_examples=200)
@given(st.data(), st.lists(strategies.parts, max_size=4), strategies.snapshot_lists)
def test_a_stream_gives_the_same_answer_however_it_is_cut(data: Any, parts: list[Part], snapshots: list[Event]) -> None:
    usage, facts, finish = snapshots
    assert isinstance(usage, UsageSnapshot)
    assert isinstance(facts, ResponseSnapshot)
    assert isinstance(finish, ResponseSnapshot)
    assert finish.finish is not None
    expected = build_response(parts, finish.finish, usage=usage.usage, metadata=facts.metadata)
    expected = attrs.evolve(expected, origin=attrs.evolve(expected.origin, response_id=facts.response_id))
    for _ in range(2):
        events = data.draw(strategies.streams(parts, list(snapshots)))
        assert assemble(events) == expected
        assert assemble(events, peek=True) == expected


@given(st.data(), st.lists(strategies.parts, max_size=3), strategies.snapshot_lists)
def test_a_cut_stream_is_an_interruption_and_loses_nothing(
    data: Any, parts: list[Part], snapshots: list[Event]
) -> None:
    events = data.draw(strategies.streams(parts, snapshots[:2]))
    cut = data.draw(st.integers(min_value=0, max_value=len(events)))
    assembler = Assembler(StreamStart())
    for event in events[:cut]:
        assembler.feed(event)
    with pytest.raises(StreamInterruptedError) as caught:
        assembler.end()
    assert caught.value.partial == assembler.partial()
    starts = sum(isinstance(event, PartStart) for event in events[:cut])
    assert len(assembler.partial().message.parts) == starts
    if cut == len(events):
        assert assembler.partial().message.parts == tuple(parts)


@given(st.data(), st.lists(strategies.parts, min_size=1, max_size=3), strategies.snapshot_lists)
def test_an_event_of_a_part_before_its_start_or_after_its_end_is_refused(
    data: Any, parts: list[Part], snapshots: list[Event]
) -> None:
    events = data.draw(strategies.streams(parts, snapshots))
    indexed = [event for event in events if hasattr(event, "index")]
    stray = data.draw(st.sampled_from(indexed))
    assembler = Assembler(StreamStart())
    with pytest.raises(ProtocolError):
        assembler.feed(attrs.evolve(stray, index=99))
    for event in events:
        assembler.feed(event)
    assembler.end()
    with pytest.raises(ProtocolError):
        assembler.feed(stray)


conversations = st.tuples(
    st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), st.text(max_size=20)), max_size=3),
    st.text(min_size=1, max_size=60),
).map(lambda drawn: [*drawn[0], Message("user", drawn[1])])
overrides = st.fixed_dictionaries(
    {},
    optional={
        "max_tokens": st.integers(min_value=1, max_value=5),
        "tools": st.just([Tool(name="f", schema={"type": "object", "properties": {"a": {"type": "string"}}})]),
        "tool_choice": st.sampled_from(["auto", "none"]),
        "output": st.sampled_from(["text", "json", {"type": "object", "properties": {"n": {"type": "integer"}}}]),
    },
).flatmap(lambda drawn: st.sampled_from([drawn, {**drawn, "tool_choice": "f"}] if "tools" in drawn else [drawn]))


@given(conversations, overrides)
def test_a_collected_stream_equals_generate(conversation: list[Message], overrides: dict[str, Any]) -> None:
    async def both() -> tuple[Response, Response]:
        llm = LLM(LLMConfig(model="echo"))
        async with llm.stream(conversation, **overrides) as stream:
            collected = await stream.collect()
        return collected, await llm.generate(conversation, **overrides)

    collected, generated = asyncio.run(both())
    timeless = [attrs.evolve(each, attempts=()) for each in (collected, generated)]
    assert timeless[0] == timeless[1]
    assert collected.message.of_type(ToolCall) or collected.message.of_type(Text)
    assert not collected.message.of_type(Refusal)
