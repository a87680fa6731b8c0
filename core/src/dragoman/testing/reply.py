"""The data of a loopback server: received requests and scripted replies. Without I/O."""

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
"""How a body is split: not at all, into single bytes, or into pieces of these lengths in bytes and the remainder."""

Pause: TypeAlias = float | threading.Event
"""A number of seconds to wait, or an event to wait for that the test sets."""

Headers: TypeAlias = tuple[tuple[str, str], ...]

EVENT_STREAM = "text/event-stream"
_FRAMING_HEADERS = {"content-length", "transfer-encoding"}


class End(Enum):
    """List the ways to end a connection."""

    CLOSE = "close"
    """Close the connection normally."""
    RESET = "reset"
    """Reset the connection."""
    HANG = "hang"
    """Send nothing more and wait until the client hangs up."""


Step: TypeAlias = bytes | Pause | End
"""A step of a script: bytes to write, a pause, or an end. Steps after an end are not run."""


class Script(Protocol):
    """Describe the reply to a request as a sequence of steps.

    :class:`Reply` covers everything that HTTP can express; implement this protocol for other behavior.
    """

    def steps(self) -> Iterable[Step]:
        """Return the steps; an infinite iterator is an endless reply. Without an end, the connection stays open."""
        ...


@frozen(kw_only=True)
class Received:
    """Hold a received request.

    Args:
        method: the method, such as ``POST``.
        path: the request target including the query, as sent.
        raw_headers: names and values in the order and case in which they were sent.
        body: the body without transfer encoding.
        at: time at which the request was complete, in seconds of the monotonic clock.
        connection: the number of the connection, starting at 0; equal numbers mean a reused connection.

    """

    method: str
    path: str
    raw_headers: Headers
    body: bytes
    at: float
    connection: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers by lower-case name; the last value of a repeated header wins."""
        return {name.lower(): value for name, value in self.raw_headers}

    @property
    def json(self) -> Any:
        """Return the body, parsed as JSON."""
        return json.loads(self.body)


Answer: TypeAlias = Script | Callable[[Received], Script]
"""A script, or a function that returns one for a request. The function runs in the thread of the server."""


@frozen(kw_only=True)
class Hangup:
    """Record that a client hung up before its reply was complete.

    Args:
        request: the request.
        connection: the number of the connection.
        at: time at which the server detected it, in seconds of the monotonic clock.
        sent: number of bytes of the reply, including its head, that had been passed to the operating system; a partial
            write is not counted.

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
    """Describe an HTTP reply, valid or malformed.

    Args:
        status: the status code.
        headers: a mapping or pairs. A framing header (``content-length``, ``transfer-encoding``) that is given is sent
            unchanged, right or wrong, and none is added.
        body: the body without framing.
        framing: how the body is split into pieces.
        chunked: whether each piece is an HTTP chunk; by default for event streams and for split bodies. Otherwise the
            length of the body is declared.
        separate: whether each piece is written separately, with TCP_NODELAY. Otherwise the reply is a single write,
            which is fast for large bodies and still delivers each HTTP chunk separately. Pauses, and splitting a body
            that is not chunked, imply it.
        pauses: the pauses before the first piece, the second, and so on.
        before_head: a pause before the head, or an end of the connection instead of a reply.
        ending: ``clean`` keeps the connection open; ``close`` completes the reply and then closes the connection
            without notice; ``cut`` closes, ``reset`` resets and ``stall`` keeps the connection silent with an
            incomplete reply: the last chunk is missing, or the declared length is one byte too large.
        repeat: number of requests that this reply answers before the next reply in the queue is used.

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
        """Return a reply whose body is *value* as JSON; *attributes* are further arguments of the class."""
        attributes["headers"] = (("content-type", "application/json"), *_headers(attributes.get("headers", ())))
        return cls(body=json.dumps(value).encode(), **attributes)

    @classmethod
    def sse(cls, *pieces: bytes, **attributes: Any) -> Reply:
        """Return an event stream split into *pieces*; *attributes* are further arguments of the class."""
        return cls.stream(EVENT_STREAM, *pieces, **{"chunked": None, **attributes})

    @classmethod
    def stream(cls, media_type: str, *pieces: bytes, **attributes: Any) -> Reply:
        """Return a stream of *media_type* split into *pieces*; *attributes* are further arguments of the class."""
        attributes["headers"] = (("content-type", media_type), *_headers(attributes.get("headers", ())))
        if len(pieces) > 1:
            attributes.setdefault("framing", tuple(map(len, pieces)))
        attributes.setdefault("chunked", True)
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
        yield from _END_OF["close" if self._announces_close() else self.ending]

    def _is_chunked(self) -> bool:
        declared = {name.lower(): value for name, value in self.headers}
        if _FRAMING_HEADERS & declared.keys():
            return declared.get("transfer-encoding", "").lower() == "chunked"
        if self.chunked is not None:
            return self.chunked
        return self.framing != "whole" or declared.get("content-type", "").startswith(EVENT_STREAM)

    def _announces_close(self) -> bool:
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
        """Return the pieces of the body without empty ones: an empty HTTP chunk would end the body."""
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
