"""The translation of a streamed reply, from bytes to events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from dragoman.http.dialect import Dialect, StreamDecoder
from dragoman.http.error_bodies import error_text, told_error
from dragoman.http.framing import AnyFrame, Framing, framing_of
from dragoman.http.ndjson import NDJSON, JsonLines, is_json
from dragoman.http.sse import SSE, ServerSentEvent, ServerSentEvents
from dragoman.http.status import is_good
from dragoman.http.transport.transport import HttpStream
from dragoman.http.wire import HttpReply
from dragoman.spec.errors import (
    DragomanError,
    ProtocolError,
    RequestTimeoutError,
    StreamInterruptedError,
    TransportError,
)
from dragoman.spec.events import (
    Event,
    PartStart,
    Ping,
    ResponseSnapshot,
    StreamStart,
    TextDelta,
)
from dragoman.spec.parts import ToolCall
from dragoman.spec.provider import CallContext
from dragoman.spec.response import Response

if TYPE_CHECKING:
    from dragoman.http.repeated_calls import CallsSaidOnce

_TURN_BYTES = 1 << 16
"""How many bytes are decoded before other tasks run: some 300 events, which take a few milliseconds."""
_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")
_VAGUE = frozenset({"", "text/plain", "application/octet-stream"})
"""The media types of servers that do not know what they send."""
_SHOWN = 300
"""How many characters of what is not an event are shown."""
_JSON_BEGINNINGS = frozenset({b"{", b"["})


def is_stream(reply: HttpStream, first: bytes, framing: Framing = SSE) -> bool:
    """Return whether a reply is a stream of *framing*, by its media type and, where that is often wrong, its beginning.

    Args:
        reply: the reply.
        first: its first bytes, which are not all white space.
        framing: the framing that is expected.

    """
    if not is_good(reply.status):
        return False
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_declared = media_type in framing.media_types
    may_be_json = text[:1] in _JSON_BEGINNINGS
    is_markup = text.startswith(b"<")
    if not text:
        return True
    if isinstance(framing, ServerSentEvents):
        return _begins_with_event(text) or (is_declared and not may_be_json and not is_markup)
    if isinstance(framing, JsonLines):
        is_likely = is_declared or (may_be_json and media_type in _VAGUE)
        return is_likely and not _begins_with_event(text) and not is_markup
    return is_declared


def _begins_with_event(text: bytes) -> bool:
    """Return whether *text* is the beginning of a server-sent event."""
    return any(text.startswith(name) or name.startswith(text) for name in _BEGINNINGS)


def whole_answer(dialect: Dialect, reply: HttpReply) -> Response:
    """Return the answer of a reply that is not a stream, although one was requested.

    Raises:
        ProtocolError: if it is not an answer either. The error names the framing if that is the trouble.

    """
    expected = framing_of(dialect).name
    text = reply.body.lstrip()
    if not reply.media_type.endswith("json") and text[:1] not in _JSON_BEGINNINGS:
        message = f"expected {expected}, got {reply.media_type or 'no media type'}: {reply.excerpt!r}"
        raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
    try:
        return dialect.decode(reply)
    except ProtocolError as error:
        if (told := told_error(error, dialect, reply)) is not error:
            raise told from None
        found = SSE.name if _begins_with_event(text) else NDJSON.name if _has_lines(text) else ""
        if found == expected:
            error.message += f" ({reply.media_type or 'no media type'} is not a media type of {expected})"
        elif found:
            error.message += f" (expected {expected}, got {found})"
        raise


def _has_lines(text: bytes) -> bool:
    """Return whether *text* consists of several lines of which the first one is JSON."""
    first, _, rest = text.partition(b"\n")
    return bool(rest.strip()) and is_json(first)


class CompleteEvents:
    """Iterate asynchronously over events that are all available."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = iter(events)

    def __aiter__(self) -> CompleteEvents:
        return self

    async def __anext__(self) -> Event:
        for event in self._events:
            return event
        raise StopAsyncIteration


