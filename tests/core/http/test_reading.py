from __future__ import annotations

import pytest

from core.http.calls import assemble
from dragoman import (
    Bytes,
    Event,
    Finish,
    Media,
    Part,
    PartStart,
    Reasoning,
    Refusal,
    Seal,
    StreamStart,
    Text,
    ToolCall,
    Usage,
)
from dragoman.assembly import build_response
from dragoman.http.reading import events_of

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
