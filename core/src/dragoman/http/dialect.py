"""What a dialect is: pure functions between our types and a provider's HTTP messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec.errors import ProviderError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response

if TYPE_CHECKING:  # streams are not paid for by whole answers
    from dragoman.http.sse import ServerSentEvent
    from dragoman.spec.events import Event


class StreamDecoder(Protocol):
    """Turn the events of one reply into ours; one object serves one stream."""

    done: bool
    """Whether nothing that follows matters any more."""

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what *event* means.

        Raises:
            ProviderError: if it reports a failure.
            ProtocolError: if it breaks the dialect.

        """
        ...

    def close(self) -> Iterable[Event]:
        """Return what is still to be said at the end of the wire."""
        ...


class Dialect(Protocol):
    """Translate, without any socket, clock or environment.

    An attribute ``speaks`` may name the API, as ``--dragoman-server-dialect`` does, such as ``"chat"``: the
    conformance suite then finds the server for it by itself.
    """

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL.

        Raises:
            UnsupportedError: for what the dialect cannot say.

        """
        ...

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply with a good status.

        Raises:
            ProviderError: if the reply reports a failure all the same.
            ProtocolError: if it breaks the dialect.

        """
        ...

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        ...

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply with a bad status reports."""
        ...


@runtime_checkable
class ChoosesDialect(Protocol):
    """Speak several dialects, one for each request; a dialect that also has this method is asked before it encodes."""

    def for_request(self, request: ChatRequest | CompletionRequest) -> Dialect:
        """Return the dialect that encodes *request* and decodes what comes back."""
        ...
