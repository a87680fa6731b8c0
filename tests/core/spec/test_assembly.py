from __future__ import annotations

import attrs
import pytest

from dragoman import (
    ArgumentsDelta,
    Bytes,
    Data,
    Event,
    Finish,
    FinishReason,
    Media,
    MediaDelta,
    Origin,
    PartEnd,
    PartPieces,
    PartStart,
    PartStop,
    PartUpdate,
    Ping,
    ProtocolError,
    Raw,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Response,
    ResponseSnapshot,
    ResponseTooLargeError,
    Seal,
    SealUpdate,
    StreamEnd,
    StreamInterruptedError,
    StreamStart,
    Text,
    TextDelta,
    ToolCall,
    Url,
    Usage,
    UsageSnapshot,
)
from dragoman.spec.assembly import MAX_PARTS, Assembler, Reassembler, build_response

STOP = ResponseSnapshot(finish=Finish(reason="stop", raw="stop"))
CALL = ToolCall(name="f", call_id="1")


def assemble(*events: Event, peek: bool = False) -> Response:
    assembler = Assembler(StreamStart())
    for event in (*events, STOP):
        assembler.feed(event)
        if peek:
            assembler.partial()
    end = assembler.end()[-1]
    assert isinstance(end, StreamEnd)
    return end.response


