"""The interface of a dialect: pure functions between Dragoman's types and a provider's HTTP messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dragoman.http.wire import HttpReply, HttpRequest
from dragoman.spec.errors import ProviderError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response

if TYPE_CHECKING:  # not imported at run time, since only streams need it
    from dragoman.spec.events import Event


class StreamDecoder(Protocol):
    """Translate the frames of one reply; each stream has a decoder of its own."""

    done: bool
    """Whether the answer is complete, so that the rest of the reply can be ignored."""

    def feed(self, frame: Any, /) -> Iterable[Event]:
        """Return the events that *frame* stands for.

        Args:
            frame: a frame of the dialect's framing: a :class:`~dragoman.http.sse.ServerSentEvent` by default, a
                :class:`~dragoman.http.framing.Frame` in the other framings of the core.

        Raises:
            ProviderError: if *frame* reports a failure.
            ProtocolError: if *frame* violates the dialect.

        """
        ...

    def close(self) -> Iterable[Event]:
        """Return the final events, at the end of the reply."""
        ...


class Dialect(Protocol):
    """Translate requests and replies, without any socket, clock or environment.

    Two attributes are optional: ``framing``, the :class:`~dragoman.http.framing.Framing` of streamed replies, which
    are events without it; and ``speaks``, the name of the API, as given to ``--dragoman-server-dialect``, for
    example ``"chat"``, for which the conformance suite then chooses the server.
    """

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL, or with a whole address at a host of the endpoint.

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
