"""A decoder of newline-delimited JSON, from bytes to frames, without any I/O.

Each line holds one JSON text. Lines end in LF or CR LF; blank lines show that the server is alive. A byte order mark at
the beginning is removed. The last line needs no line end if its JSON is complete. An object or a list that is indented
over several lines, as some servers write an error, is one frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dragoman.http.framing import Frame
from dragoman.http.json import loads
from dragoman.spec._json_depth import MAX_DEPTH
from dragoman.spec._value import value
from dragoman.spec.errors import ProtocolError, ResponseTooLargeError, StreamInterruptedError

_BOM = b"\xef\xbb\xbf"
_BLANK = b" \t\r"
_OPENS = b"{["
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_MAX_LINE_BYTES = 16 * 1024 * 1024


def is_json(text: bytes) -> bool:
    """Return whether *text* is one JSON text."""
    try:
        loads(text)
    except ProtocolError:
        return False
    return True


class LineDecoder:
    """Divide the chunks of one reply into lines, each of which is a frame.

    Args:
        max_line_bytes: the maximum size of one line in bytes.

    Attributes:
        comments: how many blank lines have been read.

    """

    __slots__ = ("_depth", "_limit", "_number", "_open", "_size", "_tail", "comments")

    def __init__(self, *, max_line_bytes: int = _MAX_LINE_BYTES) -> None:
        self.comments: int = 0
        self._limit = max_line_bytes
        self._number = 1
        self._tail = bytearray()  # the incomplete line
        self._open: list[bytes] = []  # the lines of an incomplete text, how deep they end, and their size
        self._depth = 0
        self._size = 0

    def feed(self, chunk: bytes, /) -> Iterator[Frame]:
        """Yield the frames that *chunk* completes, in order.

        Raises:
            ResponseTooLargeError: if a line exceeds the limit.

        """
        *lines, rest = chunk.split(b"\n")
        for line in lines:
            if text := self._text_of(line):
                if self._open or text[-1] in _OPENS:
                    text = self._joined(text)
                if text:
                    yield Frame(text)
            else:
                self.comments += 1
            self._number += 1
        self._tail += rest
        self._check_size(len(self._tail))

    def close(self) -> Frame | None:
        """Return the last line if it has no line end.

        Raises:
            StreamInterruptedError: if its JSON is not complete.

        """
        text = b"\n".join([*self._open, self._text_of(b"")])
        self._open = []
        if not text:
            return None
        if not is_json(text):
            message = f"the newline-delimited JSON ended within line {self._number}, after {len(text)} bytes of it"
            raise StreamInterruptedError(message, phase="mid_stream")
        return Frame(text)

    def _text_of(self, line: bytes) -> bytes:
        """Return the text of the line that *line* completes, without white space around it."""
        if self._tail:
            line = bytes(self._tail) + line
            self._tail.clear()
        self._check_size(len(line))
        return (line.removeprefix(_BOM) if self._number == 1 else line).strip(_BLANK)

    def _joined(self, line: bytes) -> bytes:
        """Return the text of several lines that *line* completes, empty until then; any other line as it is."""
        bare = _STRING.sub(b"", line)
        depth = bare.count(b"{") + bare.count(b"[") - bare.count(b"}") - bare.count(b"]")
        is_part = b'"' not in bare
        is_begun = not line.strip(_OPENS + _BLANK) and depth <= MAX_DEPTH
        if not self._open and not is_begun:  # a line that was cut, not an indented text
            return line
        self._open.append(line)
        self._depth += depth
        self._size += len(line)
        self._check_size(self._size)
        if is_part and self._depth > 0:
            return b""
        text = b"\n".join(self._open)
        self._open, self._depth, self._size = [], 0, 0
        return text

    def _check_size(self, size: int) -> None:
        if size > self._limit:
            message = (
                f"line {self._number} of the newline-delimited JSON exceeds {self._limit} bytes; "
                "if lines of this size are expected, raise the limit"
            )
            raise ResponseTooLargeError(message)


@value(kw_only=True)
class JsonLines:
    """Describe the framing of newline-delimited JSON, as :data:`NDJSON` does with the default limits.

    Args:
        media_types: the media types of its streams. A reply of the type ``application/json`` is a whole answer, unless
            the type is added here. A reply of no type, ``text/plain`` or ``application/octet-stream`` is a stream if it
            begins with an object or a list.
        name: its name for error messages.
        max_line_bytes: the maximum size of one line in bytes.

    """

    media_types: frozenset[str] = frozenset(
        {
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonlines",
            "application/json-lines",
            "application/stream+json",
        }
    )
    name: str = "newline-delimited JSON"
    max_line_bytes: int = _MAX_LINE_BYTES

    def decoder(self) -> LineDecoder:
        """Return a new decoder for one reply."""
        return LineDecoder(max_line_bytes=self.max_line_bytes)


NDJSON = JsonLines()
"""The framing of newline-delimited JSON."""