@pytest.mark.parametrize(
    ("events", "part"),
    [
        ([PartStart(0, Text(text="a")), TextDelta(0, "b"), TextDelta(0, "c")], Text(text="abc")),
        ([PartStart(0, Refusal(text="")), TextDelta(0, "no")], Refusal(text="no")),
        ([PartStart(0, Reasoning()), ReasoningDelta(0, "hm")], Reasoning(text="hm")),
        (
            [PartStart(0, CALL), ArgumentsDelta(0, '{"a":'), ArgumentsDelta(0, "1}")],
            ToolCall(name="f", call_id="1", arguments='{"a":1}'),
        ),
        (
            [PartStart(0, Media(source=Bytes(data=b"a"), media_type="audio/wav")), MediaDelta(0, b"b")],
            Media(source=Bytes(data=b"ab"), media_type="audio/wav"),
        ),
        (
            [PartStart(0, Media(source=Url(url="https://x.test"), media_type="audio/wav")), MediaDelta(0, b"b")],
            Media(source=Bytes(data=b"b"), media_type="audio/wav"),
        ),
        ([PartStart(0, Data(value=1)), Ping(), Raw({"any": "thing"})], Data(value=1)),
        (
            [
                PartStart(0, Text(text="")),
                TextDelta(0, "a"),
                SealUpdate(0, Seal(issuer="x", payload="s")),
                TextDelta(0, "b"),
            ],
            Text(text="ab", seal=Seal(issuer="x", payload="s")),
        ),
        # A fuller version replaces; it takes along what deltas brought only where it has no content of its own.
        ([PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="abc"))], Text(text="abc")),
        (
            [PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="", id="t"))],
            Text(text="ab", id="t"),
        ),
        (
            [PartStart(0, Text(text="")), TextDelta(0, "a"), PartUpdate(0, Text(text="", id="t")), TextDelta(0, "b")],
            Text(text="ab", id="t"),
        ),
        (
            [PartStart(0, CALL), ArgumentsDelta(0, "{"), PartUpdate(0, ToolCall(name="g", call_id="2"))],
            ToolCall(name="g", call_id="2", arguments="{"),
        ),
        (
            [
                PartStart(0, CALL),
                ArgumentsDelta(0, "{"),
                PartUpdate(0, ToolCall(name="g", call_id="2", arguments="{}")),
            ],
            ToolCall(name="g", call_id="2", arguments="{}"),
        ),
        (
            [
                PartStart(0, Media(source=Bytes(data=b""), media_type="audio/*")),
                MediaDelta(0, b"b"),
                PartUpdate(0, Media(source=Bytes(data=b""), media_type="audio/wav")),
            ],
            Media(source=Bytes(data=b"b"), media_type="audio/wav"),
        ),
        (
            [
                PartStart(0, Media(source=Bytes(data=b"a"), media_type="audio/*")),
                PartUpdate(0, Media(source=Url(url="https://x.test"), media_type="audio/wav")),
            ],
            Media(source=Url(url="https://x.test"), media_type="audio/wav"),
        ),
        ([PartStart(0, Data(value=1)), PartUpdate(0, Data(value=2))], Data(value=2)),
        *(
            ([PartStart(0, attrs.evolve(CALL, arguments=start)), *rest], attrs.evolve(CALL, arguments=arguments))
            for start, rest, arguments in (
                (" ", [ArgumentsDelta(0, "[1]")], " [1]"),
                ("", [ArgumentsDelta(0, "\n"), ArgumentsDelta(0, '{"a":1}')], '\n{"a":1}'),
                (" ", [], "{}"),
                ("", [ArgumentsDelta(0, " "), ArgumentsDelta(0, "null")], "{}"),
            )
        ),
    ],
)
def test_a_part_is_put_together(events: list[Event], part: object) -> None:
    assert assemble(*events).message.parts == (part,)
    assert assemble(*events, peek=True).message.parts == (part,)


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([TextDelta(0, "a")], "TextDelta for part 0, which was never started"),
        ([PartStart(0, Text(text="")), TextDelta(1, "a")], "TextDelta for part 1, which was never started"),
        ([PartStart(0, Text(text="")), TextDelta(-1, "a")], "TextDelta for part -1, which was never started"),
        ([PartStart(1, Text(text=""))], "PartStart with index 1; the next index is 0"),
        ([PartStart(0, Text(text="")), PartStart(0, Text(text=""))], "PartStart with index 0; the next index is 1"),
        ([PartStart(0, Text(text="")), PartStop(0), TextDelta(0, "a")], "TextDelta for part 0, which is closed"),
        ([PartStart(0, Text(text="")), PartStop(0), PartStop(0)], "PartStop for part 0, which is closed"),
        ([PartStop(0)], "PartStop for part 0, which was never started"),
        ([PartStart(0, Text(text="")), ReasoningDelta(0, "a")], "ReasoningDelta for part 0, which is Text"),
        ([PartStart(0, Text(text="")), ArgumentsDelta(0, "a")], "ArgumentsDelta for part 0, which is Text"),
        ([PartStart(0, Text(text="")), MediaDelta(0, b"a")], "MediaDelta for part 0, which is Text"),
        ([PartStart(0, Data()), TextDelta(0, "a")], "TextDelta for part 0, which is Data"),
        ([SealUpdate(0, Seal(issuer="x"))], "SealUpdate for part 0, which was never started"),
        ([PartUpdate(0, Text(text="a"))], "PartUpdate for part 0, which was never started"),
        ([PartStart(0, Text(text="")), PartUpdate(0, Data())], "PartUpdate that changes part 0 from Text to Data"),
        ([StreamStart()], "must not yield StreamStart; the core adds it"),
        ([PartEnd(0, Text(text=""))], "must not yield PartEnd; the core adds it"),
        ([StreamEnd(build_response([], Finish(reason="stop")))], "must not yield StreamEnd; the core adds it"),
    ],
)
def test_a_break_of_the_grammar_is_refused(events: list[Event], problem: str) -> None:
    assembler = Assembler(StreamStart())
    for event in events[:-1]:
        assembler.feed(event)
    with pytest.raises(ProtocolError, match=problem):
        assembler.feed(events[-1])


@pytest.mark.parametrize(
    ("fragments", "told"),
    [([" ", "[1]"], [" ", "[1]", ""]), ([" "], [" ", "{}"])],
)
def test_white_space_before_arguments_takes_nothing_back(fragments: list[str], told: list[str]) -> None:
    start = PartStart(0, attrs.evolve(CALL, arguments=fragments[0]))
    events = [start, *(ArgumentsDelta(0, each) for each in fragments[1:]), PartStop(0)]
    assembler, pieces = Assembler(StreamStart()), PartPieces()
    assert [piece.text for event in events for piece in pieces.of(assembler.feed(event))] == told


