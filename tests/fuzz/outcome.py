"""Decode arbitrary bytes, and check that the outcome is a valid stream, a valid answer or a documented error."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from attrs import field, frozen

from dragoman import (
    CallContext,
    ChatRequest,
    DragomanError,
    Event,
    FinishReason,
    Message,
    NoAnswerError,
    ProtocolError,
    ProviderError,
    ProviderInfo,
    Response,
    StreamInterruptedError,
)
from dragoman.client.stream import EventStream
from dragoman.http import Base, Endpoint, HttpProvider, HttpReply, HttpRequest, framing_of
from dragoman.spec.serialization import from_dict, to_dict
from fuzz.dialects import DialectCase
from fuzz.grammar import Reader

T = TypeVar("T")

STREAM_ERRORS = (ProviderError, ProtocolError, NoAnswerError, StreamInterruptedError)
"""The exceptions that reading a stream may raise."""

MAX_EXPANSION = 300
"""Characters of output allowed for each byte of input, plus one: ids, names of unknown kinds, markers."""


_REQUEST = ChatRequest(model="m", messages=(Message("user", "hi"),))
_ENDPOINT = Endpoint(base=Base(url="https://a.test", source="given"))


class InMemoryTransport:
    """Serve the same pieces of bytes for every request, both as the transport and as its reply."""

    status = 200

    def __init__(self, pieces: Sequence[bytes], media_type: str = "text/event-stream") -> None:
        self.headers = {"content-type": media_type}
        self._pieces = iter([piece for piece in pieces if piece])

    @asynccontextmanager
    async def stream(self, request: HttpRequest, context: CallContext) -> AsyncIterator[InMemoryTransport]:
        """Yield the reply."""
        yield self

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Return the whole reply."""
        return HttpReply(status=self.status, headers=self.headers, body=await self.read())

    async def piece(self) -> bytes:
        """Return the next piece; empty at the end."""
        return next(self._pieces, b"")

    async def read(self) -> bytes:
        """Return the remaining bytes."""
        return b"".join(self._pieces)

    def complete(self) -> None:
        """Do nothing, since there is no connection."""

    async def aclose(self) -> None:
        """Do nothing, since there is no connection."""


@frozen(kw_only=True)
class Outcome:
    """Hold the outcome of decoding a stream.

    Args:
        events: the events that a consumer received.
        error: the error that was raised.

    """

    events: tuple[Event, ...] = field(default=(), repr=False)
    error: DragomanError | None = None

    @property
    def comparable(self) -> tuple[Any, ...]:
        """Return everything that must not depend on how the bytes are split, so all but `Ping` events."""
        seen = [event for event in self.events if type(event).__name__ != "Ping"]
        error = self.error
        return (seen, type(error), str(error), error and error.code, error and error.status, error and error.partial)


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits for I/O."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("the coroutine waits, although all data is available")


async def consume(dialect: DialectCase, pieces: Sequence[bytes], reader: Reader) -> DragomanError | None:
    """Read a stream event by event; return the error that interrupted it."""
    info = ProviderInfo(name=dialect.api, issuer=dialect.api)
    made = dialect.make()
    [media_type, *_] = sorted(framing_of(made).media_types)
    provider = HttpProvider(info, made, _ENDPOINT, transport=InMemoryTransport(pieces, media_type))
    try:
        async with EventStream(provider.stream(_REQUEST, CallContext())) as stream:
            async for event in stream:
                reader.read(event)
    except STREAM_ERRORS as error:
        return error
    assert reader.response is stream.response
    return None


def streamed(dialect: DialectCase, pieces: Sequence[bytes]) -> Outcome:
    """Decode a stream and check its outcome."""
    reader = Reader()
    pieces = dialect.wire(pieces)
    error = run_to_end(consume(dialect, pieces, reader))
    check_end(reader, error)
    check_size(reader.seen, sum(map(len, pieces)))
    return Outcome(events=tuple(reader.seen), error=error)


def check_end(reader: Reader, error: DragomanError | None) -> None:
    """Assert that a stream ended with an answer, or with an error that has the partial answer."""
    if error is None:
        assert reader.response is not None
        check_response(reader.response)
        return
    check_error(error)
    assert reader.response is None
    assert error.partial is not None or not reader.started
    if error.partial is None:
        return
    assert error.partial.finish.reason == FinishReason.INTERRUPTED
    check_response(error.partial)


def decoded(dialect: DialectCase, body: bytes) -> Response | DragomanError:
    """Decode a whole reply and check its outcome."""
    try:
        response = dialect.make().decode(HttpReply(status=200, body=body))
    except STREAM_ERRORS as error:
        check_error(error)
        if error.partial is not None:
            check_response(error.partial)
        return error
    check_response(response)
    assert len(text_of(response)) <= MAX_EXPANSION * (len(body) + 1)
    return response


def reported(dialect: DialectCase, status: int, body: bytes) -> ProviderError:
    """Decode an error reply and check the error."""
    error = dialect.make().error(HttpReply(status=status, body=body))
    assert isinstance(error, ProviderError)
    check_error(error)
    return error


def check_error(error: DragomanError) -> None:
    """Assert that an error can be displayed, and that its attributes have the right types."""
    for text in (str(error), repr(error), error.message):
        assert text.encode()
    for name in ("code", "parameter", "request_id", "body", "model", "provider"):
        value = getattr(error, name)
        assert value is None or (isinstance(value, str) and value.encode() is not None), f"{name} is {value!r}"
    assert error.status is None or isinstance(error.status, int)
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")
    assert isinstance(error.retryable, bool)


def check_response(response: Response) -> None:
    """Assert that an answer can be displayed, serialized and deserialized."""
    assert repr(response)
    assert repr(response.usage)
    text_of(response).encode()
    assert response.message.role == "assistant"
    data = to_dict(response)
    assert from_dict(Response, data) == response
    assert json.loads(json.dumps(data)) is not None


def text_of(response: Response) -> str:
    """Return all the text of an answer."""
    texts = (response.text, response.reasoning, response.refusal or "")
    calls = (call.name + call.call_id + call.arguments for call in response.tool_calls)
    return "".join((*texts, *calls))


def check_size(events: Sequence[Event], received: int) -> None:
    """Assert that the output is at most a fixed multiple of the input."""
    assert len(events) <= received + 20
    written = sum(len(getattr(event, "text", "") or getattr(event, "fragment", "")) for event in events)
    assert written <= MAX_EXPANSION * (received + 1)
