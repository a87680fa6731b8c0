"""Whatever a server sends, what comes of it is an answer, a grammatical stream, or an error that callers know."""

from __future__ import annotations

import json
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

import recordings
from dragoman import DragomanError, ProtocolError, Response, StreamInterruptedError
from fuzz import seeds
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import decoded, reported, streamed
from properties.mutations import ODD, Mutator, Piece, Step, damaged, nested, parsed, pieces_of, stream_of, unparsed

LARGEST_RECORDING = 30_000
RECORDED_OF_EACH_KIND = 25
STATUSES = (200, 302, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529)
every_speaker = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
often = settings(max_examples=settings().max_examples // 2)  # of each dialect, so a thousand of each kind
rarely = settings(max_examples=settings().max_examples // 4)

numbers = st.integers(min_value=0, max_value=2**20)
step_lists = st.lists(st.builds(Step, numbers, numbers, numbers), min_size=1, max_size=6)
cuts = st.lists(numbers, min_size=1, max_size=12)


@cache
def recorded(dialect: DialectCase) -> tuple[tuple[bytes, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Return recorded streams, replies and errors, the shortest of each; none where there are no recordings."""
    kinds: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
    try:
        found = recordings.recordings(dialect.api)
    except LookupError:
        found = []
    for recording in found:
        body = recording.reply_bytes()
        if len(body) <= LARGEST_RECORDING:
            kinds[2 if recording.status >= 300 else 0 if recording.streamed else 1].append(body)
    streams, bodies, failures = (tuple(sorted(kind, key=len)[:RECORDED_OF_EACH_KIND]) for kind in kinds)
    return streams, bodies, failures


@cache
def streams(dialect: DialectCase) -> list[list[Piece]]:
    return [found for each in (*seeds.streams(dialect), *recorded(dialect)[0]) if (found := pieces_of(each))]


@cache
def bodies(dialect: DialectCase) -> list[Any]:
    return [parsed(each) for each in (*seeds.bodies(dialect), *recorded(dialect)[1])]


@cache
def failures(dialect: DialectCase) -> list[Any]:
    return [parsed(each) for each in (*seeds.failures(dialect), *recorded(dialect)[2])]


@cache
def mutator(dialect: DialectCase) -> Mutator:
    pieces = [piece.value for stream in streams(dialect) for piece in stream]
    return Mutator([*pieces, *bodies(dialect), *failures(dialect)])


@cache
def documents(dialect: DialectCase) -> st.SearchStrategy[Any]:
    """Return a strategy for JSON that has the members and the words of a dialect, in any order and of any type."""
    known = mutator(dialect)
    leaves = st.sampled_from(ODD) | st.sampled_from(known.words) | st.text(max_size=5) | st.integers() | st.floats()
    names = st.sampled_from(known.names)
    return st.recursive(
        leaves | st.sampled_from(known.parts),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Return *data* in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


@every_speaker
@often
@given(data=st.data(), steps=step_lists, places=cuts)
def test_a_mutated_stream(*, dialect: DialectCase, data: st.DataObject, steps: list[Step], places: list[int]) -> None:
    own, other = (data.draw(st.sampled_from(streams(dialect))) for _ in range(2))
    wire = stream_of(mutator(dialect).stream(own, steps, other))
    assert streamed(dialect, cut(wire, places)).comparable == streamed(dialect, [wire]).comparable


@every_speaker
@rarely
@given(data=st.data(), steps=step_lists, places=cuts)
def test_a_stream_with_damaged_bytes(
    *, dialect: DialectCase, data: st.DataObject, steps: list[Step], places: list[int]
) -> None:
    wire = damaged(stream_of(data.draw(st.sampled_from(streams(dialect)))), steps)
    assert streamed(dialect, cut(wire, places)).comparable == streamed(dialect, [wire]).comparable


@every_speaker
@rarely
@given(data=st.data())
def test_a_stream_of_documents_with_the_members_of_the_dialect(*, dialect: DialectCase, data: st.DataObject) -> None:
    names = st.sampled_from(sorted({piece.name for stream in streams(dialect) for piece in stream}))
    pieces = data.draw(st.lists(st.builds(Piece, names, documents(dialect)), max_size=5))
    streamed(dialect, [stream_of(pieces)])


@every_speaker
@often
@given(data=st.data(), steps=step_lists)
def test_a_mutated_reply(*, dialect: DialectCase, data: st.DataObject, steps: list[Step]) -> None:
    decoded(dialect, unparsed(mutator(dialect).value(data.draw(st.sampled_from(bodies(dialect))), steps)))


@every_speaker
@rarely
@given(data=st.data())
def test_a_reply_with_the_members_of_the_dialect(*, dialect: DialectCase, data: st.DataObject) -> None:
    decoded(dialect, unparsed(data.draw(documents(dialect))))


@every_speaker
@rarely
@given(data=st.data(), steps=step_lists)
def test_a_reply_with_damaged_bytes(*, dialect: DialectCase, data: st.DataObject, steps: list[Step]) -> None:
    decoded(dialect, damaged(unparsed(data.draw(st.sampled_from(bodies(dialect)))), steps))


@every_speaker
@often
@given(data=st.data(), steps=step_lists, status=st.sampled_from(STATUSES), broken=st.booleans())
def test_a_mutated_error(
    *, dialect: DialectCase, data: st.DataObject, steps: list[Step], status: int, broken: bool
) -> None:
    value = data.draw(st.sampled_from([*failures(dialect), *bodies(dialect)[:1]]))
    body = unparsed(mutator(dialect).value(value, steps))
    reported(dialect, status, damaged(body, steps) if broken else body)


@every_speaker
@rarely
@given(body=st.binary(max_size=60), status=st.sampled_from(STATUSES), places=cuts)
@example(body=b"", status=500, places=[0])
@example(body=b"\xef\xbb\xbf", status=500, places=[1, 2])
def test_any_bytes(*, dialect: DialectCase, body: bytes, status: int, places: list[int]) -> None:
    decoded(dialect, body)
    reported(dialect, status, body)
    streamed(dialect, cut(body, places))
    wire = b"data: " + body + b"\n\n"
    assert streamed(dialect, cut(wire, places)).comparable == streamed(dialect, [wire]).comparable


@every_speaker
@pytest.mark.parametrize("depth", [200, 490, 600])
def test_nested_deep(dialect: DialectCase, depth: int) -> None:
    deep = nested(depth)
    body = bodies(dialect)[0]
    for name in body:
        decoded(dialect, unparsed({**body, name: deep}))
        streamed(dialect, [stream_of([Piece("", {**body, name: deep})])])
        reported(dialect, 400, unparsed({"error": deep, name: deep}))
    for name in mutator(dialect).names:
        reported(dialect, 400, unparsed({"error": {name: deep}}))


@every_speaker
def test_nested_deeper_than_anyone_reads(dialect: DialectCase) -> None:
    deep = b"[" * 100_000
    assert isinstance(decoded(dialect, deep), ProtocolError | StreamInterruptedError)
    assert isinstance(streamed(dialect, [b"data: " + deep + b"\n\n"]).error, ProtocolError)
    assert isinstance(reported(dialect, 400, deep), DragomanError)


@every_speaker
def test_a_stream_repeated_often_stays_in_proportion(dialect: DialectCase) -> None:
    pieces = pieces_of(seeds.streams(dialect)[0])
    repeated = [piece for piece in pieces[:-1] for _ in range(300)]
    streamed(dialect, [stream_of([*repeated, pieces[-1]])])


# What was found, in the shortest form that it was found in.

FOUND_IN_STREAMS: list[tuple[str, Any]] = [
    ("openai.responses", {"type": ["response.created"]}),
    ("openai.responses", {"type": "response.output_item.added", "item": {"id": [1], "type": "message"}}),
    ("openai.responses", {"type": "response.completed", "response": {"output": [{"id": {}, "type": "message"}]}}),
    ("openai.chat", {"choices": [{"index": 0, "delta": {"content": [{"type": {}, "text": "a"}]}}]}),
    ("openai.chat", {"choices": [{"delta": {"audio": {"data": "=ü="}}}]}),
    ("openai.chat", {"id": [], "created": 10**400, "model": {}, "choices": []}),
    ("openai.chat", {"choices": [{"delta": {"annotations": [{"url_citation": {"url": 5, "start_index": "x"}}]}}]}),
    ("anthropic.messages", {"type": {"a": 1}}),
    ("anthropic.messages", {"type": "message_start", "message": {"id": ["m"], "model": 7}}),
    ("anthropic.messages", {"type": "content_block_start", "content_block": {"type": []}}),
    ("google.generate", {"candidates": [{"index": "x"}]}),
    ("google.generate", {"candidates": [{"index": [[0]]}]}),
    ("google.generate", {"candidates": [{"content": {"parts": [{"text": ["x"]}]}}], "responseId": ["r"]}),
    ("google.generate", {"error": {"code": "²"}}),
    ("google.generate", {"createTime": "0001-01-01T00:00:00+14:00"}),
    ("openrouter.chat", {"error": {"code": 429, "metadata": {"headers": {"X-RateLimit-Reset": []}}}}),
    (
        "openrouter.chat",
        {
            "choices": [
                {"delta": {"reasoning_details": [{"type": "reasoning.text"}, {"type": "reasoning.text", "id": []}]}}
            ]
        },
    ),
    ("litellm_proxy.chat", {"choices": [{"delta": {"content": "a"}}], "usage": {"cost": 10**400}}),
]


@pytest.mark.parametrize(("api", "payload"), FOUND_IN_STREAMS)
def test_what_was_found_in_streams(api: str, payload: Any) -> None:
    assert streamed(DIALECTS[api], [b"data: " + json.dumps(payload).encode() + b"\n\n"]).comparable


FOUND_IN_REPLIES: list[tuple[str, Any]] = [
    (
        "openai.responses",
        {"status": "completed", "output": [{"type": "message", "content": [{"type": [], "text": "a"}]}]},
    ),
    ("anthropic.messages", {"content": [{"type": [[]], "text": "a"}], "id": [], "model": {}}),
    ("anthropic.messages", {"content": [{"type": "text", "text": "a", "citations": [{"url": 5, "title": {}}]}]}),
    ("google.generate", {"candidates": [{"index": [0]}], "modelVersion": ["v"]}),
    (
        "google.generate",
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": "a"}]},
                    "groundingMetadata": {"groundingSupports": [{"segment": {"endIndex": "x"}}]},
                }
            ]
        },
    ),
    (
        "google.generate",
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": "a"}]},
                    "groundingMetadata": {"groundingSupports": [{"groundingChunkIndices": 1}]},
                }
            ]
        },
    ),
    (
        "litellm_proxy.chat",
        {"choices": [{"message": {"tool_calls": [{"id": [], "provider_specific_fields": {"a": 1}}]}}]},
    ),
    ("openai.chat", {"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": 1e308}}),
]


@pytest.mark.parametrize(("api", "body"), FOUND_IN_REPLIES)
def test_what_was_found_in_replies(api: str, body: Any) -> None:
    assert isinstance(decoded(DIALECTS[api], json.dumps(body).encode()), Response)


def test_arguments_too_deep_to_be_written_again_are_no_fault_of_the_request() -> None:
    call = {"function": {"name": "f", "arguments": nested(300)}}
    for api, body in (
        ("openai.chat", {"choices": [{"message": {"tool_calls": [call]}}]}),
        ("anthropic.messages", {"content": [{"type": "tool_use", "name": "f", "input": nested(300)}]}),
        (
            "google.generate",
            {"candidates": [{"content": {"parts": [{"functionCall": {"args": nested(300), "name": "f"}}]}}]},
        ),
    ):
        assert isinstance(decoded(DIALECTS[api], json.dumps(body).encode()), ProtocolError)


def test_an_error_that_cannot_be_written_again_is_no_fault_of_the_request() -> None:
    problem = {"message": "m", "seen": [float("nan"), 10**30]}
    failed = {"status": "failed", "error": problem}
    assert isinstance(decoded(DIALECTS["openai.responses"], json.dumps(failed).encode()), DragomanError)
    for api, chunk in (
        ("openai.responses", {"type": "response.failed", "response": failed}),
        ("openrouter.chat", {"choices": [{"error": problem}]}),
        ("groq.chat", {"x_groq": {"error": problem}}),
        ("google.generate", {"error": problem}),
    ):
        wire = b"data: " + json.dumps(chunk).encode() + b"\n\n"
        assert isinstance(streamed(DIALECTS[api], [wire]).error, ProtocolError)


def test_a_few_bytes_do_not_fill_the_memory() -> None:
    values = [{"jsonPath": f"$.a{number}[9999]", "numberValue": 1} for number in range(5)]
    call = {"functionCall": {"name": "f", "partialArgs": values}}
    body = {"candidates": [{"content": {"parts": [call]}, "finishReason": "STOP"}]}
    assert isinstance(decoded(DIALECTS["google.generate"], json.dumps(body).encode()), ProtocolError)