def test_an_event_nobody_knows_is_passed_on() -> None:
    class Novelty:
        pass

    novelty = Novelty()
    assert Assembler(StreamStart()).feed(novelty) is novelty  # from a newer plugin


def test_parts_may_interleave_and_a_stop_becomes_an_end() -> None:
    assembler = Assembler(StreamStart())
    events = [
        PartStart(0, Text(text="")),
        PartStart(1, CALL),
        TextDelta(0, "a"),
        ArgumentsDelta(1, "{}"),
        TextDelta(0, "b"),
    ]
    for event in events:
        assert assembler.feed(event) is event
    assert assembler.feed(PartStop(0)) == PartEnd(0, Text(text="ab"))
    assert not assembler.finished
    assembler.feed(STOP)
    assert assembler.finished
    called = ToolCall(name="f", call_id="1", arguments="{}")
    first, last = assembler.end()
    assert first == PartEnd(1, called)
    assert isinstance(last, StreamEnd)
    assert last.response.message.parts == (Text(text="ab"), called)


def test_a_snapshot_replaces_and_never_adds() -> None:
    facts = ResponseSnapshot(response_id="r-1", served_model="m-2", created=5.0, metadata={"a": 1, "b": 1})
    response = assemble(
        UsageSnapshot(Usage(input_tokens=1, output_tokens=1)),
        facts,
        ResponseSnapshot(metadata={"b": 2}),
        UsageSnapshot(Usage(output_tokens=3)),
    )
    assert response.usage == Usage(output_tokens=3)
    assert response.origin == Origin(response_id="r-1", served_model="m-2", created=5.0)
    assert response.metadata == {"a": 1, "b": 2}


def test_what_was_known_at_the_start_stands_on_the_response() -> None:
    start = StreamStart(origin=Origin(provider="p", model="m", response_id="old"), headers={"x-request-id": "r"})
    assembler = Assembler(start)
    assembler.feed(ResponseSnapshot(response_id="new"))
    partial = assembler.partial()
    assert partial.origin == Origin(provider="p", model="m", response_id="new")
    assert partial.headers == {"x-request-id": "r"}
    assert partial.finish.reason == FinishReason.INTERRUPTED


def test_an_end_without_the_terminal_signal_is_an_interruption_with_what_arrived() -> None:
    assembler = Assembler(StreamStart(origin=Origin(provider="p", model="m", request_id="r-1")))
    assembler.feed(PartStart(0, Text(text="")))
    assembler.feed(TextDelta(0, "half"))
    with pytest.raises(StreamInterruptedError, match="ended before it was complete") as caught:
        assembler.end()
    error = caught.value
    assert error.partial is not None
    assert (error.partial.text, error.phase) == ("half", "mid_stream")
    assert (error.provider, error.model, error.request_id) == ("p", "m", "r-1")


def test_a_partial_answer_does_not_disturb_the_whole_one() -> None:
    assembler = Assembler(StreamStart())
    assembler.feed(PartStart(0, Text(text="")))
    assembler.feed(TextDelta(0, "a"))
    assert assembler.partial().text == "a"
    assembler.feed(PartUpdate(0, Text(text="", id="t")))
    assembler.feed(TextDelta(0, "b"))
    assert assembler.partial().message.parts == (Text(text="ab", id="t"),)


def test_annotating_keeps_what_the_error_already_says() -> None:
    known = build_response([], Finish(reason="error"))
    error = ProtocolError("odd", provider="mine", model="own", request_id="r", partial=known)
    Assembler(StreamStart(origin=Origin(provider="p", model="m"))).annotate(error)
    assert (error.provider, error.model, error.request_id, error.partial) == ("mine", "own", "r", known)


@pytest.mark.parametrize(
    ("parts", "given", "reason"),
    [
        ([CALL], "stop", "tool_calls"),
        ([ToolCall(name="f", call_id="1", server_side=True)], "stop", "stop"),
        ([Refusal(text="no")], "stop", "refusal"),
        ([Text(text="a")], "stop", "stop"),
        ([CALL], "length", "length"),
    ],
)
def test_a_plain_stop_is_called_by_what_stopped(parts: list[Text], given: str, reason: str) -> None:
    assert build_response(parts, Finish(reason=given, raw="end")).finish == Finish(reason=reason, raw="end")


