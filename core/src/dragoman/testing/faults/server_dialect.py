"""How a dialect sounds on the wire: the events of a sound answer, and the shapes that faults are made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from attrs import field, frozen

from dragoman.testing.faults.shapes import Events, Json, SampleCall, SampleReply, SampleSeal, SampleUsage
from dragoman.testing.reply import Received

__all__ = ["TEXTS", "Events", "Json", "SampleReply", "ServerDialect", "event", "wants_stream"]

TEXTS = ("Hello", ", wörld ", "🌍", "!")
"""What a sound answer says, delta by delta; some of its characters take several bytes."""


def event(value: object, name: str = "") -> bytes:
    """Return one server-sent event.

    Args:
        value: what becomes its data, as JSON; text stays as it is.
        name: the name of the event, if it has one.

    """
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def wants_stream(request: Received) -> bool:
    """Tell whether the body of a request has a member ``stream`` that is true, as in most dialects."""
    try:
        body: object = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(body, dict) and cast("dict[str, object]", body).get("stream") is True


@frozen(kw_only=True)
class ServerDialect:
    """Say how one dialect frames what it says.

    What has a default need not be given. The checks of :mod:`dragoman.testing.conformance` that need what is missing
    are then skipped, and say so.

    Args:
        name: what to call it.
        endings: which requests speak it, by the ends of their paths; by default, all.
        is_streamed: tells whether a request asks for a stream.
        opening: the events before the first text.
        speak: makes the event that adds a text.
        closing: makes the events after the last text, the terminal signal among them, of the whole text.
        unfinished: the events that a server sends at the end of an answer without saying why it ended.
        mark: what follows the terminal signal by mere convention, empty if nothing does.
        unknown: events of types, and with members, that nobody knows.
        whole: makes the whole reply of a text.
        hollow: a whole reply without an answer in it.
        error: makes the body of an error of a status.
        failing: the event that reports an error in the middle of a stream.
        coded: further error bodies by the name of their fault, each with its status.
        unusual_replies: unusual answers by their names.
        identity: the id and the model that a sound answer names; ``None`` for what it does not name.
        request_id: the header of a reply that names the request, in lower case.
        finish: makes an answer "fine" that ends for a reason in the vendor's words.
        finishes: what the vendor's reasons for an end stand for, in ours.
        counts: the ways in which usage is reported, by names of one's own.
        calling: makes an answer of calls of tools; ``None`` for calls that the dialect cannot express.
        reasoned: an answer that reasons "hm" and says "fine".
        refused: an answer that declines with "I will not."
        sealed: an answer with signed data in it.

    """

    name: str
    endings: tuple[str, ...] = ("",)
    is_streamed: Callable[[Received], bool] = wants_stream
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
    sealed: SampleSeal | None = None

    def speaks(self, request: Received) -> bool:
        """Tell whether a request is of this dialect."""
        return request.path.partition("?")[0].endswith(self.endings)

    def begun(self, *texts: str) -> Events:
        """Return the events of an answer as far as its last text."""
        return (*self.opening, *map(self.speak, texts or TEXTS))

    def ended(self, *texts: str) -> Events:
        """Return the events of a whole answer, up to the terminal signal."""
        return (*self.begun(*texts), *self.closing("".join(texts or TEXTS)))

    def stream(self, *texts: str) -> Events:
        """Return the events of a whole answer, with the mark that follows them."""
        return (*self.ended(*texts), self.mark) if self.mark else self.ended(*texts)
