from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from zlib import crc32

import pytest

from dragoman.http import BinaryMessages, Frame, HeaderValue
from dragoman.http.binary_messages import MessageDecoder
from dragoman.spec.errors import DragomanError, ProtocolError, ResponseTooLargeError, StreamInterruptedError
from dragoman.testing.framings import binary_message

BINARY = BinaryMessages(media_types=frozenset({"application/x-binary"}))
HEADERS: Mapping[str, HeaderValue] = {
    ":kind": "délta",
    "last": True,
    "first": False,
    "n": -5,
    "raw": b"\0",
}
MANY_HEADERS = b"".join(b"\x04%04x\x00" % number for number in range(1001))
ONE = binary_message(b'{"a":1}', HEADERS)
EMPTY = binary_message(b"", {})


def sealed(content: bytes, headers: bytes = b"", **lengths: int) -> bytes:
    """Return a message with right checksums, whatever its lengths and headers are."""
    total = lengths.get("total", 16 + len(headers) + len(content))
    prelude = struct.pack(">II", total, lengths.get("headers_length", len(headers)))
    message = prelude + struct.pack(">I", crc32(prelude)) + headers + content
    return message + struct.pack(">I", crc32(message))


def read(*chunks: bytes) -> list[Frame]:
    decoder = BINARY.decoder()
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    assert decoder.close() is None
    return frames


def failure_of(*chunks: bytes, limit: int = 1 << 20) -> tuple[list[Frame], DragomanError]:
    """Return the frames before an error, and the error."""
    decoder, frames = MessageDecoder(max_message_bytes=limit), list[Frame]()
    try:
        for chunk in chunks:
            frames.extend(decoder.feed(chunk))  # which keeps the frames before an error
        decoder.close()
    except DragomanError as error:
        return frames, error
    pytest.fail("no error")


class TestMessages:
    def test_have_typed_headers_and_content(self) -> None:
        assert read(ONE + EMPTY) == [Frame(b'{"a":1}', HEADERS), Frame(b"")]

    def test_are_read_as_the_format_says(self) -> None:
        prelude = b"\x00\x00\x00\x18\x00\x00\x00\x06"  # 24 bytes in all, of which 6 are the header
        message = prelude + struct.pack(">I", crc32(prelude)) + b"\x01a\x07\x00\x01b" + b"{}"
        assert read(message + struct.pack(">I", crc32(message))) == [Frame(b"{}", {"a": "b"})]

    def test_may_be_cut_anywhere(self) -> None:
        body = ONE + EMPTY + ONE
        assert read(*(bytes([each]) for each in body)) == read(body)

    @pytest.mark.parametrize(
        ("encoded", "value"),
        [
            (b"\x02\xff", -1),
            (b"\x03\x01\x00", 256),
            (b"\x04\x00\x00\x00\x07", 7),
            (b"\x05\xff\xff\xff\xff\xff\xff\xff\xfe", -2),
            (b"\x08\x00\x00\x00\x00\x00\x00\x03\xe8", 1000),
            (b"\x09" + bytes(range(16)), bytes(range(16))),
        ],
    )
    def test_have_numbers_times_and_ids(self, encoded: bytes, value: object) -> None:
        [frame] = read(sealed(b"", b"\x01h" + encoded))
        assert frame.headers == {"h": value}


class TestWrongMessages:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (b"\x00" + ONE[1:8] + b"\0\0\0\0" + ONE[12:], "the checksum of the prelude of the message at byte 16"),
            (ONE[:-8] + b"X" + ONE[-7:], "the checksum of the message at byte 16"),
            (sealed(b"", total=15), r"the length of the headers \(0 of 15 bytes\) of the message at byte 16"),
            (sealed(b"", headers_length=1), "the length of the headers"),
            (sealed(b"", b"x" * 200_000), "the length of the headers"),
            (sealed(b"", b"\x05ab"), "a header of the message at byte 16"),
            (sealed(b"", b"\x01a"), "a header"),
            (sealed(b"", b"\x01a\x0a"), "a header"),
            (sealed(b"", b"\x01a\x05\x00"), "a header"),
            (sealed(b"", b"\x01a\x07\x00\x09x"), "a header"),
            (sealed(b"", b"\x01a\x07\x00\x01\xff"), "a header"),
            (sealed(b"", b"\x01a\x00\x01a\x00"), "a header"),
            (
                sealed(b"", b"".join(b"\x02%02x\x00" % n if n < 256 else b"\x03%03x\x00" % n for n in range(1001))),
                "a header",
            ),
        ],
    )
    def test_are_named_by_their_place_after_those_before(self, wrong: bytes, said: str) -> None:
        frames, error = failure_of(EMPTY + wrong)
        assert (frames, type(error), error.phase) == ([Frame(b"")], ProtocolError, "decode")
        assert re.search(f"the binary event stream: {said}.* is wrong", str(error))

    def test_a_message_over_the_limit_is_refused_by_its_prelude(self) -> None:
        frames, error = failure_of(EMPTY + sealed(b"x" * 100)[:12], limit=100)
        assert (frames, type(error)) == ([Frame(b"")], ResponseTooLargeError)
        assert "the message at byte 16 has 116 bytes, more than the limit of 100" in str(error)

    @pytest.mark.parametrize("size", [1, 11, 12, 40])
    def test_an_end_within_a_message_is_an_interruption(self, size: int) -> None:
        frames, error = failure_of(EMPTY, ONE[:size])
        assert (frames, type(error)) == ([Frame(b"")], StreamInterruptedError)
        assert f"the binary event stream ended within the message at byte 16, after {size} bytes of it" in str(error)
