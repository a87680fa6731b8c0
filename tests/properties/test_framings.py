"""Every framing makes the same frames and the same errors, however the bytes of a reply were cut."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given, strategies as st

from dragoman.http import NDJSON, BinaryMessages, Frame, Framing, HeaderValue, JsonLines
from dragoman.spec.errors import DragomanError
from dragoman.testing.framings import binary_message, json_line
from properties.test_sse import bytes_of, chunks_of, cuts

Message: TypeAlias = tuple[bytes, dict[str, HeaderValue]]

TYPES = frozenset({"application/x-binary"})
BINARY = BinaryMessages(media_types=TYPES, max_message_bytes=200)
NAMES = st.text(min_size=1, max_size=9)
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=9) | st.binary(max_size=9)
MESSAGES = st.tuples(st.binary(max_size=40), st.dictionaries(NAMES, VALUES, max_size=4))
WORDS = [b"\n", b"\r\n", b"\r", b" ", b"\xef\xbb\xbf", b"{}", b'{"a":', b"1}", b"[1]\n", b'"\xe2\x80\xa8"']
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"\n", b"\r\n", b"\r", b" ", b"\xef\xbb\xbf", b"{}", b'{"a":', b"1}", b"[1]\n", b'"\xe2\x80\xa8"']
        ),
        st.binary(max_size=3),
    ),
    max_size=30,
).map(b"".join)


def outcome(framing: Framing, chunks: list[bytes]) -> tuple[list[object], object]:
    """Return the frames, and the last frame or the error that ended the reply."""
    decoder, frames = framing.decoder(), list[object]()
    try:
        for chunk in chunks:
            frames.extend(decoder.feed(chunk))  # which keeps the frames before an error
        return frames, (decoder.close(), decoder.comments)
    except DragomanError as error:
        return frames, (type(error), str(error))


def check_any_cut(framing: Framing, body: bytes, cuts: list[int]) -> None:
    whole = outcome(framing, [body])
    assert whole == outcome(framing, chunks_of(body, cuts))
    assert whole == outcome(framing, bytes_of(body))


@given(LINES, cuts)
def test_lines(body: bytes, cuts: list[int]) -> None:
    check_any_cut(NDJSON, body, cuts)


@given(LINES, cuts, st.integers(1, 12))
def test_lines_with_a_limit(body: bytes, cuts: list[int], limit: int) -> None:
    whole = outcome(JsonLines(max_line_bytes=limit), [body])
    assert outcome(JsonLines(max_line_bytes=limit), chunks_of(body, cuts)) == whole


@given(st.lists(st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=9)), cuts)
def test_lines_are_what_was_written(values: list[object], cuts: list[int]) -> None:
    lines = [json_line(value) for value in values]
    frames = [Frame(line.strip()) for line in lines]
    assert outcome(NDJSON, chunks_of(b"".join(lines), cuts)) == (frames, (None, 0))


@given(st.lists(MESSAGES, max_size=5), cuts)
def test_messages_are_what_was_written(messages: list[Message], cuts: list[int]) -> None:
    framing = BinaryMessages(media_types=TYPES)
    body = b"".join(binary_message(content, headers) for content, headers in messages)
    frames = [Frame(content, headers) for content, headers in messages]
    assert outcome(framing, chunks_of(body, cuts)) == (frames, (None, 0))


@given(st.lists(MESSAGES, max_size=4), cuts, st.integers(0, 300), st.integers(0, 255), st.integers(0, 300))
def test_damaged_messages(messages: list[Message], cuts: list[int], place: int, byte: int, end: int) -> None:
    body = bytearray(b"".join(binary_message(content, headers) for content, headers in messages))
    if place < len(body):
        body[place] = byte
    check_any_cut(BINARY, bytes(body[: end or len(body)]), cuts)


@given(MESSAGES, st.integers(0, 7), st.integers(0))
def test_a_changed_bit_never_passes(message: Message, bit: int, place: int) -> None:
    body = bytearray(binary_message(*message))
    body[place % len(body)] ^= 1 << bit
    frames, end = outcome(BINARY, [bytes(body)])
    assert frames == []
    assert isinstance(end, tuple)
    assert end[0] is not None
