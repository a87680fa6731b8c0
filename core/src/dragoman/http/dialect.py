"""The interface of a dialect: pure functions between Dragoman's types and a provider's HTTP messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec.errors import ProviderError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response

if TYPE_CHECKING:  # not imported at run time, since only streams need it
    from dragoman.http.sse import ServerSentEvent
    from dragoman.spec.events import Event


class StreamDecoder(Protocol):
    """Translate the server-sent events of one reply; each stream has a decoder of its own."""

    done: bool
    """Whether the answer is complete, so that the rest of the reply can be ignored."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return the events that *event* stands for.

        Raises:
            ProviderError: if *event* reports a failure.
            ProtocolError: if *event* violates the dialect.

        """
        ...

    def close(self) -> Iterable[Event]:
        """Return the final events, at the end of the reply."""
        ...


class Dialect(Protocol):
    """Translate requests and replies, without any socket, clock or environment.

    The optional attribute ``speaks`` names the API as the option ``--dragoman-server-dialect`` does, for example
    ``"chat"``. The conformance suite then chooses the server for it.
    """

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL.

        Raises:
            UnsupportedError: if the dialect cannot express a part of the request.

        """
        ...

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a complete reply with a status of 200 to 299.

        Raises:
            ProviderError: if the reply reports a failure despite its status.
            ProtocolError: if the reply violates the dialect.

        """
        ...

    def decoder(self) -> StreamDecoder:
        """Return a new decoder for one stream."""
        ...

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply with any other status reports."""
        ...


@runtime_checkable
class ChoosesDialect(Protocol):
    """Choose among several dialects for each request; this method is called before a request is encoded."""

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect that encodes *request* and decodes its reply."""
        ...
