"""A decoder of server-sent events, from bytes to events, without any I/O.

The format is that of https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.

Rules of this module:

- The events depend on the bytes alone, never on how they were cut into chunks.
- An event is returned at the byte that ends its blank line, even if that byte is a CR whose LF may still follow.
- The time is linear in the bytes, and the memory is bounded by the limit, even for a line that never ends.
- Lines are found in bytes. ``str.splitlines`` also splits at U+2028, U+2029 and U+0085, which JSON strings may hold.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from dragoman.spec._value import value
from dragoman.spec.errors import ResponseTooLargeError

if not TYPE_CHECKING:  # pragma: no branch  # only type checkers take the other one
    # One object is made for every event: freezing at run time would double the cost of that, so type checkers do it.
    value = partial(value, frozen=False)

__all__ = ["SSE", "EventDecoder", "ServerSentEvent", "ServerSentEvents"]

_BOM = b"\xef\xbb\xbf"
_DEFAULT_NAME = "message"
_MAX_EVENT_BYTES = 16 * 1024 * 1024
_MAX_RETRY_DIGITS = 18
_MAX_STRAY_BYTES = 16 * 1024
_FIELDS = frozenset({b"id", b"retry"})


@value
class ServerSentEvent:
    """Hold one event of a stream.

    Args:
        data: the values of the ``data`` lines, joined with LF. They are bytes, because a JSON parser checks the UTF-8.
        event: the name of the event, with U+FFFD for bytes that are not UTF-8.

    """

    data: bytes
    event: str = _DEFAULT_NAME


class EventDecoder:
    """Turn the chunks of one event stream into events.

    The encoding is always UTF-8, regardless of the response headers, and one leading byte order mark is removed.

    Args:
        max_event_bytes: the maximum size of one event in bytes, including its incomplete line.

    Attributes:
        comments: how many comment lines have been read. They are not events, but show that the server is alive.
        last_event_id: the last event identifier, which is valid until the server sends another.
        retry: the last reconnection time that the server requested, in milliseconds.
        stray: the first lines that are not fields of an event, up to 16 KiB: what else a server or a gateway wrote.

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
        "stray",
    )

    def __init__(self, *, max_event_bytes: int = _MAX_EVENT_BYTES) -> None:
        self.comments: int = 0
        self.last_event_id: str = ""
        self.retry: int | None = None
        self.stray = b""
        self._limit = max_event_bytes
        self._overrun = False
        self._started = False
        self._after_cr = False
        self._tail = bytearray()  # the incomplete line
        self._name = _DEFAULT_NAME  # the name of the incomplete event
        self._data: list[bytes] = []  # the data of the incomplete event
        self._held = 0  # bytes in _data, with the LF after each

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that *chunk* completes, in order.

        Args:
            chunk: the next bytes of the stream, in chunks of any size.

        Raises:
            ResponseTooLargeError: if an event exceeds the limit. Earlier events of the same chunk are returned first,
                and the next call raises the error.

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
        """Return the last event if it has a ``data`` line but no blank line after it.

        The specification discards such an event. The caller may use it to recognize the end of a stream whose server
        omits the last line end.

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
        """Return *chunk* with LF as the only line end, and without the byte order mark."""
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
        """Return the first bytes without a byte order mark, or nothing until it is known whether there is one."""
        head = bytes(self._tail) + chunk
        self._tail.clear()
        if len(head) < len(_BOM) and _BOM.startswith(head):
            self._tail += head
            return b""
        self._started = True
        return head.removeprefix(_BOM)

    def _read_burst(self, text: bytes) -> list[ServerSentEvent] | None:
        """Return the events of *text* if each consists of one line that begins with ``data: ``, else ``None``.

        This is the form of nearly all events, which are split here without reading each line.
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
        """Return the events of *text*, which begins at the start of a line, and keep its incomplete event."""
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
        """Read one line that is not blank."""
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
        elif field not in _FIELDS and len(self.stray) + len(line) < _MAX_STRAY_BYTES:
            self.stray += line + b"\n"

    def _dispatch(self) -> ServerSentEvent | None:
        """Return the event that a blank line completes, ``None`` if it has no data line."""
        data = self._data
        event = None
        if data:
            event = ServerSentEvent(data[0] if len(data) == 1 else b"\n".join(data), self._name)
            self._data = []
            self._held = 0
        self._name = _DEFAULT_NAME
        return event

    def _keep(self, text: bytes) -> None:
        """Keep the beginning of a line until its end arrives, unless it exceeds the limit."""
        self._tail += text
        if len(self._tail) + self._held > self._limit:
            self._overrun = True

    def _check_overrun(self) -> None:
        if not self._overrun:
            return
        self._tail.clear()
        self._data = []
        message = (
            f"one event of the stream exceeds {self._limit} bytes; if events of this size are expected, raise the limit"
        )
        raise ResponseTooLargeError(message)


@value(kw_only=True, frozen=True)
class ServerSentEvents:
    """Describe the framing of server-sent events, as :data:`SSE` does with the default limit.

    Since servers often send the wrong media type, a reply is such a stream if its first bytes are those of an event.

    Args:
        media_types: the media types of its streams.
        name: its name for error messages.
        max_event_bytes: the maximum size of one event in bytes.

    """

    media_types: frozenset[str] = frozenset({"text/event-stream"})
    name: str = "server-sent events"
    max_event_bytes: int = _MAX_EVENT_BYTES

    def decoder(self) -> EventDecoder:
        """Return a new decoder for one reply."""
        return EventDecoder(max_event_bytes=self.max_event_bytes)


SSE = ServerSentEvents()
"""The framing of server-sent events."""
