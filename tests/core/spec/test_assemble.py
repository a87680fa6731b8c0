"""``assemble`` and ``events_of`` are inverse: an answer is what its events come to, and has events that come to it."""

from __future__ import annotations

import pytest
from hypothesis import given

from dragoman import (
    Adjustment,
    Finish,
    FinishReason,
    PartEnd,
    PartStart,
    ProtocolError,
    ResponseSnapshot,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
    assemble,
    build_response,
    events_of,
)
from dragoman.spec.response import Response
from properties import strategies

STOP = Finish(reason=FinishReason.STOP)


@given(strategies.responses)
def test_the_events_of_an_answer_come_to_it(response: Response) -> None:
    again = assemble(events_of(response))
    refined = build_response(response.message.parts, response.finish)
    assert again.message.parts == refined.message.parts
    assert (again.finish, again.usage, again.metadata) == (refined.finish, response.usage, response.metadata)


def test_what_a_stream_hands_out_is_taken_too() -> None:
    note = Adjustment(kind="dropped", feature="seed")
    other = build_response([Text(text="not this")], STOP)
    handed_out = [
        StreamStart(adjustments=(note,)),
        PartStart(0, Text(text="")),
        TextDelta(0, "Hi"),
        ResponseSnapshot(finish=STOP),
        PartEnd(0, Text(text="whatever")),
        StreamEnd(other),
    ]
    made = assemble(handed_out)
    assert made.text == "Hi"
    assert made.adjustments == (note,)


def test_what_is_cut_is_an_error_with_what_there_is() -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        assemble([PartStart(0, Text(text="")), TextDelta(0, "Hi")])
    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hi"


def test_a_second_start_breaks_the_grammar() -> None:
    with pytest.raises(ProtocolError, match="StreamStart"):
        assemble([StreamStart(), StreamStart()])
