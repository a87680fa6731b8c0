"""A dialect and an endpoint make a provider."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import attrs

from dragoman.capabilities import Capabilities, Support
from dragoman.errors import DragomanError, ProtocolError, ProviderError, StreamInterruptedError, TransportError
from dragoman.events import Event, PartStart, Ping, ResponseSnapshot, StreamStart, UsageSnapshot
from dragoman.http.dialect import ChoosesDialect, Dialect, StreamDecoder
from dragoman.http.endpoint import Endpoint, checked_headers
from dragoman.http.sse import EventDecoder, ServerSentEvent
from dragoman.http.transport import AioHttpTransport, HttpStream, Transport
from dragoman.http.wire import HttpReply, HttpRequest, loads
from dragoman.provider import CallContext, Prepared, ProviderInfo
from dragoman.request import ChatRequest, CompletionRequest
from dragoman.response import Origin, Response
from dragoman.secret import MASK, Secret

KEPT_HEADERS = ("x-request-id", "request-id", "retry-after", "x-ratelimit-", "x-should-retry")
"""Headers of a reply worth keeping, by their beginnings."""

_USER_AGENT = "dragoman/0.1.0"
_EVENT_STREAM = "text/event-stream"
_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")


class HttpProvider:
    """Speak one dialect to one endpoint.

    Args:
        info: who this is.
        dialect: how to speak.
        endpoint: where to.
        capabilities: what a model accepts, by its name.
        transport: what carries the requests.
        kept_headers: headers of a reply worth keeping, by their beginnings, beside :data:`KEPT_HEADERS`.
        default_retries: how often to try again unless the caller says.

    """

    def __init__(
        self,
        info: ProviderInfo,
        dialect: Dialect,
        endpoint: Endpoint,
        *,
        capabilities: Callable[[str], Capabilities] | None = None,
        transport: Transport | None = None,
        kept_headers: tuple[str, ...] = (),
        default_retries: int = 2,
    ) -> None:
        self.info = info
        self.dialect = dialect
        self.endpoint = endpoint
        self.transport: Transport = transport or AioHttpTransport()
        self.default_retries = default_retries
        self._capabilities = capabilities
        self._known: dict[str, Capabilities] = {}
        self._kept = KEPT_HEADERS + kept_headers
        self._headers = {"content-type": "application/json", "user-agent": _USER_AGENT, **endpoint.headers}

    def capabilities(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        known = self._known.get(model)
        if known is None:
            known = self._known[model] = self._capabilities(model) if self._capabilities else Capabilities()
        return known

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt, by chat where the model has no endpoint for prompts."""
        if self.capabilities(request.model).completion.support is Support.YES:
            return await self._ask(request, context)
        return await self._ask(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        return await self._ask(request, context)

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation."""
        dialect = self._dialect_for(request)
        wire = dialect.encode(request, stream=True)
        full = await self._addressed(wire, request.headers)
        async with self.transport.stream(full, context) as reply:
            start = StreamStart(wire.adjustments, self._origin(request.model, reply.headers), self._keep(reply.headers))
            try:
                first = await reply.piece()
                if _is_stream(reply, first):
                    yield EventIterator(reply, dialect.decoder(), start, first)
                else:
                    yield _Whole([start, *await self._whole(reply, first, dialect)])
            except DragomanError as error:
                self._sign(error, reply.headers)
                raise

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
        """Return the request as it would be sent, secrets masked."""
        wire = self._dialect_for(request).encode(request, stream=stream)
        wire = self._joined(wire, checked_headers(request.headers, per_call=True))
        headers = {name: MASK if isinstance(value, Secret) else value for name, value in wire.headers.items()}
        return Prepared(method=wire.method, url=wire.url, headers=headers, body=loads(wire.body) if wire.body else None)

    async def call(
        self, request: HttpRequest, context: CallContext, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        """Send a request and return the reply, if its status is good.

        Args:
            request: the request, with its path below the base URL.
            context: the call.
            headers: the caller's headers for this call.

        Raises:
            ProviderError: if the status is not good.

        """
        reply = await self.transport.send(await self._addressed(request, headers), context)
        if reply.status >= 300:  # noqa: PLR2004  # HTTP's own border
            raise self._failure(reply)
        return reply

    async def aclose(self) -> None:
        """Close all connections."""
        await self.transport.aclose()

    async def _ask(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Response:
        dialect = self._dialect_for(request)
        wire = dialect.encode(request, stream=False)
        reply = await self.call(wire, context, request.headers)
        try:
            response = dialect.decode(reply)
        except DragomanError as error:
            self._sign(error, reply.headers, reply.status)
            raise
        origin = self._origin(request.model, reply.headers, response.origin)
        return attrs.evolve(
            response,
            origin=origin,
            headers=self._keep(reply.headers),
            adjustments=wire.adjustments + response.adjustments,
        )

    def _dialect_for(self, request: ChatRequest | CompletionRequest) -> Dialect:
        return self.dialect.for_request(request) if isinstance(self.dialect, ChoosesDialect) else self.dialect

    async def _addressed(self, request: HttpRequest, headers: Mapping[str, str] | None) -> HttpRequest:
        more: Mapping[str, str] = checked_headers(headers, per_call=True) if headers else {}
        if self.endpoint.authorize is not None:
            more = {**more, **await self.endpoint.authorize()}
        return self._joined(request, more)

    def _joined(self, request: HttpRequest, more: Mapping[str, str]) -> HttpRequest:
        return HttpRequest(
            method=request.method,
            url=self.endpoint.base.url + request.url,
            headers={**self._headers, **request.headers, **more},
            body=request.body,
        )

    async def _whole(self, reply: HttpStream, first: bytes, dialect: Dialect) -> Iterable[Event]:
        """Return the events of a reply that came whole where a stream was asked for, or raise what it reports."""
        whole = HttpReply(status=reply.status, headers=reply.headers, body=first + await reply.read())
        if whole.status >= 300:  # noqa: PLR2004  # HTTP's own border
            raise self._failure(whole)
        if whole.media_type.endswith("json") or first.lstrip()[:1] in {b"{", b"["}:
            return events_of(dialect.decode(whole))
        message = f"expected a stream of events, got {whole.media_type or 'no media type'}: {whole.excerpt!r}"
        raise ProtocolError(message, status=whole.status, body=whole.excerpt, phase="decode")

    def _failure(self, reply: HttpReply) -> ProviderError:
        error = self.dialect.error(reply)
        error.body = error.body or reply.excerpt
        self._sign(error, reply.headers, reply.status)
        return error

    def _sign(self, error: DragomanError, headers: Mapping[str, str], status: int | None = None) -> None:
        error.provider = error.provider or self.info.name
        error.request_id = error.request_id or _request_id(headers)
        error.status = error.status or status
        error.headers = error.headers or self._keep(headers)

    def _origin(self, model: str, headers: Mapping[str, str], origin: Origin | None = None) -> Origin:
        return attrs.evolve(
            origin or Origin(), model=model, endpoint=self.endpoint.base.origin, request_id=_request_id(headers)
        )

    def _keep(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name.startswith(self._kept)}


def events_of(response: Response) -> list[Event]:
    """Return the events of an answer that came whole."""
    events: list[Event] = [PartStart(index, part) for index, part in enumerate(response.message.parts)]
    return [
        *events,
        UsageSnapshot(response.usage),
        ResponseSnapshot(
            finish=response.finish,
            response_id=response.origin.response_id,
            served_model=response.origin.served_model,
            created=response.origin.created,
            metadata=response.metadata,
        ),
    ]


def _is_stream(reply: HttpStream, first: bytes) -> bool:
    """Tell whether a reply is a stream of events: by how it begins, since servers mislabel both kinds."""
    if reply.status >= 300:  # noqa: PLR2004  # HTTP's own border
        return False
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if any(text.startswith(name) or name.startswith(text) for name in _BEGINNINGS):
        return True
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == _EVENT_STREAM and text[:1] not in {b"{", b"["}


def _request_id(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-request-id") or headers.get("request-id") or headers.get("apim-request-id")


class _Whole:
    """Iterate over events that are all there."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = iter(events)

    def __aiter__(self) -> _Whole:
        return self

    async def __anext__(self) -> Event:
        for event in self._events:
            return event
        raise StopAsyncIteration


class EventIterator:
    """Read, split and decode: one batch of events for each read from the network.

    Args:
        reply: where the bytes come from.
        decoder: what the events mean.
        start: the first event.
        first: the first bytes, where they have been read already.

    """

    def __init__(
        self, reply: HttpStream, decoder: StreamDecoder, start: StreamStart, first: bytes | None = None
    ) -> None:
        self._reply = reply
        self._decoder = decoder
        self._splitter = EventDecoder()
        self._pending: deque[Event] = deque((start,))
        self._first = first
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
            DragomanError: what the wire or the dialect reports, after all events before it were returned.

        """
        while not self._pending:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                raise StopAsyncIteration
            await self._fill()
        return self._pending.popleft()

    async def _fill(self) -> None:
        try:
            piece, self._first = self._first, None
            if piece is None:
                piece = await self._reply.piece()
            if piece:
                self._take(piece)
            else:
                self._finish()
        except TransportError as error:
            if self._finished:
                self._close()  # nothing of the answer is missing
            else:
                self._failure = error
        except DragomanError as error:
            self._failure = error

    def _take(self, piece: bytes) -> None:
        decoder, pending = self._decoder, self._pending
        for event in self._splitter.feed(piece):
            self._seen = True
            for each in decoder.feed(event):
                pending.append(each)
                if type(each) is ResponseSnapshot and each.finish is not None:
                    self._finished = True
            if decoder.done:
                self._reply.complete()
                self._close()
                return
        if self._splitter.comments != self._comments:
            self._comments = self._splitter.comments
            pending.append(Ping())

    def _finish(self) -> None:
        rest = self._splitter.close()
        if rest is not None:
            self._seen = True
            self._try_rest(rest)
        if not self._seen:
            message = "the stream is empty"
            raise StreamInterruptedError(message, phase="first_byte", retryable=True)
        self._close()

    def _try_rest(self, rest: ServerSentEvent) -> None:
        """Use what was left without its blank line if it is the terminal signal; else it is half an event: drop it."""
        try:
            events = list(self._decoder.feed(rest))
        except ProtocolError:
            return
        if self._decoder.done or any(isinstance(event, ResponseSnapshot) and event.finish for event in events):
            self._pending.extend(events)

    def _close(self) -> None:
        self._ended = True
        self._pending.extend(self._decoder.close())
