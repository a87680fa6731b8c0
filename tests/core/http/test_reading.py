from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import attrs
import pytest

from core.http.calls import assemble
from core.scripted import FakeClock
from dragoman import (
    Bytes,
    CallContext,
    Event,
    Finish,
    Media,
    Part,
    PartStart,
    Ping,
    Reasoning,
    Refusal,
    RequestTimeoutError,
    Seal,
    StreamStart,
    Text,
    TextDelta,
    Timeouts,
    ToolCall,
    Usage,
)
from dragoman.http.reading import EventIterator
from dragoman.spec.assembly import provider_events
from dragoman.spec.response import build_response
from dragoman_openai_compatible import OpenAIChat
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder

PARTS: list[Part] = [
    Text(text="Hello", seal=Seal(issuer="near", payload="s")),
    Text(text=""),
    Refusal(text="No."),
    Reasoning(text="Hm."),
    ToolCall(name="weather", call_id="c", arguments='{"city":"Oslo"}'),
    Media(source=Bytes(data=b"x"), media_type="image/png"),
]


def deltas(events: list[Event]) -> list[str]:
    return [str(getattr(event, "text", getattr(event, "fragment", ""))) for event in events[1:-2]]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_an_answer_that_came_whole_streams_as_one_delta(part: Part) -> None:
    whole = build_response([part], Finish(reason="stop", raw="stop"), usage=Usage(input_tokens=3))
    events = provider_events(whole)
    assert assemble([StreamStart(), *events]) == whole
    said = getattr(part, "text", getattr(part, "arguments", None))
    assert isinstance(events[0], PartStart)
    assert deltas(events) == ([] if said is None else [said])


class Trickle:
    """Give one piece after the other, each after some seconds of a clock."""

    status = 200
    headers: Mapping[str, str] = {"content-type": "text/event-stream"}

    def __init__(self, clock: FakeClock, *pieces: tuple[float, bytes]) -> None:
        self.clock = clock
        self.pieces = list(pieces)

    async def piece(self) -> bytes:
        seconds, data = self.pieces.pop(0)
        await self.clock.sleep(seconds)
        return data

    async def read(self) -> bytes:
        return b""

    def complete(self) -> None:
        pass


def chunk(text: str | None = None, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


PING = b": ping\n\n"


async def read_all(
    clock: FakeClock, *pieces: tuple[float, bytes], timeouts: Timeouts, deadline: float | None = None
) -> list[Event]:
    context = CallContext(clock=clock, timeouts=timeouts, deadline=deadline)
    decoder = OpenAIChatDecoder(OpenAIChat(options=attrs.make_class("Options", []), provider="acme"))
    reply = Trickle(clock, *pieces)
    events = EventIterator(reply, decoder, StreamStart(), PING, lambda *_: None, context=context)
    return [event async for event in events]


class TestSilence:
    """Only content counts as progress: a server that sends nothing but pings runs into the time limit."""

    LIMITS = Timeouts(first_byte=50, idle=20)

    async def test_signs_of_life_are_no_answer(self, clock: FakeClock) -> None:
        pings = [(15.0, PING)] * 9
        with pytest.raises(RequestTimeoutError, match="first_byte_timeout") as caught:
            await read_all(clock, *pings, timeouts=self.LIMITS)
        assert (caught.value.phase, caught.value.retryable, clock.slept) == ("first_byte", True, [15.0] * 4)

    async def test_nor_are_they_once_it_has_begun(self, clock: FakeClock) -> None:
        pings = [(15.0, PING)] * 9
        with pytest.raises(RequestTimeoutError, match="idle_timeout") as caught:
            await read_all(clock, (40.0, chunk("a")), *pings, timeouts=self.LIMITS)
        assert (caught.value.phase, clock.slept) == ("idle", [40.0, 15.0, 15.0])

    async def test_what_is_said_between_them_is(self, clock: FakeClock) -> None:
        said = [(15.0, PING), (4.0, chunk("a"))] * 5
        events = await read_all(clock, *said, (1.0, chunk(finish="stop")), (0.0, b""), timeouts=self.LIMITS)
        assert [event.text for event in events if isinstance(event, TextDelta)] == ["a"] * 5
        assert sum(isinstance(event, Ping) for event in events) == 6

    async def test_without_limits_nobody_minds(self, clock: FakeClock) -> None:
        patient = Timeouts(first_byte=None, idle=None)
        pieces = [*[(900.0, PING)] * 3, (1.0, chunk("a", "stop")), (900.0, PING), (0.0, b"")]
        assert len(await read_all(clock, *pieces, timeouts=patient)) > 4


class TestManyEvents:
    """A piece that holds thousands of events, as one that was compressed does."""

    async def test_let_other_tasks_have_their_turn(self) -> None:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        other = asyncio.create_task(count())
        piece = b"".join(chunk("abc") for _ in range(10_000))
        events = await read_all(FakeClock(), (0, piece + chunk(finish="stop")), (0, b""), timeouts=Timeouts())
        other.cancel()
        assert len(deltas(events)) > 9_000
        assert abs(turns - len(piece) // (1 << 16)) <= 3

    async def test_end_with_the_deadline(self, clock: FakeClock) -> None:
        piece = b"".join(chunk("abc") for _ in range(10_000))
        late = clock.monotonic() + 5
        with pytest.raises(RequestTimeoutError, match="deadline") as caught:
            await read_all(clock, (6, piece), timeouts=Timeouts(), deadline=late)
        assert not caught.value.retryable

    async def test_are_cancelled_in_the_middle(self) -> None:
        piece = b"".join(chunk("abc") for _ in range(10_000))
        task = asyncio.create_task(read_all(FakeClock(), (0, piece), timeouts=Timeouts()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
