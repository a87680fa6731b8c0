"""An error in a frame of a stream is the error that it is as a body, in every dialect and in every shape."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from conformance.bedrock_server import CONVERSE
from dragoman import (
    CallContext,
    ChatRequest,
    ContextWindowExceededError,
    DragomanError,
    Message,
    ProtocolError,
    ProviderError,
    ProviderInfo,
    RateLimitError,
    Raw,
    StreamEnd,
    StreamInterruptedError,
)
from dragoman.http import Base, Endpoint, Frame, HttpProvider, reported_in
from dragoman.testing.faults import CHAT
from fuzz.dialects import DIALECTS, DialectCase
from fuzz.outcome import InMemoryTransport, decoded, streamed

Json = dict[str, Any]

TOO_LONG = "This model's maximum context length is 4096 tokens"
SHAPES: dict[str, Json] = {
    "vllm": {"object": "error", "message": TOO_LONG, "type": "BadRequestError", "param": None, "code": 400},
    "fastapi": {"detail": TOO_LONG},
    "fastapi, listed": {"detail": [{"loc": ["body"], "msg": TOO_LONG}]},
    "listed": {"errors": [{"message": TOO_LONG, "code": 400}]},
    "listed texts": {"errors": [TOO_LONG]},
    "msg": {"code": 400, "msg": TOO_LONG},
    "status": {"status": 400, "message": TOO_LONG},
    "problem": {"title": "Bad Request", "status": 400, "detail": TOO_LONG},
    "only a message": {"message": TOO_LONG},
    "error": {"error": {"message": TOO_LONG, "code": 400}},
    "error text": {"error": TOO_LONG},
    "type": {"type": "error", "message": TOO_LONG},
    "response.error": {"type": "response.error", "error": {"message": TOO_LONG}},
}
REFUSED: dict[str, Json] = {
    "code": {"code": 401, "msg": "no such key"},
    "text": {"code": "401", "message": "no such key"},
    "object": {"object": "error", "message": "no such key", "code": 401},
    "error": {"error": {"message": "no such key", "code": 401}},
    "errors": {"errors": [{"message": "no such key", "status": 401}]},
}
SPEAKERS = {name: case for name, case in DIALECTS.items() if case.server_dialect is not CONVERSE}
every_dialect = pytest.mark.parametrize("dialect", SPEAKERS.values(), ids=SPEAKERS)


def read(dialect: DialectCase, *frames: bytes) -> DragomanError:
    error = streamed(dialect, [b"data: " + frame + b"\n\n" for frame in frames]).error
    assert error is not None
    return error


def beginning(dialect: DialectCase) -> list[bytes]:
    """Return the frames of an answer up to the first words of it."""
    frames = [*dialect.server_dialect.stream("fine")]
    at = next(number for number, frame in enumerate(frames) if b"fi" in frame)
    return frames[: at + 1] if b"finish" not in frames[at].lower() else frames[:at]


@every_dialect
@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_its_words_and_its_class(dialect: DialectCase, shape: str) -> None:
    error = read(dialect, json.dumps(SHAPES[shape]).encode())
    assert type(error) is ContextWindowExceededError
    assert TOO_LONG in error.message
    assert not error.retryable


@every_dialect
@pytest.mark.parametrize("shape", SHAPES)
def test_after_some_of_the_answer_too(dialect: DialectCase, shape: str) -> None:
    error = streamed(dialect, [*beginning(dialect), b"data: " + json.dumps(SHAPES[shape]).encode() + b"\n\n"]).error
    assert type(error) is ContextWindowExceededError
    assert TOO_LONG in error.message


@every_dialect
@pytest.mark.parametrize("shape", REFUSED)
def test_its_status_is_that_of_a_body(dialect: DialectCase, shape: str) -> None:
    body = json.dumps(REFUSED[shape]).encode()
    error = read(dialect, body)
    assert isinstance(error, ProviderError)
    assert type(error) is type(dialect.make().error(reported_in(REFUSED[shape], ()) or pytest.fail("no error")))
    assert (error.status, error.retryable) == (401, False)
    assert "no such key" in error.message


NORMAL: dict[str, Json] = {
    "a note": {"message": "working on it"},
    "a list": {"detail": [], "errors": [], "error": None},
    "a word": {"detail": "high", "code": 200, "msg": "ok"},
}


@every_dialect
@pytest.mark.parametrize("others", NORMAL)
def test_a_frame_with_other_members_besides_its_own_is_none(dialect: DialectCase, others: str) -> None:
    frames = [json.loads(frame.partition(b"data: ")[2] or frame) for frame in frames_of(dialect)]
    more = [{**NORMAL[others], **frame} for frame in frames]
    outcome = streamed(dialect, [b"data: " + json.dumps(frame).encode() + b"\n\n" for frame in more])
    assert outcome.error is None, outcome.error
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd)
    assert end.response.text == "fine"


def frames_of(dialect: DialectCase) -> list[bytes]:
    return [frame for frame in dialect.server_dialect.stream("fine") if b"{" in frame]


CHATS = {name: case for name, case in SPEAKERS.items() if case.server_dialect is CHAT}
every_chat = pytest.mark.parametrize("dialect", CHATS.values(), ids=CHATS)


@every_chat
@pytest.mark.parametrize("problem", [{"message": TOO_LONG, "code": 400}, TOO_LONG, {"detail": TOO_LONG}])
def test_that_of_a_choice_is_raised_with_what_came_before_it(dialect: DialectCase, problem: Any) -> None:
    choice = {"index": 0, "finish_reason": "error", "error": problem}
    whole = decoded(dialect, json.dumps({"choices": [{**choice, "message": {"content": "fine"}}]}).encode())
    spoken = {"choices": [{"index": 0, "delta": {"content": "fine"}}]}
    parted = read(dialect, json.dumps(spoken).encode(), json.dumps({"choices": [{**choice, "delta": {}}]}).encode())
    for error in (whole, parted):
        assert isinstance(error, ContextWindowExceededError)
        assert TOO_LONG in error.message
        assert error.partial is not None
        assert error.partial.text == "fine"


@every_chat
@pytest.mark.parametrize("shape", SHAPES)
def test_a_whole_reply_with_the_status_of_success_may_be_one(dialect: DialectCase, shape: str) -> None:
    error = decoded(dialect, json.dumps(SHAPES[shape]).encode())
    assert type(error) is ContextWindowExceededError
    assert TOO_LONG in error.message


def test_a_status_is_looked_for_a_few_levels_deep() -> None:
    nested: Json = {"code": 401, "message": "no such key"}
    for _ in range(3):
        nested = {"error": nested}
    deeper: Json = {"error": nested}
    assert [reply and reply.status for reply in (reported_in(nested, ()), reported_in(deeper, ()))] == [401, 200]


EVENTS = {name: case for name, case in SPEAKERS.items() if case.frame is None}
every_event_stream = pytest.mark.parametrize("dialect", EVENTS.values(), ids=EVENTS)
BARE: dict[str, Any] = {
    "a line": json.dumps,
    "lines": lambda problem: json.dumps(problem, indent=2),
    "a list": lambda problem: json.dumps([problem]),
    "a list in lines": lambda problem: json.dumps([problem], indent=2),
    "an event of a list": lambda problem: f"data: {json.dumps([problem])}\n\n",
}
REPORT = {"error": {"code": 400, "message": TOO_LONG}}


@every_event_stream
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
@pytest.mark.parametrize("spelling", BARE)
@pytest.mark.parametrize("is_begun", [False, True])
def test_one_beside_the_events_is_one(dialect: DialectCase, spelling: str, end: str, *, is_begun: bool) -> None:
    text = BARE[spelling](REPORT) + end
    error = streamed(dialect, [*(beginning(dialect) if is_begun else ()), text.encode()]).error
    assert type(error) is ContextWindowExceededError
    assert TOO_LONG in error.message
    assert not error.retryable


@every_event_stream
@pytest.mark.parametrize("spelling", [name for name in BARE if "event" not in name])
def test_one_after_the_end_is_none(dialect: DialectCase, spelling: str) -> None:
    frames = [*dialect.server_dialect.stream("fine")]
    outcome = streamed(dialect, [*frames, BARE[spelling](REPORT).encode()])
    assert outcome.error is None
    end = outcome.events[-1]
    assert isinstance(end, StreamEnd)
    assert end.response.text == "fine"


@every_event_stream
@pytest.mark.parametrize(
    "words", ["<html><title>502 Bad Gateway</title></html>", "no healthy upstream", "{oops", '{"oops": 1}']
)
@pytest.mark.parametrize("is_begun", [False, True])
def test_words_beside_the_events_are_told(dialect: DialectCase, words: str, *, is_begun: bool) -> None:
    begun = [*dialect.server_dialect.stream("fine")][:1] if is_begun else []
    error = streamed(dialect, [*begun, words.encode()]).error
    assert isinstance(error, StreamInterruptedError if is_begun or words[0] not in "<{" else ProtocolError)
    assert (
        words == '{"oops": 1}' or words.removeprefix("<html><title>").removesuffix("</title></html>") in error.message
    )


@every_dialect
def test_a_whole_reply_may_be_a_list_with_one(dialect: DialectCase) -> None:
    async def ask() -> None:
        endpoint = Endpoint(base=Base(url="https://a.test", source="given"))
        transport = InMemoryTransport([json.dumps([REPORT]).encode()], "application/json")
        provider = HttpProvider(
            ProviderInfo(name="p", issuer="p", docs="d"), dialect.make(), endpoint, transport=transport
        )
        await provider.chat(ChatRequest(model="m", messages=(Message("user", "hi"),)), CallContext())

    with pytest.raises(ContextWindowExceededError, match="maximum context length"):
        asyncio.run(ask())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["chunk", "validationException"])
def test_an_event_of_bedrock_may_be_one(shape: str, kind: str) -> None:
    message = {":message-type": "event", ":event-type": kind}
    for api, known in (("bedrock.converse_stream", b"{}"), ("bedrock.invoke_stream", b'{"bytes": "e30="}')):
        decoder = DIALECTS[api].make().decoder()
        assert list(decoder.feed(Frame(known, {**message, ":event-type": "messageStart"}))) in ([], [Raw({})])
        with pytest.raises(ContextWindowExceededError, match="maximum context length"):
            decoder.feed(Frame(json.dumps(SHAPES[shape]).encode(), message))


def test_an_exception_among_the_events_of_bedrock_has_its_class() -> None:
    message = {":message-type": "event", ":event-type": "throttlingException"}
    with pytest.raises(RateLimitError, match="slow down"):
        DIALECTS["bedrock.converse_stream"].make().decoder().feed(Frame(b'{"message": "slow down"}', message))
