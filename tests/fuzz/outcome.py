"""What comes of bytes: a grammatical stream or an answer, or one of the errors that callers are told to catch."""

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
    ProtocolError,
    ProviderError,
    ProviderInfo,
    Response,
    StreamInterruptedError,
)
from dragoman.client.stream import EventStream
from dragoman.http import Base, Endpoint, HttpProvider, HttpReply, HttpRequest
from dragoman.spec.serialization import from_dict, to_dict
from fuzz.grammar import Reader
from fuzz.speakers import Speaker

T = TypeVar("T")

STREAM_ERRORS = (ProviderError, ProtocolError, StreamInterruptedError)
"""What reading a stream may raise."""

ADDED = 300
"""How many characters may be made of each byte, and of none: ids, words for what is unknown, signs of interruption."""


_ASKED = ChatRequest(model="m", messages=(Message("user", "hi"),))
_NOBODY = Endpoint(base=Base(url="https://a.test", source="given"))


class Memory:
    """Answer every request with the same bytes, in pieces; be the transport and the reply at once."""

    status = 200

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.headers = {"content-type": "text/event-stream"}
        self._pieces = iter([piece for piece in pieces if piece])

    @asynccontextmanager
    async def stream(self, request: HttpRequest, context: CallContext) -> AsyncIterator[Memory]:
        """Hand over the reply."""
        yield self

    async def send(self, request: HttpRequest, context: CallContext) -> HttpReply:
        """Return the whole reply."""
        return HttpReply(status=self.status, headers=self.headers, body=await self.read())

    async def piece(self) -> bytes:
        """Return the next bytes, none at the end."""
        return next(self._pieces, b"")

    async def read(self) -> bytes:
        """Return all the rest."""
        return b"".join(self._pieces)

    def complete(self) -> None:
        """Do nothing: there is no connection to keep."""

    async def aclose(self) -> None:
        """Do nothing, for the same reason."""


@frozen(kw_only=True)
class Outcome:
    """Hold what came of some bytes.

    Args:
        events: what a consumer saw.
        error: what was raised.

    """

    events: tuple[Event, ...] = field(default=(), repr=False)
    error: DragomanError | None = None

    @property
    def told(self) -> tuple[Any, ...]:
        """Return all that may not depend on how the bytes were cut; signs of life may."""
        seen = [event for event in self.events if type(event).__name__ != "Ping"]
        error = self.error
        return (seen, type(error), str(error), error and error.code, error and error.status, error and error.partial)


def settled(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of what never has to wait, though it may let a loop turn."""
    try:
        while coroutine.send(None) is None:
            pass
    except StopIteration as end:
        return cast("T", end.value)
    raise AssertionError("it waits, though nothing is to be waited for")


async def consume(speaker: Speaker, pieces: Sequence[bytes], reader: Reader) -> DragomanError | None:
    """Read a stream as a user does, event by event; return what it was cut short by."""
    info = ProviderInfo(name=speaker.api, issuer=speaker.api)
    provider = HttpProvider(info, speaker.make(), _NOBODY, transport=Memory(pieces))
    try:
        async with EventStream(provider.stream(_ASKED, CallContext())) as stream:
            async for event in stream:
                reader.read(event)
    except STREAM_ERRORS as error:
        return error
    assert reader.response is stream.response
    return None


def streamed(speaker: Speaker, pieces: Sequence[bytes]) -> Outcome:
    """Read a stream and judge it."""
    reader = Reader()
    error = settled(consume(speaker, pieces, reader))
    check_end(reader, error)
    check_size(reader.seen, sum(map(len, pieces)))
    return Outcome(events=tuple(reader.seen), error=error)


def check_end(reader: Reader, error: DragomanError | None) -> None:
    """Assert that a stream ended with an answer, or with an error that holds what had arrived."""
    if error is None:
        assert reader.response is not None
        check_response(reader.response)
        return
    check_error(error)
    assert reader.response is None
    assert error.partial is not None or not reader.begun
    if error.partial is None:
        return
    assert error.partial.finish.reason == FinishReason.INTERRUPTED
    check_response(error.partial)


def decoded(speaker: Speaker, body: bytes) -> Response | DragomanError:
    """Read a whole reply and judge what it says."""
    try:
        response = speaker.make().decode(HttpReply(status=200, body=body))
    except STREAM_ERRORS as error:
        check_error(error)
        if error.partial is not None:
            check_response(error.partial)
        return error
    check_response(response)
    assert len(text_of(response)) <= ADDED * (len(body) + 1)
    return response


def reported(speaker: Speaker, status: int, body: bytes) -> ProviderError:
    """Read a reply with a bad status and judge the error that it becomes."""
    error = speaker.make().error(HttpReply(status=status, body=body))
    assert isinstance(error, ProviderError)
    check_error(error)
    return error


def check_error(error: DragomanError) -> None:
    """Assert that an error can be shown and that each of its facts is what it says it is."""
    for text in (str(error), repr(error), error.message):
        assert text.encode()
    for name in ("code", "parameter", "request_id", "body", "model", "provider"):
        value = getattr(error, name)
        assert value is None or (isinstance(value, str) and value.encode() is not None), f"{name} is {value!r}"
    assert error.status is None or isinstance(error.status, int)
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")
    assert isinstance(error.retryable, bool)


def check_response(response: Response) -> None:
    """Assert that an answer can be shown, written down and read again."""
    assert repr(response)
    assert repr(response.usage)
    text_of(response).encode()
    assert response.message.role == "assistant"
    data = to_dict(response)
    assert from_dict(Response, data) == response
    assert json.loads(json.dumps(data)) is not None


def text_of(response: Response) -> str:
    """Return all that an answer says, in one text."""
    said = (response.text, response.reasoning, response.refusal or "")
    calls = (call.name + call.call_id + call.arguments for call in response.tool_calls)
    return "".join((*said, *calls))


def check_size(events: Sequence[Event], received: int) -> None:
    """Assert that what was seen is no more than a fixed multiple of what arrived."""
    assert len(events) <= received + 20
    written = sum(len(getattr(event, "text", "") or getattr(event, "fragment", "")) for event in events)
    assert written <= ADDED * (received + 1)
