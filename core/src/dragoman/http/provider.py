"""A provider that sends requests over HTTP, made from a dialect and an endpoint."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from dragoman.http.dialect import ChoosesDialect, Dialect
from dragoman.http.endpoint import Endpoint, as_secrets, checked_headers
from dragoman.http.header_values import header_text
from dragoman.http.json import loads
from dragoman.http.redaction import redact_error
from dragoman.http.sent_credentials import SentCredentials
from dragoman.http.status import is_good
from dragoman.http.transport.transport import MAX_REPLY_BYTES, AioHttpTransport, HttpStream, Transport
from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec._lazy_context import LazyContext
from dragoman.spec._value import changed
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.errors import ConfigurationError, DragomanError, ProviderError
from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.provider import CallContext, ProviderConfig, ProviderInfo
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.request_fitting import enforce
from dragoman.spec.response import Origin, Response
from dragoman.spec.secret import MASK, Secret

if TYPE_CHECKING:
    from dragoman.spec.events import Event
    from dragoman.spec.prepared import Prepared
    from dragoman.spec.shared_connections import SharedConnections

_logger = logging.getLogger(__name__)

KEPT_HEADERS = ("retry-after", "x-ratelimit-", "x-should-retry")
"""The prefixes of the reply headers that are kept, besides the headers with the id of the request."""

_BELOW = ("/", "?", "")
"""How a path below the base URL begins; anything else must be a whole address."""

_MAX_ERROR_BYTES = 256 * 1024
"""How many bytes of the body of an error are decoded, to limit the time this takes."""

_USER_AGENT = "dragoman/0.1.0"


class HttpProvider:
    """Send requests in one dialect to one endpoint.

    Args:
        info: the name and other facts of the provider.
        dialect: the translation of requests and replies.
        endpoint: the base URL and its headers.
        capabilities: a function that returns what a model accepts, by its name.
        transport: the transport; by default, one with aiohttp.
        kept_headers: prefixes of reply headers to keep in addition to :data:`KEPT_HEADERS`.
        default_retries: the number of retries, unless the caller sets it.

    """

    history = HistoryRules()
    """What the wire takes of a conversation, where a model's capabilities do not say it."""

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
        self._has_own_transport = transport is not None
        self._shared: SharedConnections | None = None
        self.default_retries = default_retries
        self._capabilities = capabilities
        self._known: dict[str, Capabilities] = {}
        self._choose = dialect.for_request if isinstance(dialect, ChoosesDialect) else None
        self._endpoint_origin = endpoint.base.origin
        self._kept_headers = KEPT_HEADERS + kept_headers + endpoint.request_id_headers
        self._sent = SentCredentials(endpoint.headers)
        self._headers = {"content-type": "application/json", "user-agent": _USER_AGENT, **endpoint.headers}

    def connect_by(self, config: ProviderConfig) -> None:
        """Replace the transport by one with the proxy, the TLS options and the size limit of *config*.

        Raises:
            ConfigurationError: if a file or a URL cannot be used, or if the plugin passed a transport of its own.

        """
        from dragoman.http.transport.tls import tls_context  # noqa: PLC0415  # only needed with these options

        if self._has_own_transport:
            name = config.connects_otherwise[0]
            message = f"the provider {self.info.name!r} has a transport of its own, which does not support {name}="
            raise ConfigurationError(message, provider=self.info.name, parameter=name)
        most = MAX_REPLY_BYTES if config.max_reply_bytes is None else config.max_reply_bytes
        self.transport = AioHttpTransport(max_reply_bytes=most, proxy=config.proxy, tls=tls_context(config))

    def share_connections(self, shared: SharedConnections, config: ProviderConfig) -> None:
        """Use connections of *shared* that are made as *config* says, unless the plugin passed a transport."""
        if self._has_own_transport:
            return
        certificate = config.client_cert
        files = tuple(certificate) if isinstance(certificate, list | tuple) else certificate
        key = ("http", config.proxy, config.verify, files, config.max_reply_bytes)
        self.transport = shared.take(key, self, self.transport)
        self._shared = shared

    def capabilities(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        known = self._known.get(model)
        if known is None:
            self.remember_capabilities(model, self._capabilities(model) if self._capabilities else Capabilities())
            known = self._known[model]
        return known

    def remember_capabilities(self, model: str, capabilities: Capabilities) -> None:
        """Return *capabilities* for *model* from now on, with the rules for conversations of this provider."""
        if capabilities.history == HistoryRules():
            capabilities = attrs.evolve(capabilities, history=self.history)
        self._known[model] = capabilities

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Complete a prompt, as a chat message if the model does not support completions."""
        if self.capabilities(request.model).completion.support is Support.YES:
            return await self._ask(request, context)
        return await self._ask(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Return the answer to a conversation."""
        return await self._ask(request, context)

    def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """Stream the answer to a conversation, or to a prompt if the model supports that."""
        return LazyContext(partial(self.open, request, context))

    async def open(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> tuple[AsyncIterator[Event], AbstractAsyncContextManager[HttpStream]]:
        """Send a request for a stream; return its events, and the context manager that closes it.

        Raises:
            DragomanError: if the reply reports an error instead of a stream.

        """
        from dragoman.http.framing import framing_of  # noqa: PLC0415  # for streams only
        from dragoman.http.reading import CompleteEvents, EventIterator, is_stream  # noqa: PLC0415  # for streams only
        from dragoman.spec.assembly import provider_events  # noqa: PLC0415  # for streams only
        from dragoman.spec.events import StreamStart  # noqa: PLC0415  # for streams only

        if isinstance(request, CompletionRequest) and not self.capabilities(request.model).streams_prompts:
            request = request.as_chat()
        dialect = self._dialect_for(request)
        framing = framing_of(dialect)
        wire = _checked(dialect.encode(request, stream=True), request, context)
        authorized = await self._authorized(self._addressed(wire, context, request.headers))
        exchange = self.transport.stream(authorized, context)
        try:
            reply = await exchange.__aenter__()
        except DragomanError as error:
            redact_error(error, authorized.headers)
            raise
        annotate = partial(self._annotate_stream, reply, authorized.headers)
        first = more = b""
        try:
            headers = self._headers_to_keep(reply.headers)
            if _logger.isEnabledFor(logging.DEBUG):
                self._log(authorized, reply)
            start = StreamStart(wire.adjustments, self._origin(request.model, reply.headers, wire.url), headers)
            first = await reply.piece()
            while first and not first.strip() and (more := await reply.piece()):
                first += more  # white space alone does not distinguish a stream from a complete reply
            if is_stream(reply, first, framing):
                decoder = dialect.decoder()
                events = EventIterator(reply, decoder, start, first, annotate, context=context, framing=framing)
                return events, exchange
            response = await self._complete_response(reply, first, dialect, authorized)
            return CompleteEvents([start, *provider_events(response)]), exchange
        except BaseException as error:
            first = more = b""  # for tracebacks that show local variables
            annotate(error)
            await exchange.__aexit__(type(error), error, error.__traceback__)
            raise

    def prepare(self, request: ChatRequest | CompletionRequest, *, stream: bool = False) -> Prepared:
        """Return the request that would be sent, with secrets masked."""
        from dragoman.spec.prepared import Prepared  # noqa: PLC0415  # not paid for by calls

        encoded = self._dialect_for(request).encode(request, stream=stream)
        wire = self._joined(encoded, checked_headers(request.headers, per_call=True))
        headers = {name: MASK if isinstance(value, Secret) else value for name, value in wire.headers.items()}
        if self.endpoint.authorize is not None:  # only called for a request that is sent, since it may connect itself
            headers |= dict.fromkeys((*self.endpoint.authorized_headers, *self._sent.latest), MASK)
        body = loads(wire.body) if wire.body else None
        return Prepared(method=wire.method, url=wire.url, headers=headers, body=body, adjustments=encoded.adjustments)

    async def call(
        self, request: HttpRequest, context: CallContext, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        """Send a request and return the reply, whose status is 200 to 299.

        Args:
            request: the request, with its path below the base URL.
            context: the context of the call.
            headers: the caller's headers for this call.

        Raises:
            ProviderError: if the reply has any other status.

        """
        addressed = self._addressed(request, context, headers)
        if self.endpoint.authorize is not None:
            addressed = await self._authorized(addressed)
        try:
            reply = await self.transport.send(addressed, context)
        except DragomanError as error:
            redact_error(error, addressed.headers)
            raise
        if reply.sent is None:
            reply = changed(reply, sent=addressed.headers, asked=f"{addressed.method} {addressed.url}")
        if _logger.isEnabledFor(logging.DEBUG):
            self._log(addressed, reply, len(reply.body))
        if not is_good(reply.status):
            raise self._failure(reply)
        return reply

    def _log(self, request: HttpRequest, reply: HttpReply | HttpStream, size: int | None = None) -> None:
        from dragoman.http.exchange_log import log_exchange  # noqa: PLC0415  # only programs that log it need it

        request_id = self._shown_request_id(reply.headers)
        log_exchange(_logger, request, reply.status, reply.headers, size=size, request_id=request_id)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._shared is None or self._shared.give_back(self):
            await self.transport.aclose()

    async def _ask(self, request: ChatRequest | CompletionRequest, context: CallContext) -> Response:
        dialect = self._dialect_for(request)
        wire = _checked(dialect.encode(request, stream=False), request, context)
        reply = await self.call(wire, context, request.headers)
        response = self._decoded(reply, dialect)
        return changed(
            response,
            origin=self._origin(request.model, reply.headers, wire.url, response.origin),
            adjustments=wire.adjustments + response.adjustments,
            headers=self._headers_to_keep(reply.headers),
        )

    def _decoded(self, reply: HttpReply, dialect: Dialect) -> Response:
        try:
            return dialect.decode(reply)
        except Exception as error:  # noqa: BLE001  # raised again, or what the reply reports
            from dragoman.http.error_bodies import told_error  # noqa: PLC0415  # only errors need it

            told = told_error(error, dialect, reply)
            self._fail(told, reply)
            raise told from error.__cause__

    @contextmanager
    def reading(self, reply: HttpReply) -> Generator[None, None, None]:
        """Annotate an error raised in the ``with`` block with facts of *reply*, and redact credentials in it."""
        try:
            yield
        except Exception as error:
            self._fail(error, reply)
            raise

    def read_object(self, reply: HttpReply, what: str, *, needs: str | None = None) -> dict[str, Any]:
        """Return the object that a reply other than an answer holds, such as ``the listing``, or raise its error."""
        from dragoman.http.provider_calls import object_of  # noqa: PLC0415  # requests for answers do not need it

        return object_of(self.dialect, reply, what, needs=needs)

    def _fail(self, error: Exception, reply: HttpReply) -> None:
        """Add facts of *reply* to an error about it, and redact credentials in it."""
        if isinstance(error, DragomanError):
            self._tell_path(error, reply)
        self._annotate_failure(error, reply.headers, reply.status, reply.sent)

    def _tell_path(self, error: DragomanError, reply: HttpReply) -> None:
        from dragoman.http.wrong_path import tell_path  # noqa: PLC0415  # only errors need it

        tell_path(error, reply, self.endpoint.base)

    def _dialect_for(self, request: ChatRequest | CompletionRequest) -> Dialect:
        return self.dialect if self._choose is None else self._choose(request)

    def _addressed(self, request: HttpRequest, context: CallContext, headers: Mapping[str, str] | None) -> HttpRequest:
        """Return *request* with its full URL and all headers of this attempt."""
        more = {} if request.method == "GET" else {"idempotency-key": context.call_id}
        if context.attempt > 1:
            more["x-retry-count"] = str(context.attempt - 1)
        if headers:
            more.update(checked_headers(headers, per_call=True))
        return self._joined(request, more)

    async def _authorized(self, request: HttpRequest) -> HttpRequest:
        if self.endpoint.authorize is None:
            return request
        headers = as_secrets(await self.endpoint.authorize(request))
        self._sent.add(headers)
        return changed(request, headers={**request.headers, **headers})

    def _joined(self, request: HttpRequest, more: Mapping[str, str]) -> HttpRequest:
        path = request.url
        return HttpRequest(
            method=request.method,
            url=self.endpoint.base.url + path if path[:1] in _BELOW else self._whole(path),
            headers={**self._headers, **request.headers, **more},
            body=request.body,
        )

    def _whole(self, url: str) -> str:
        from dragoman.http.whole_address import checked_address  # noqa: PLC0415  # few dialects have whole addresses

        return checked_address(url, self.endpoint, self.info.name)

    async def _complete_response(
        self, reply: HttpStream, first: bytes, dialect: Dialect, request: HttpRequest
    ) -> Response:
        """Return the answer of a reply that is not a stream although one was requested, or raise its error."""
        from dragoman.http.reading import whole_answer  # noqa: PLC0415  # for streams only

        body = first + await reply.read()
        whole = HttpReply(
            status=reply.status, headers=reply.headers, body=body, asked=f"{request.method} {request.url}"
        )
        if not is_good(whole.status):
            raise self._failure(whole)
        try:
            return whole_answer(dialect, whole)
        except DragomanError as error:
            self._tell_path(error, whole)
            raise

    def _failure(self, reply: HttpReply) -> ProviderError:
        if len(reply.body) > _MAX_ERROR_BYTES:
            reply = attrs.evolve(reply, body=reply.body[:_MAX_ERROR_BYTES])
        error = self.dialect.error(reply)
        error.body = error.body or reply.excerpt
        self._tell_path(error, reply)
        self.annotate(error, reply.headers, reply.status, reply.sent)
        return error

    def annotate(
        self,
        error: DragomanError,
        headers: Mapping[str, str],
        status: int | None = None,
        sent: Mapping[str, str] | None = None,
    ) -> None:
        """Set the attributes of *error* from the headers of the reply, and redact the credentials of the request.

        Args:
            error: the error to annotate.
            headers: the headers of the reply.
            status: the status of the reply.
            sent: the headers of the request; by default, the headers that all requests have.

        """
        error.provider = error.provider or self.info.name
        error.request_id = error.request_id or self.endpoint.request_id(headers)
        error.status = error.status or status
        error.headers = error.headers or self._headers_to_keep(headers)
        redact_error(error, self._headers if sent is None else sent)

    def _annotate_failure(
        self, error: BaseException, headers: Mapping[str, str], status: int | None, sent: Mapping[str, str] | None
    ) -> None:
        """Annotate a :class:`DragomanError`; in any other exception, only redact the credentials of the request."""
        if isinstance(error, DragomanError):
            self.annotate(error, headers, status, sent)
        else:
            redact_error(error, self._headers if sent is None else sent)

    def _annotate_stream(self, reply: HttpStream, sent: Mapping[str, str], error: BaseException) -> None:
        self._annotate_failure(error, reply.headers, None, getattr(reply, "sent", sent))

    def _origin(self, model: str, headers: Mapping[str, str], url: str, origin: Origin = Origin()) -> Origin:
        request_id = self._shown_request_id(headers)
        endpoint = self._endpoint_origin if url[:1] in _BELOW else urlsplit(url)._replace(path="", query="").geturl()
        return changed(origin, model=model, endpoint=endpoint, request_id=request_id)

    def _shown_request_id(self, headers: Mapping[str, str]) -> str | None:
        request_id = self.endpoint.request_id(headers)
        return MASK if request_id and self._sent.are_in(request_id) else request_id

    @property
    def authorized(self) -> frozenset[str]:
        """Return the credentials with which ``Endpoint.authorize`` authorized the latest attempts."""
        return self._sent.words

    def _headers_to_keep(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: header_text(value) for name, value in headers.items() if name.startswith(self._kept_headers)}


def _checked(wire: HttpRequest, request: ChatRequest | CompletionRequest, context: CallContext) -> HttpRequest:
    """Return a translated request, after the policy of the call was heeded for what the caller gave."""
    if context.on_unsupported is not None and wire.adjustments:
        given = request.settings.explicit
        notes = [each for each in wire.adjustments if each.feature in given and each.kind in {"dropped", "coerced"}]
        enforce(notes, context.on_unsupported)
    return wire
