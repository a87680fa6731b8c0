from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dragoman import (
    ConfigurationError,
    Event,
    EventStream,
    Finish,
    PartEnd,
    PartStart,
    ProtocolError,
    RateLimitError,
    Reasoning,
    ReasoningDelta,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
)

DONE = ResponseSnapshot(finish=Finish(reason="stop"))
HALLO = [PartStart(0, Text(text="")), TextDelta(0, "Hal"), TextDelta(0, ""), TextDelta(0, "lo"), DONE]


class Source:
    """Give events, raise what is an error, and remember how it was left."""

    def __init__(self, *events: Event | BaseException) -> None:
        self.events = events
        self.left: list[object] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Event]]:
        try:
            yield self._iterate()
        except BaseException as error:
            self.left.append(type(error))
            raise
        self.left.append(None)

    async def _iterate(self) -> AsyncIterator[Event]:
        for event in self.events:
            if isinstance(event, BaseException):
                raise event
            yield event


async def test_a_stream_begins_with_a_start_and_ends_with_the_whole_answer() -> None:
    source = Source(*HALLO)
    async with EventStream(source.open()) as stream:
        events = [event async for event in stream]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
    assert events == [StreamStart(), *HALLO, PartEnd(0, Text(text="Hallo")), StreamEnd(stream.response)]
    assert stream.response.text == "Hallo"
    assert source.left == [None]


async def test_a_start_of_the_source_is_given_once() -> None:
    start = StreamStart(headers={"a": "b"})
    async with EventStream(Source(start, *HALLO).open()) as stream:
        events = [event async for event in stream]
    assert events[:2] == [start, HALLO[0]]
    assert stream.response.headers == {"a": "b"}


async def test_text_leaves_out_reasoning_and_empty_pieces() -> None:
    events = [
        PartStart(0, Reasoning()),
        ReasoningDelta(0, "hm"),
        PartStart(1, Text(text="")),
        TextDelta(1, "a"),
        TextDelta(1, ""),
    ]
    async with EventStream(Source(*events, DONE).open()) as stream:
        assert [piece async for piece in stream.text()] == ["a"]


async def test_collect_reads_to_the_end() -> None:
    async with EventStream(Source(*HALLO).open()) as stream:
        assert (await stream.collect()).text == "Hallo"
        assert await stream.collect() is stream.response


async def test_the_answer_is_not_there_before_the_end() -> None:
    async with EventStream(Source(*HALLO).open()) as stream:
        await anext(stream)
        with pytest.raises(ProtocolError, match="not complete"):
            _ = stream.response


async def test_a_stream_is_read_only_while_it_is_open() -> None:
    stream = EventStream(Source(*HALLO).open())
    with pytest.raises(ProtocolError, match="not open"):
        await anext(stream)
    async with stream:
        pass
    with pytest.raises(ProtocolError, match="not open"):
        await anext(stream)


@pytest.mark.parametrize("events", [[], [StreamStart()], HALLO[:2]])
async def test_a_stream_that_is_cut_is_an_interruption(events: list[Event]) -> None:
    async with EventStream(Source(*events).open()) as stream:
        with pytest.raises(StreamInterruptedError) as caught:
            await stream.collect()
    assert caught.value.partial is not None
    assert caught.value.partial.text == ("Hal" if events == HALLO[:2] else "")


async def test_an_error_in_the_middle_carries_what_arrived() -> None:
    async with EventStream(Source(*HALLO[:2], RateLimitError("slow down")).open()) as stream:
        with pytest.raises(RateLimitError) as caught:
            await stream.collect()
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hal"


async def test_a_break_of_the_grammar_carries_what_arrived() -> None:
    async with EventStream(Source(*HALLO[:2], PartStart(5, Text(text=""))).open()) as stream:
        with pytest.raises(ProtocolError, match="index 5") as caught:
            await stream.collect()
    assert caught.value.partial is not None


async def test_leaving_early_and_failing_both_hang_up() -> None:
    source = Source(*HALLO)
    async with EventStream(source.open()) as stream:
        await anext(stream)
    assert source.left == [None]
    with pytest.raises(KeyError):
        async with EventStream(source.open()):
            raise KeyError
    assert source.left == [None, KeyError]


class Waiting:
    """Give the events when the test lets it."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Event]]:
        yield self._iterate()

    async def _iterate(self) -> AsyncIterator[Event]:
        await self.go.wait()
        for event in HALLO:
            yield event


async def test_the_second_of_two_readers_is_refused_and_the_first_goes_on() -> None:
    source = Waiting()
    async with EventStream(source.open()) as stream:
        first = asyncio.create_task(stream.collect())
        await asyncio.sleep(0)
        for second in (stream.collect(), anext(stream), anext(stream.text())):
            with pytest.raises(ConfigurationError, match="another task reads this stream"):
                await second
        source.go.set()
        assert (await first).text == "Hallo"


async def test_a_reader_that_was_cancelled_makes_room_for_the_next() -> None:
    source = Waiting()
    async with EventStream(source.open()) as stream:
        first = asyncio.create_task(stream.collect())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert isinstance(await anext(stream), StreamStart)
        with pytest.raises(StreamInterruptedError):  # the generator of the source has ended with the cancellation
            await anext(stream)


async def test_an_error_before_the_first_event_is_told_as_it_is() -> None:
    async with EventStream(Source(RateLimitError("slower")).open()) as stream:
        with pytest.raises(RateLimitError, match="slower"):
            await anext(stream)
