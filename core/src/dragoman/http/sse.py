"""Server-sent events, from bytes to events, without any I/O.

The format is that of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.

Laws of this file:

- What comes out depends on the bytes alone, never on how they were cut into chunks.
- An event leaves with the byte that ends its blank line, also where that byte is a CR whose LF may still follow.
- The cost is linear in the bytes, and what is kept is bounded by the limit, also for a line that never ends.
- Lines are found in bytes. ``str.splitlines`` also splits at U+2028, U+2029 and U+0085, which JSON strings may hold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dragoman.spec._value import value
from dragoman.spec.errors import ResponseTooLargeError

if not TYPE_CHECKING:
    # One object is made for every event: freezing at run time would double the cost of that, so type checkers do it.
    value = partial(value, frozen=False)

__all__ = ["EventDecoder", "ServerSentEvent"]

_BOM = b"\xef\xbb\xbf"
_DEFAULT_NAME = "message"
_MAX_EVENT_BYTES = 16 * 1024 * 1024
_MAX_RETRY_DIGITS = 18


@value
class ServerSentEvent:
    """Hold one event of a stream.

    Args:
        data: the values of its ``data`` lines, joined with LF. They stay bytes: whoever parses them checks the UTF-8.
        event: its name, decoded with U+FFFD for what is not UTF-8.

    """

    data: bytes
    event: str = _DEFAULT_NAME


class EventDecoder:
    """Turn the chunks of one event stream into events.

    The encoding is UTF-8 whatever the response header says, and one leading byte order mark is dropped.

    Args:
        max_event_bytes: how many bytes one event may hold, its unfinished line included.

    Attributes:
        comments: how many comment lines have been seen. They are no events, but they are a sign of life.
        last_event_id: the last identifier the server gave; it stays in force until it gives another.
        retry: the last reconnection time the server asked for, in milliseconds.

    """

    __slots__ = (
        "_after_cr",
        "_data",
        "_held",
        "_limit",
        "_name",
        "_overrun",
        "_started",
        "_tail",
        "comments",
        "last_event_id",
        "retry",
    )

    def __init__(self, *, max_event_bytes: int = _MAX_EVENT_BYTES) -> None:
        self.comments: int = 0
        self.last_event_id: str = ""
        self.retry: int | None = None
        self._limit = max_event_bytes
        self._overrun = False
        self._started = False
        self._after_cr = False
        self._tail = bytearray()  # a line whose end has not come
        self._name = _DEFAULT_NAME  # of an event whose end has not come, as are the next two
        self._data: list[bytes] = []
        self._held = 0  # bytes in _data, with the LF after each

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that *chunk* completes, in order.

        Args:
            chunk: the next bytes of the stream, cut anywhere.

        Raises:
            ResponseTooLargeError: if an event exceeds the limit. Events before it in the same chunk are returned
                first; the error then comes with the next call.

        """
        if self._overrun:
            self._check_overrun()
        text = chunk if self._started and not self._after_cr and b"\r" not in chunk else self._normalize(chunk)
        if b"\n" not in text:
            self._keep(text)
            self._check_overrun()
            return []
        if self._tail:
            text = bytes(self._tail) + text
            self._tail.clear()
        events = self._read_burst(text) or self._read_lines(text)
        if not events:
            self._check_overrun()
        return events

    def close(self) -> ServerSentEvent | None:
        """Return the event that the end of input left without its blank line, if it has a ``data`` line.

        To the specification this is no event. It is good for one purpose: to see whether it is the terminal signal
        of a stream whose last line end was forgotten.

        Raises:
            ResponseTooLargeError: if the limit was exceeded in the last chunk.

        """
        self._check_overrun()
        line = bytes(self._tail)
        self._tail.clear()
        if line:
            self._read_field(line)
        return self._dispatch()

    def _normalize(self, chunk: bytes) -> bytes:
        """Return *chunk* with LF as its only line end and without the byte order mark."""
        if not self._started:
            chunk = self._begin(chunk)
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk

    def _begin(self, chunk: bytes) -> bytes:
        """Return what is to be read once it is known whether the stream opens with a byte order mark."""
        head = bytes(self._tail) + chunk
        self._tail.clear()
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._tail += head
            return b""
        self._started = True
        return head.removeprefix(_BOM)

    def _read_burst(self, text: bytes) -> list[ServerSentEvent] | None:
        """Return the events of *text* if they are all plain: one data line in its usual spelling, then a blank line.

        So are nearly all events of nearly all streams. They are cut apart in one go, without a look at their lines.
        """
        if not text.startswith(b"data: ") or self._data or self._name is not _DEFAULT_NAME or len(text) > self._limit:
            return None
        end = text.rfind(b"\n\n")
        if end < 0:
            return None
        values = text[6:end].split(b"\n\ndata: ")
        if text.count(b"\n", 0, end) != 2 * (len(values) - 1):
            return None
        rest = text[end + 2 :]
        if b"\n" in rest:
            return [*map(ServerSentEvent, values), *self._read_lines(rest)]
        if rest:
            self._tail += rest
        return [ServerSentEvent(value) for value in values]

    def _read_lines(self, text: bytes) -> list[ServerSentEvent]:
        """Return the events of *text*, which starts at the start of a line, and keep what it leaves unfinished."""
        events: list[ServerSentEvent] = []
        lines = text.split(b"\n")
        rest = lines.pop()
        for line in lines:
            if not line:
                event = self._dispatch()
                if event is not None:
                    events.append(event)
            elif len(line) + self._held > self._limit:
                self._overrun = True
                return events
            elif line.startswith(b"data: "):
                self._data.append(line[6:])
                self._held += len(line) - 5
            elif line.startswith(b"event: "):
                self._name = line[7:].decode("utf-8", "replace") or _DEFAULT_NAME
            else:
                self._read_field(line)
        self._keep(rest)
        return events

    def _read_field(self, line: bytes) -> None:
        """Take in one line that is not blank."""
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value.decode("utf-8", "replace") or _DEFAULT_NAME
        elif field == b"data":
            self._data.append(value)
            self._held += len(value) + 1
        elif not field:
            self.comments += 1
        elif field == b"id" and b"\0" not in value:
            self.last_event_id = value.decode("utf-8", "replace")
        elif field == b"retry" and value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self.retry = int(value)

    def _dispatch(self) -> ServerSentEvent | None:
        """End the open event: without a data line it is none, and its name is forgotten."""
        data = self._data
        event = None
        if data:
            event = ServerSentEvent(data[0] if len(data) == 1 else b"\n".join(data), self._name)
            self._data = []
            self._held = 0
        self._name = _DEFAULT_NAME
        return event

    def _keep(self, text: bytes) -> None:
        """Keep the start of a line until its end comes, unless that is too much to keep."""
        self._tail += text
        if len(self._tail) + self._held > self._limit:
            self._overrun = True

    def _check_overrun(self) -> None:
        if not self._overrun:
            return
        self._tail.clear()
        self._data = []
        message = (
            f"one event of the stream exceeds {self._limit} bytes; raise the limit if events this large are expected"
        )
        raise ResponseTooLargeError(message)
