from __future__ import annotations

import json
from collections.abc import Mapping

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
from dragoman.http import OpenAIChat
from dragoman.http.openai_stream import OpenAIChatDecoder
from dragoman.http.reading import EventIterator, events_of
from dragoman.response import build_response

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
    events = events_of(whole)
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


async def read_all(clock: FakeClock, *pieces: tuple[float, bytes], timeouts: Timeouts) -> list[Event]:
    context = CallContext(clock=clock, timeouts=timeouts)
    decoder = OpenAIChatDecoder(OpenAIChat(options=type("Options", (), {}), provider="acme"))
    reply = Trickle(clock, *pieces)
    events = EventIterator(reply, decoder, StreamStart(), PING, lambda *_: None, context=context)
    return [event async for event in events]


class TestSilence:
    """Only what is said is progress: a server that merely shows to be alive is waited for so long and no longer."""

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
