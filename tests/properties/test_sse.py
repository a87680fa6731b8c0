from __future__ import annotations

import itertools

from hypothesis import example, given, strategies as st

from dragoman.http.sse import EventDecoder, ServerSentEvent
from dragoman.spec.errors import ResponseTooLargeError
from properties.sse_oracle import interpret

LINE_ENDS = [b"\n", b"\r", b"\r\n"]
PIECES = [
    b"data: ",
    b"data:",
    b"data",
    b"event: ",
    b"event: ping",
    b"event",
    b"id: 7",
    b"id: a\0b",
    b"id",
    b"retry: 3000",
    b"retry: 3 s",
    b"retry: \xc2\xb2",
    b": comment",
    b":",
    b" ",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xc2\x85",
    b"\x0b",
    b'{"text":"\xf0\x9f\x90\xab"}',
]
USUAL = [b"data: {}\n\n", b"data: [DONE]\n\n", b"data: \n\n", b"event: delta\ndata: {}\n\n", b": ping\n\n"]

streams = st.lists(
    st.one_of(st.sampled_from(LINE_ENDS), st.sampled_from(PIECES), st.sampled_from(USUAL), st.binary(max_size=3)),
    max_size=40,
).map(b"".join)
usual_streams = st.lists(st.sampled_from([*USUAL, b"\n", b"data: cut"]), max_size=40).map(b"".join)
streams = st.one_of(streams, usual_streams)
cuts = st.lists(st.integers(min_value=0, max_value=200), max_size=20)


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(places)]


def bytes_of(stream: bytes) -> list[bytes]:
    return [stream[place : place + 1] for place in range(len(stream))]


def decode(chunks: list[bytes], limit: int = 1 << 20) -> tuple[list[ServerSentEvent], ServerSentEvent | str | None]:
    """Return the events, and how the stream ended."""
    decoder = EventDecoder(max_event_bytes=limit)
    events: list[ServerSentEvent] = []
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        return events, decoder.close()
    except ResponseTooLargeError:
        return events, "too large"


def as_text(event: ServerSentEvent | None) -> tuple[str, str] | None:
    return event and (event.event, event.data.decode("utf-8", "replace"))


@given(streams, cuts)
@example(b"data: x\r\n\r\n", [8, 10])
@example(b"\xef\xbb\xbfdata: x\n\n", [1, 2])
@example(b"data: \xef\xbb", [7])
@example(b"event: a\n\ndata: x\n\n", [9])
def test_the_events_are_those_of_the_specification(stream: bytes, cuts: list[int]) -> None:
    decoder = EventDecoder()
    events = [event for chunk in chunks_of(stream, cuts) for event in decoder.feed(chunk)]
    expected, cut_off = interpret(stream)

    assert expected.events == [as_text(event) for event in events]
    assert expected.comments == decoder.comments
    assert expected.last_event_id == decoder.last_event_id
    assert expected.reconnection_time == decoder.retry
    assert cut_off == as_text(decoder.close())


@given(streams, cuts)
def test_the_chunking_does_not_matter(stream: bytes, cuts: list[int]) -> None:
    whole = decode([stream])

    assert whole == decode(chunks_of(stream, cuts))
    assert whole == decode(bytes_of(stream))


@given(streams, cuts, st.integers(min_value=3, max_value=30))
def test_the_chunking_does_not_matter_to_the_limit(stream: bytes, cuts: list[int], limit: int) -> None:
    whole = decode([stream], limit)

    assert whole == decode(chunks_of(stream, cuts), limit)
    assert whole == decode(bytes_of(stream), limit)


@given(streams)
def test_no_event_is_held_back(stream: bytes) -> None:
    # Whatever has been fed, the events so far are those of the stream up to here.
    decoder = EventDecoder()
    count = 0
    for place, byte in enumerate(bytes_of(stream), start=1):
        count += len(decoder.feed(byte))

        assert count == len(interpret(stream[:place])[0].events)