def test_an_answer_has_no_more_parts_than_can_be_put_together() -> None:
    assembler = Assembler(StreamStart())
    for index in range(MAX_PARTS):
        assembler.feed(PartStart(index, Text(text="")))
    with pytest.raises(ResponseTooLargeError, match="more than 10000 parts"):
        assembler.feed(PartStart(MAX_PARTS, Text(text="")))


def ends(*reasons: FinishReason) -> list[ResponseSnapshot]:
    return [ResponseSnapshot(finish=Finish(reason=reason, raw=str(reason)), metadata={"n": 1}) for reason in reasons]


CUT = [FinishReason.LENGTH, FinishReason.CONTENT_FILTER, FinishReason.REFUSAL, FinishReason.ERROR, FinishReason.PAUSED]


@pytest.mark.parametrize("first", CUT)
@pytest.mark.parametrize("last", [FinishReason.STOP, FinishReason.OTHER])
def test_a_normal_end_does_not_replace_that_of_an_answer_that_was_cut(first: FinishReason, last: FinishReason) -> None:
    assembler = Assembler(StreamStart())
    seen = [assembler.feed(event) for event in ends(first, last)]
    assert seen == [*ends(first), ResponseSnapshot(metadata={"n": 1})]
    assert assemble(*ends(first, last)).finish.reason == first


@pytest.mark.parametrize("first", [FinishReason.STOP, FinishReason.OTHER])
@pytest.mark.parametrize("last", [*CUT, FinishReason.STOP, FinishReason.OTHER])
def test_any_end_replaces_a_normal_one(first: FinishReason, last: FinishReason) -> None:
    assembler = Assembler(StreamStart())
    assert [assembler.feed(event) for event in ends(first, last)] == ends(first, last)
    assert assembler.partial().finish.reason == FinishReason.INTERRUPTED
    (end,) = assembler.end()
    assert isinstance(end, StreamEnd)
    assert end.response.finish.reason == last


def test_middleware_may_replace_any_end() -> None:
    assembler = Reassembler(StreamStart())
    events = ends(FinishReason.LENGTH, FinishReason.STOP)
    assert [assembler.feed(event) for event in events] == events
    (end,) = assembler.end()
    assert isinstance(end, StreamEnd)
    assert end.response.finish.reason == FinishReason.STOP


WHOLE_TEXTS: list[tuple[list[Event], list[Event]]] = [
    ([PartStart(0, Text(text="a"))], [PartStart(0, Text(text="")), TextDelta(0, "a")]),
    ([PartStart(0, Refusal(text="no"))], [PartStart(0, Refusal(text="")), TextDelta(0, "no")]),
    ([PartStart(0, Reasoning(text="hm"))], [PartStart(0, Reasoning()), ReasoningDelta(0, "hm")]),
    (
        [PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="abcd", id="x"))],
        [PartStart(0, Text(text="")), TextDelta(0, "ab"), TextDelta(0, "cd"), PartUpdate(0, Text(text="abcd", id="x"))],
    ),
]
UNCHANGED: list[list[Event]] = [
    [PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="ab"))],
    [PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="other"))],
    [PartStart(0, Text(text="")), TextDelta(0, "ab"), PartUpdate(0, Text(text="", id="x"))],
    [PartStart(0, CALL), PartUpdate(0, ToolCall(name="f", call_id="1", arguments="{}"))],
]


@pytest.mark.parametrize(("events", "told"), [*WHOLE_TEXTS, *[(each, each) for each in UNCHANGED]])
def test_a_text_that_comes_whole_is_a_delta_where_one_can_follow(events: list[Event], told: list[Event]) -> None:
    assembler = Assembler(StreamStart())
    assembler.following = []
    seen: list[Event] = []
    for event in events:
        seen.append(assembler.feed(event))
        seen += assembler.following
        assembler.following.clear()
    assert seen == told
    assert assemble(*told).message == assemble(*events).message == assembler.partial().message
