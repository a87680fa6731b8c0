"""The description of a server: how its dialect encodes answers, errors and the parts of faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from attrs import field, frozen

from dragoman.testing.faults.sample_endpoints import (
    CountingEndpoint,
    EmbeddingEndpoint,
    LearningEndpoint,
    ListingEndpoint,
    PromptEndpoint,
)
from dragoman.testing.faults.samples import Events, Json, SampleCall, SampleReply, SampleSeal, SampleUsage
from dragoman.testing.faults.server_framing import EVENTS, ServerFraming
from dragoman.testing.reply import Received, Reply
from dragoman.testing.request_reading import RequestReader

__all__ = ["TEXTS", "Events", "Json", "SampleReply", "ServerDialect", "event", "wants_stream"]

TEXTS = ("Hello", ", wörld ", "🌍", "!")
"""The text deltas of the default answer; some of the characters are encoded in several bytes."""


def event(value: object, name: str = "") -> bytes:
    """Return one server-sent event.

    Args:
        value: its data, encoded as JSON; a string is used unchanged.
        name: the name of the event, if it has one.

    """
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def wants_stream(request: Received) -> bool:
    """Return whether the member ``stream`` of the request body is true, as in most dialects."""
    try:
        body: object = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(body, dict) and cast("dict[str, object]", body).get("stream") is True


@frozen(kw_only=True, repr=False)
class ServerDialect:
    """Describe how a server encodes answers in one dialect.

    Members with a default are optional. Checks of :mod:`dragoman.testing.conformance` that need a missing member are
    skipped as "not shown".

    Args:
        name: its name.
        endings: the path suffixes of its requests; by default, every path matches.
        is_streamed: returns whether a request asks for a stream.
        read_request: reads a request back: returns what it asks for, and raises an exception for a body that the vendor
            would refuse. An id, a name or a model that the dialect does not send is an empty text.
        framing: how the events of a stream are framed; they are given as encoded frames.
        opening: the events before the first text delta.
        speak: returns the event of a text delta.
        closing: returns the events after the last text delta, including the terminal event, given the whole text.
        unfinished: the last events of an answer without a finish reason.
        mark: an optional marker after the terminal event, such as ``data: [DONE]``; empty if there is none.
        unknown: events of an unknown type, or with unknown members.
        whole: returns the whole reply with a text.
        hollow: a whole reply that contains no answer.
        error: returns the error body of a status.
        failing: the event that reports an error in the middle of a stream.
        coded: further error bodies by the name of their fault, each with its status.
        unusual_replies: unusual but valid answers by name.
        identity: the id and the model that an answer reports; ``None`` for each that it does not report.
        request_id: the response header with the id of the request, in lower case.
        finish: returns an answer with the text "fine" and a finish reason in the vendor's spelling.
        finishes: the finish reasons of the vendor, each with its :class:`~dragoman.FinishReason`.
        counts: examples of usage reports, by a name of your choice.
        calling: returns an answer with tool calls, or ``None`` if the dialect cannot express them.
        reasoned: an answer with the reasoning "hm" and the text "fine".
        refused: an answer with the refusal "I will not."
        choosing: returns a whole reply with several answers, one for each text, of which the last one stands first.
        sealed: an answer with signed or encrypted data.
        prompts: the endpoint that completes prompts.
        embeddings: the endpoint that turns texts into vectors.
        listing: the endpoint that lists the models.
        counting: the endpoint that counts tokens.
        learning: the endpoint that tells what a model accepts.

    """

    name: str
    endings: tuple[str, ...] = ("",)
    is_streamed: Callable[[Received], bool] = wants_stream
    read_request: RequestReader | None = None
    framing: ServerFraming = EVENTS
    opening: Events
    speak: Callable[[str], bytes]
    closing: Callable[[str], Events]
    unfinished: Events
    mark: bytes = b""
    unknown: Events
    whole: Callable[[str], Json]
    hollow: Json
    error: Callable[[int], Json]
    failing: bytes
    coded: Mapping[str, tuple[int, Json]]
    unusual_replies: Mapping[str, SampleReply]
    identity: tuple[str | None, str | None] | None = None
    request_id: str = "x-request-id"
    finish: Callable[[str], SampleReply] | None = None
    finishes: Mapping[str, str] = field(factory=dict[str, str])
    counts: Mapping[str, SampleUsage] = field(factory=dict[str, SampleUsage])
    calling: Callable[[Sequence[SampleCall]], SampleReply | None] | None = None
    reasoned: SampleReply | None = None
    refused: SampleReply | None = None
    choosing: Callable[[Sequence[str]], Json] | None = None
    sealed: SampleSeal | None = None
    prompts: PromptEndpoint | None = None
    embeddings: EmbeddingEndpoint | None = None
    listing: ListingEndpoint | None = None
    counting: CountingEndpoint | None = None
    learning: LearningEndpoint | None = None

    def __repr__(self) -> str:
        return f"<ServerDialect {self.name}>"

    def speaks(self, request: Received) -> bool:
        """Return whether a request is in this dialect."""
        return request.path.partition("?")[0].endswith(self.endings)

    def reply(self, *pieces: bytes, **attributes: Any) -> Reply:
        """Return a stream split into *pieces*; *attributes* are further arguments of :class:`Reply`."""
        if self.framing is EVENTS:
            return Reply.sse(*pieces, **attributes)
        return Reply.stream(self.framing.media_type, *pieces, **attributes)

    def begun(self, *texts: str) -> Events:
        """Return the events of an answer up to its last text delta."""
        return (*self.opening, *map(self.speak, texts or TEXTS))

    def ended(self, *texts: str) -> Events:
        """Return the events of an answer up to the terminal event."""
        return (*self.begun(*texts), *self.closing("".join(texts or TEXTS)))

    def stream(self, *texts: str) -> Events:
        """Return the events of an answer, including the optional end marker."""
        return (*self.ended(*texts), self.mark) if self.mark else self.ended(*texts)
