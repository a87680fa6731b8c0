"""What a loopback server is told, and what it tells: requests received, replies to send. No I/O here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from http.client import responses
from typing import Any, Literal, Protocol, TypeAlias, cast

from attrs import field, frozen

__all__ = ["Answer", "End", "Framing", "Hangup", "Headers", "Pause", "Received", "Reply", "Script", "Step"]

Framing: TypeAlias = Literal["whole", "bytewise"] | tuple[int, ...]
"""How a body is cut: not at all, into single bytes, or into pieces of these lengths (what remains is one more)."""

Pause: TypeAlias = float | threading.Event
"""What to wait for: a number of seconds, or an event that the test sets."""

Headers: TypeAlias = tuple[tuple[str, str], ...]

EVENT_STREAM = "text/event-stream"
_FRAMING_HEADERS = {"content-length", "transfer-encoding"}


class End(Enum):
    """Name the ways in which a connection ends other than by the next request."""

    CLOSE = "close"
    """Close the connection politely."""
    RESET = "reset"
    """Tear the connection down, so that the client sees a reset."""
    HANG = "hang"
    """Send nothing more, and wait until the client hangs up."""


Step: TypeAlias = bytes | Pause | End
"""One step of a script: bytes to write, something to wait for, or an end. Steps after an end are not taken."""


class Script(Protocol):
    """Say step by step what happens on the wire in answer to one request.

    :class:`Reply` covers what HTTP can express. What misbehaves in a way of its own is a class with this method.
    """

    def steps(self) -> Iterable[Step]:
        """Return the steps; an endless iterator is an endless reply. The connection is kept if no step ends it."""
        ...


@frozen(kw_only=True)
class Received:
    """Hold one request as it came in.

    Args:
        method: such as ``POST``.
        path: the target with its query, as sent.
        raw_headers: names and values in the order and the case in which they were sent.
        body: the decoded body, without transfer encoding.
        at: when the request was complete, on the monotonic clock, in seconds.
        connection: the number of the connection, counted from 0: equal numbers are one reused connection.

    """

    method: str
    path: str
    raw_headers: Headers
    body: bytes
    at: float
    connection: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers by their names in lower case; of those that occur twice, the last."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def json(self) -> Any:
        """Return the body, parsed as JSON."""
        return json.loads(self.body)


Answer: TypeAlias = Script | Callable[[Received], Script]
"""A script, or a function that makes one for the request. It runs in the thread of the server."""


@frozen(kw_only=True)
class Hangup:
    """Record that a client hung up before its reply was over.

    Args:
        request: the request whose reply it did not wait for.
        connection: the number of the connection.
        at: when the server saw it, on the monotonic clock, in seconds.
        sent: how many bytes of the reply, its head included, had been handed to the operating system; a write that it
            took in part counts for nothing.

    """

    request: Received
    connection: int
    at: float
    sent: int


def _headers(value: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    if isinstance(value, Mapping):
        return tuple(cast("Mapping[str, str]", value).items())
    return tuple(value)


@frozen(kw_only=True)
class Reply:
    """Describe one HTTP reply, sound or broken.

    Args:
        status: the status code.
        headers: a mapping or pairs. A framing header given here (``content-length``, ``transfer-encoding``) is sent as
            it is, right or wrong, and none is added.
        body: the body before any framing.
        framing: how the body is cut into pieces.
        chunked: whether each piece is an HTTP chunk; by default so for event streams and for bodies cut into pieces.
            Otherwise the length of the body is declared.
        separate: whether each piece is a write of its own, with TCP_NODELAY. Else all of the reply is one write, which
            still delivers each HTTP chunk on its own and is fast for large bodies. Pauses imply it, and so does
            cutting a body that is not chunked.
        pauses: what to wait for before the first piece, the second, and so on.
        before_head: what happens before the head: something to wait for, or an end in place of a reply.
        ending: ``clean`` keeps the connection; ``close`` completes the reply and closes it unannounced; ``cut`` closes,
            ``reset`` tears down and ``stall`` falls silent with the reply incomplete: its last chunk is missing, or the
            declared length is one more than the body's.
        repeat: how many requests this reply answers before the next in the queue takes its turn.

    """

    status: int = 200
    headers: Headers = field(default=(), converter=_headers)
    body: bytes = b""
    framing: Framing = "whole"
    chunked: bool | None = None
    separate: bool = False
    pauses: tuple[Pause, ...] = ()
    before_head: Pause | Literal["close", "reset", "hang"] | None = None
    ending: Literal["clean", "close", "cut", "reset", "stall"] = "clean"
    repeat: int = 1

    @classmethod
    def json(cls, value: object, **attributes: Any) -> Reply:
        """Return a reply whose body is *value* as JSON; *attributes* are those of the class."""
        attributes["headers"] = (("content-type", "application/json"), *_headers(attributes.get("headers", ())))
        return cls(body=json.dumps(value).encode(), **attributes)

    @classmethod
    def sse(cls, *pieces: bytes, **attributes: Any) -> Reply:
        """Return an event stream that is cut where *pieces* are; *attributes* are those of the class."""
        attributes["headers"] = (("content-type", EVENT_STREAM), *_headers(attributes.get("headers", ())))
        if len(pieces) > 1:
            attributes.setdefault("framing", tuple(map(len, pieces)))
        return cls(body=b"".join(pieces), **attributes)

    def steps(self) -> Iterator[Step]:
        """Return the steps that send this reply."""
        if isinstance(self.before_head, str):
            yield End(self.before_head)
        else:
            yield self.before_head or 0
            yield from self._reply()

    def _reply(self) -> Iterator[Step]:
        chunked = self._is_chunked()
        complete = self.ending in ("clean", "close")
        last = b"0\r\n\r\n" if chunked and complete else b""
        if self.separate or self.pauses or (self.framing != "whole" and not chunked):
            yield self._head(chunked=chunked, complete=complete)
            yield from self._separate(chunked=chunked)
            if last:
                yield last
        else:
            body = b"".join(map(_chunk, self._pieces())) if chunked else self.body
            yield self._head(chunked=chunked, complete=complete) + body + last
        yield from _END_OF["close" if self._says_close() else self.ending]

    def _is_chunked(self) -> bool:
        declared = {name.lower(): value for name, value in self.headers}
        if _FRAMING_HEADERS & declared.keys():
            return declared.get("transfer-encoding", "").lower() == "chunked"
        if self.chunked is not None:
            return self.chunked
        return self.framing != "whole" or declared.get("content-type", "").startswith(EVENT_STREAM)

    def _says_close(self) -> bool:
        return self.ending == "clean" and ("connection", "close") in {(k.lower(), v.lower()) for k, v in self.headers}

    def _head(self, *, chunked: bool, complete: bool) -> bytes:
        headers = self.headers
        if not _FRAMING_HEADERS & {name.lower() for name, _ in headers}:
            length = len(self.body) + (not complete)
            headers += (("transfer-encoding", "chunked") if chunked else ("content-length", str(length)),)
        lines = [
            f"HTTP/1.1 {self.status} {responses.get(self.status, '')}",
            *(f"{name}: {value}" for name, value in headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _separate(self, *, chunked: bool) -> Iterator[Step]:
        pauses = iter(self.pauses)
        for piece in self._pieces():
            yield next(pauses, 0)
            yield _chunk(piece) if chunked else piece
        yield from pauses

    def _pieces(self) -> list[bytes]:
        """Return the pieces of the body, none of them empty: an empty HTTP chunk would be the last."""
        if self.framing == "whole":
            return [self.body] if self.body else []
        lengths = self.framing if isinstance(self.framing, tuple) else (1,) * len(self.body)
        pieces: list[bytes] = []
        start = 0
        for length in lengths:
            pieces.append(self.body[start : start + length])
            start += length
        return [piece for piece in (*pieces, self.body[start:]) if piece]


_END_OF: dict[str, tuple[End, ...]] = {
    "clean": (),
    "close": (End.CLOSE,),
    "cut": (End.CLOSE,),
    "reset": (End.RESET,),
    "stall": (End.HANG,),
}


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)
