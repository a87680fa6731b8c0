"""A dialect names its framing, and replies are read by it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from core.http.calls import context, request
from dragoman import (
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    PartStart,
    Ping,
    ProviderError,
    ProviderInfo,
    Response,
    ResponseSnapshot,
    Text,
    TextDelta,
)
from dragoman.http import (
    NDJSON,
    SSE,
    AioHttpTransport,
    Base,
    BinaryMessages,
    Endpoint,
    Frame,
    Framing,
    HttpProvider,
    HttpReply,
    HttpRequest,
    JsonLines,
    ServerSentEvent,
    ServerSentEvents,
    as_object,
    framing_of,
    loads,
)
from dragoman.spec.errors import ProtocolError, ServerError, StreamInterruptedError
from dragoman.spec.response import build_response
from dragoman.testing.framings import binary_message, json_line
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

BINARY_TYPE = "application/x-binary"
BINARY = BinaryMessages(media_types=frozenset({BINARY_TYPE}))
LINES_TYPE = "application/x-ndjson; charset=utf-8"
ANSWER = {"text": "Hello", "done": True}


class Decoder:
    """Read texts, until one that is the last."""

    def __init__(self) -> None:
        self.done = False
        self.begun = False

    def feed(self, frame: Frame | ServerSentEvent) -> Iterator[Event]:
        value = as_object(loads(frame.data), "the frame")
        if "error" in value:
            raise ServerError(value["error"])
        if not self.begun:
            self.begun = True
            yield PartStart(0, Text(text=""))
        yield TextDelta(0, value.get("text", ""))
        if value.get("done"):
            self.done = True
            yield ResponseSnapshot(finish=Finish(reason="stop"))

    def close(self) -> Iterable[Event]:
        if not self.done:
            message = "the answer has no end"
            raise StreamInterruptedError(message)
        return ()


class Dialect:
    """Speak of texts in frames of any kind."""

    def __init__(self, framing: Framing) -> None:
        self.framing = framing

    def encode(self, asked: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        return HttpRequest(url="/chat", body=json.dumps({"model": asked.model, "stream": stream}).encode())

    def decode(self, reply: HttpReply) -> Response:
        return build_response([Text(text=reply.json()["text"])], Finish(reason="stop"))

    def decoder(self) -> Decoder:
        return Decoder()

    def error(self, reply: HttpReply) -> ProviderError:
        return ServerError(reply.excerpt, status=reply.status)


def message(value: Any) -> bytes:
    return binary_message(json.dumps(value).encode(), {":kind": "text"})


def lines(*values: Any) -> bytes:
    return b"".join(map(json_line, values))


def events(*values: Any) -> bytes:
    return b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in values)


def reply(body: bytes, media_type: str = LINES_TYPE, **more: Any) -> Reply:
    headers = {"content-type": media_type} if media_type else {}
    return Reply(body=body, headers=headers, **more)


async def streamed(server: LoopbackServer, framing: Framing = NDJSON) -> tuple[str, list[Event]]:
    """Return the streamed text, and all events."""
    return await streamed_from(server.url, framing)


async def streamed_from(url: str, framing: Framing) -> tuple[str, list[Event]]:
    """Return the streamed text of a server, and all events."""
    endpoint = Endpoint(base=Base(url=url, source="given"))
    info = ProviderInfo(name="near", issuer="near")
    near = HttpProvider(info, Dialect(framing), endpoint, transport=AioHttpTransport(trust_env=False))
    seen: list[Event] = []
    try:
        async with near.stream(request(), context()) as stream:
            async for event in stream:
                seen.append(event)  # noqa: PERF401  # the events before an error count
    finally:
        await near.aclose()
    return "".join(event.text for event in seen if isinstance(event, TextDelta)), seen


TEXTS = ({"text": "Hel"}, {"text": "lo"}, {"text": "", "done": True})
BODIES: list[tuple[Framing, str, bytes]] = [
    (NDJSON, LINES_TYPE, lines(*TEXTS)),
    (BINARY, BINARY_TYPE, b"".join(map(message, TEXTS))),
    (SSE, "text/event-stream", events(*TEXTS)),
]


@pytest.mark.parametrize(("framing", "media_type", "body"), BODIES)
@pytest.mark.parametrize("pieces", ["whole", "bytewise"])
async def test_frames_arrive_in_any_pieces(
    loopback: LoopbackServer, framing: Framing, media_type: str, body: bytes, pieces: Any
) -> None:
    loopback.reply(reply(body, media_type, framing=pieces, chunked=True))
    assert (await streamed(loopback, framing))[0] == "Hello"


@pytest.mark.parametrize(("framing", "media_type", "body"), BODIES)
async def test_a_whole_answer_is_read_as_one(
    loopback: LoopbackServer, framing: Framing, media_type: str, body: bytes
) -> None:
    loopback.reply(Reply.json(ANSWER), reply(body, media_type, status=500))
    assert (await streamed(loopback, framing))[0] == "Hello"
    with pytest.raises(ServerError) as caught:
        await streamed(loopback, framing)
    assert caught.value.status == 500


@pytest.mark.parametrize(("framing", "media_type", "body"), BODIES)
async def test_an_empty_stream_is_told_by_every_framing(
    loopback: LoopbackServer, framing: Framing, media_type: str, body: bytes
) -> None:
    assert body
    loopback.reply(reply(b"", media_type))
    with pytest.raises(StreamInterruptedError, match="the stream is empty"):
        await streamed(loopback, framing)


class TestLines:
    @pytest.mark.parametrize("media_type", ["text/plain", "application/octet-stream", ""])
    async def test_are_known_by_their_beginning_where_the_media_type_is_vague(
        self, loopback: LoopbackServer, media_type: str
    ) -> None:
        loopback.reply(reply(b"\n" + lines(*TEXTS), media_type))
        assert (await streamed(loopback))[0] == "Hello"

    async def test_may_be_of_a_type_that_the_dialect_names(self, loopback: LoopbackServer) -> None:
        loopback.reply(reply(lines(*TEXTS), "application/json"))
        framing = JsonLines(media_types=frozenset({"application/json"}))
        assert (await streamed(loopback, framing))[0] == "Hello"

    async def test_that_are_blank_are_pings(self, loopback: LoopbackServer) -> None:
        first = lines(TEXTS[0]) + b"\n"
        loopback.reply(reply(first + lines(*TEXTS[1:]), framing=(len(first),), pauses=(0, 0.02)))
        text, seen = await streamed(loopback)
        assert (text, sum(isinstance(event, Ping) for event in seen)) == ("Hello", 1)

    async def test_need_no_line_end_at_the_end(self, loopback: LoopbackServer) -> None:
        loopback.reply(reply(lines(*TEXTS)[:-1]))
        assert (await streamed(loopback))[0] == "Hello"

    async def test_of_which_the_last_is_no_end_count(self, loopback: LoopbackServer) -> None:
        loopback.reply(reply(lines(*TEXTS[:2])[:-1]), reply(lines(TEXTS[0]) + b'{"error":"no"}'))
        with pytest.raises(StreamInterruptedError, match="has no end"):
            await streamed(loopback)
        with pytest.raises(ServerError, match="no"):
            await streamed(loopback)

    async def test_that_no_dialect_reads_are_errors_to_the_last(self, loopback: LoopbackServer) -> None:
        loopback.reply(reply(lines(TEXTS[0]) + b"["), reply(lines(TEXTS[0]) + b"{} x\n"))
        with pytest.raises(StreamInterruptedError, match="the newline-delimited JSON ended within line 2"):
            await streamed(loopback)
        with pytest.raises(ProtocolError):
            await streamed(loopback)


class TestBinaryMessages:
    async def test_that_are_damaged_name_the_place(self, loopback: LoopbackServer) -> None:
        first = message(TEXTS[0])
        loopback.reply(reply(first + first[:-1] + b"\0", BINARY_TYPE), reply(first + first[:-9], BINARY_TYPE))
        said = f"the binary event stream: the checksum of the message at byte {len(first)} is wrong"
        with pytest.raises(ProtocolError, match=said):
            await streamed(loopback, BINARY)
        with pytest.raises(StreamInterruptedError, match=f"ended within the message at byte {len(first)}"):
            await streamed(loopback, BINARY)


class TestAnotherFraming:
    """An error says which framing was expected, and which one was found."""

    @pytest.mark.parametrize(
        ("framing", "sent", "said"),
        [
            (
                NDJSON,
                reply(events(*TEXTS), "text/event-stream"),
                "expected newline-delimited JSON, got text/event-stream",
            ),
            (NDJSON, reply(events(*TEXTS)), r"\(expected newline-delimited JSON, got server-sent events\)"),
            (NDJSON, reply(b"<p>", "text/html"), "expected newline-delimited JSON, got text/html: '<p>'"),
            (
                NDJSON,
                reply(lines(*TEXTS), "application/json"),
                r"\(application/json is not a media type of newline-delimited JSON\)",
            ),
            (SSE, reply(lines(*TEXTS)), r"\(expected server-sent events, got newline-delimited JSON\)"),
            (SSE, reply(lines(*TEXTS), ""), r"\(expected server-sent events, got newline-delimited JSON\)"),
            (SSE, reply(message(TEXTS[0]), BINARY_TYPE), f"expected server-sent events, got {BINARY_TYPE}"),
            (BINARY, reply(events(*TEXTS), ""), "expected a binary event stream, got no media type: 'data: "),
            (BINARY, reply(lines(*TEXTS)), r"\(expected a binary event stream, got newline-delimited JSON\)"),
            (BINARY, reply(b"{", "application/json"), "expected JSON"),
        ],
    )
    async def test_is_named(self, loopback: LoopbackServer, framing: Framing, sent: Reply, said: str) -> None:
        loopback.reply(sent)
        with pytest.raises(ProtocolError, match=said):
            await streamed(loopback, framing)


async def test_a_limit_of_the_framing_holds(loopback: LoopbackServer) -> None:
    loopback.reply(reply(events({"text": "long" * 99}), "text/event-stream"))
    with pytest.raises(ProtocolError, match="exceeds 100 bytes"):
        await streamed(loopback, ServerSentEvents(max_event_bytes=100))


def test_server_sent_events_are_the_default() -> None:
    assert framing_of(object()) is SSE
    assert framing_of(Dialect(BINARY)) is BINARY


async def test_a_last_line_that_breaks_the_dialect_is_an_error() -> None:
    with (
        LoopbackServer(reply(lines({"text": "Hel"}) + b"[1]")) as server,
        pytest.raises(ProtocolError, match="the frame"),
    ):
        await streamed(server)