class EventIterator:
    """Read and decode a stream, one batch of events for each read from the network.

    Args:
        reply: the reply.
        decoder: the decoder of the dialect.
        start: the first event.
        first: the bytes that have already been read.
        annotate: a function that adds facts of the reply to an error, and redacts credentials.
        context: the context of the call. Its time limits apply to events with content: pings do not reset them.
        framing: how the reply is divided into frames.

    """

    __slots__ = (
        "_annotate",
        "_batch",
        "_begun",
        "_calls",
        "_comments",
        "_context",
        "_decoder",
        "_ended",
        "_failure",
        "_finished",
        "_left",
        "_patience",
        "_reply",
        "_seen",
        "_silent_since",
        "_since_turn",
        "_splitter",
    )

    def __init__(
        self,
        reply: HttpStream,
        decoder: StreamDecoder,
        start: StreamStart,
        first: bytes,
        annotate: Callable[[BaseException], None],
        *,
        context: CallContext,
        framing: Framing = SSE,
    ) -> None:
        self._reply = reply
        self._decoder = decoder
        self._splitter = framing.decoder()
        self._batch: Iterator[Event] = iter((start,))
        self._left: bytes | memoryview | None = first
        self._since_turn = 0
        self._annotate = annotate
        self._context = context
        self._silent_since = context.clock.monotonic()
        self._patience = context.timeouts.first_byte
        self._begun = False
        self._calls: CallsSaidOnce | None = None
        self._failure: BaseException | None = None
        self._ended = False
        self._comments = 0
        self._seen = False
        self._finished = False

    def __aiter__(self) -> EventIterator:
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            DragomanError: if the transport or the dialect fails, after all earlier events were returned.

        """
        while (event := next(self._batch, None)) is None:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                raise StopAsyncIteration
            batch: list[Event] = []
            try:
                if piece := await self._next_piece():
                    self._take(piece, batch)
                else:
                    self._finish(batch)
            except DragomanError as error:
                piece = None  # for tracebacks that show local variables
                self._fail(error, batch)
            except Exception as error:
                piece = None  # for tracebacks that show local variables
                self._annotate(error)
                raise
            if self._calls is not None:
                batch = self._calls.of(batch, is_last=any((self._ended, self._failure)))
            self._batch = iter(batch)
        return event

    async def _next_piece(self) -> bytes:
        """Return the next bytes, at most 64 KiB, and let other tasks run after each 64 KiB.

        Bytes that have already arrived, or that were decompressed from few bytes, are returned without suspending.
        Without a limit, deadlines, cancellations and other tasks would have to wait for all of them.
        """
        piece, self._left = self._left, None
        if piece is None:
            piece = await self._reply.piece()
        if len(piece) > _TURN_BYTES:
            whole = memoryview(piece)
            piece, self._left = bytes(whole[:_TURN_BYTES]), whole[_TURN_BYTES:]
        self._since_turn += len(piece)
        if self._since_turn >= _TURN_BYTES:
            self._since_turn = 0
            await asyncio.sleep(0)
            remaining = self._context.remaining()
            if remaining is not None and remaining <= 0:
                message = "the deadline of the call has passed (timeout)"
                raise RequestTimeoutError(message, phase="total", retryable=False)
        return bytes(piece)

    def _fail(self, error: DragomanError, batch: list[Event]) -> None:
        """Keep *error* until all earlier events were returned; ignore it if the answer is complete."""
        if self._finished and isinstance(error, TransportError):
            self._close(batch)
        else:
            self._annotate(error)
            self._failure = error

    def _take(self, piece: bytes, batch: list[Event]) -> None:
        decoder = self._decoder
        for frame in self._splitter.feed(piece):
            self._seen = True
            for each in decoder.feed(frame):
                batch.append(each)
                if type(each) is TextDelta:  # the most common kind
                    continue
                if isinstance(each, ResponseSnapshot):
                    self._finished |= each.finish is not None
                elif self._calls is None and isinstance(each, PartStart) and isinstance(each.part, ToolCall):
                    self._calls = _said_calls()
            if decoder.done:
                self._reply.complete()
                self._close(batch)
                return
        if self._splitter.comments != self._comments:
            self._comments = self._splitter.comments
            batch.append(Ping())
        self._check_silence(batch)

    def _check_silence(self, batch: list[Event]) -> None:
        """Raise if only pings have arrived for longer than the time allowed."""
        now = self._context.clock.monotonic()
        if any(type(event) is not Ping for event in batch):
            self._silent_since, self._patience, self._begun = now, self._context.timeouts.idle, True
        elif self._patience is not None and now - self._silent_since > self._patience:
            limit, phase = ("idle_timeout", "idle") if self._begun else ("first_byte_timeout", "first_byte")
            message = f"only pings arrived, and no content, within the time allowed ({limit})"
            raise RequestTimeoutError(message, phase=phase)

    def _finish(self, batch: list[Event]) -> None:
        rest = self._splitter.close()
        if rest is not None:
            self._seen = True
            self._try_rest(rest, batch)
        stray: bytes = getattr(self._splitter, "stray", b"")
        if not self._seen and not stray:
            message = "the stream is empty"
            raise StreamInterruptedError(message, phase="first_byte", retryable=True)
        self._close(batch)
        if stray and not self._finished and not self._decoder.done:
            self._report(stray)

    def _report(self, stray: bytes) -> None:
        """Raise what a server wrote beside the events of a stream that is not complete: an error, or the words."""
        text = stray.strip()
        with suppress(ProtocolError):
            list(self._decoder.feed(ServerSentEvent(text)))  # for the error that it may report
        shown = HttpReply(status=200, body=text)
        message = (
            f"the stream ended before it was complete, with words that are not an event: {error_text(shown)[:_SHOWN]!r}"
        )
        raise StreamInterruptedError(message, phase="mid_stream", body=shown.excerpt)

    def _try_rest(self, rest: AnyFrame, batch: list[Event]) -> None:
        """Use the last frame, which lacks the mark of its end.

        A server-sent event without its blank line is incomplete, so it only counts if it ends the stream.
        """
        try:
            events = list(self._decoder.feed(rest))
        except ProtocolError:
            if isinstance(rest, ServerSentEvent):
                return
            raise
        ends = self._decoder.done or any(isinstance(event, ResponseSnapshot) and event.finish for event in events)
        if ends or not isinstance(rest, ServerSentEvent):
            batch.extend(events)

    def _close(self, batch: list[Event]) -> None:
        self._ended = True
        batch.extend(self._decoder.close())


def _said_calls() -> CallsSaidOnce:
    from dragoman.http.repeated_calls import CallsSaidOnce  # noqa: PLC0415  # few streams have calls

    return CallsSaidOnce()
