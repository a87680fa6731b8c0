"""A decoder of binary messages with a length, typed headers and checksums, from bytes to frames, without any I/O.

All numbers are big-endian. A message is: its length in bytes (4 bytes), the length of its headers (4), the CRC-32 of
these eight bytes (4), the headers, the content, and the CRC-32 of everything before it (4). A header is: the length of
its name (1), its name, the type of its value (1) and the value.

The headers and the content have the meaning that a dialect gives them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from struct import Struct
from zlib import crc32

from dragoman.http.framing import Frame, HeaderValue
from dragoman.spec._value import value
from dragoman.spec.errors import ProtocolError, ResponseTooLargeError, StreamInterruptedError

_PRELUDE = Struct(">III")
_CHECKSUM = Struct(">I")
_LENGTH = Struct(">H")
_CHECKED = 8
"""How many bytes of the prelude its checksum covers."""
_SHORTEST = _PRELUDE.size + _CHECKSUM.size
_MAX_MESSAGE_BYTES = 24 * 1024 * 1024
_MAX_HEADER_BYTES = 128 * 1024
_MAX_HEADERS = 1000

_TRUE, _FALSE, _BYTES, _TEXT, _UUID = 0, 1, 6, 7, 9
_NUMBERS = {2: Struct(">b"), 3: Struct(">h"), 4: Struct(">i"), 5: Struct(">q"), 8: Struct(">q")}
"""The numbers by their type; type 8 is a time in milliseconds since 1970."""
_UUID_BYTES = 16


class MessageDecoder:
    """Divide the chunks of one reply into messages.

    Args:
        max_message_bytes: the maximum size of one message in bytes.

    Attributes:
        comments: 0, since this framing has none.

    """

    __slots__ = ("_buffer", "_headers_end", "_length", "_limit", "_offset", "comments")

    def __init__(self, *, max_message_bytes: int = _MAX_MESSAGE_BYTES) -> None:
        self.comments: int = 0
        self._limit = max_message_bytes
        self._buffer = bytearray()  # the incomplete message
        self._offset = 0  # where it begins
        self._length = 0  # how long it is, 0 until its prelude is read
        self._headers_end = 0

    def feed(self, chunk: bytes, /) -> Iterator[Frame]:
        """Yield the messages that *chunk* completes, in order.

        Raises:
            ProtocolError: if a length, a checksum or a header of a message is wrong.
            ResponseTooLargeError: if a message exceeds the limit.

        """
        self._buffer += chunk
        while (length := self._length or self._read_prelude()) and len(self._buffer) >= length:
            frame = self._read(bytes(self._buffer[:length]))
            del self._buffer[:length]
            self._offset += length
            self._length = 0
            yield frame

    def close(self) -> None:
        """Check that the reply ended between two messages.

        Raises:
            StreamInterruptedError: if it ended within one.

        """
        if self._buffer:
            message = f"the binary event stream ended within {self._place}, after {len(self._buffer)} bytes of it"
            raise StreamInterruptedError(message, phase="mid_stream")

    @property
    def _place(self) -> str:
        return f"the message at byte {self._offset}"

    def _read_prelude(self) -> int:
        """Return the length of the message, 0 if its prelude is incomplete."""
        if len(self._buffer) < _PRELUDE.size:
            return 0
        length, headers, checksum = _PRELUDE.unpack_from(self._buffer)
        if crc32(self._buffer[:_CHECKED]) != checksum:
            raise self._wrong("the checksum of the prelude")
        if headers > min(length - _SHORTEST, _MAX_HEADER_BYTES):
            raise self._wrong(f"the length of the headers ({headers} of {length} bytes)")
        if length > self._limit:
            message = f"the binary event stream: {self._place} has {length} bytes, more than the limit of {self._limit}"
            raise ResponseTooLargeError(message)
        self._length, self._headers_end = length, _PRELUDE.size + headers
        return self._length

    def _read(self, message: bytes) -> Frame:
        end = len(message) - _CHECKSUM.size
        content = memoryview(message)
        if crc32(content[:end]) != _CHECKSUM.unpack_from(message, end)[0]:
            raise self._wrong("the checksum")
        try:
            headers = _headers(message[_PRELUDE.size : self._headers_end])
        except (ValueError, IndexError, struct.error):
            raise self._wrong("a header") from None
        return Frame(message[self._headers_end : end], headers)

    def _wrong(self, what: str) -> ProtocolError:
        return ProtocolError(f"the binary event stream: {what} of {self._place} is wrong", phase="decode")


def _headers(data: bytes) -> dict[str, HeaderValue]:
    """Return the headers of a message.

    Raises:
        ValueError: if there are too many, if one occurs twice, or if a text is not UTF-8.
        IndexError: if they end early.
        struct.error: if a number ends early.

    """
    headers: dict[str, HeaderValue] = {}
    place = 0
    while place < len(data):
        length = data[place]
        name = _part(data, place + 1, length).decode()
        place += length + 2
        if name in headers or len(headers) == _MAX_HEADERS:
            raise ValueError(name)
        headers[name], place = _value_at(data, place, data[place - 1])
    return headers


def _value_at(data: bytes, place: int, kind: int) -> tuple[HeaderValue, int]:
    """Return the value of the type *kind* at *place*, and where it ends."""
    if kind in {_TRUE, _FALSE}:
        return kind == _TRUE, place
    if (number := _NUMBERS.get(kind)) is not None:
        return int(number.unpack_from(data, place)[0]), place + number.size
    if kind == _UUID:
        return _part(data, place, _UUID_BYTES), place + _UUID_BYTES
    if kind not in {_BYTES, _TEXT}:
        raise ValueError(kind)
    start = place + _LENGTH.size
    length = int(_LENGTH.unpack_from(data, place)[0])
    part = _part(data, start, length)
    return part.decode() if kind == _TEXT else part, start + length


def _part(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) < length:
        raise IndexError(start)
    return part


@value(kw_only=True)
class BinaryMessages:
    """Describe the framing of binary messages.

    Args:
        media_types: the media types of its streams, which a vendor chooses.
        name: its name for error messages.
        max_message_bytes: the maximum size of one message in bytes.

    """

    media_types: frozenset[str]
    name: str = "a binary event stream"
    max_message_bytes: int = _MAX_MESSAGE_BYTES

    def decoder(self) -> MessageDecoder:
        """Return a new decoder for one reply."""
        return MessageDecoder(max_message_bytes=self.max_message_bytes)
