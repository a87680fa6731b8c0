from __future__ import annotations

import pytest

from dragoman.http.sse import EventDecoder, ServerSentEvent
from dragoman.spec.errors import ResponseTooLargeError


def decode(*chunks: bytes) -> list[ServerSentEvent]:
    decoder = EventDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def data_of(*chunks: bytes) -> list[bytes]:
    return [event.data for event in decode(*chunks)]


def bytewise(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


class TestEvent:
    def test_is_called_message_by_default(self) -> None:
        assert ServerSentEvent(b"x").event == "message"

    def test_equals_and_hashes_by_value(self) -> None:
        assert len({ServerSentEvent(b"x"), ServerSentEvent(b"x"), ServerSentEvent(b"x", "ping")}) == 2


class TestLines:
    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
    def test_end_in_lf_crlf_or_cr(self, end: bytes) -> None:
        stream = end.join([b"event: a", b"data: 1", b"", b"data: 2", b"data: 3", b"", b""])
        expected = [ServerSentEvent(b"1", "a"), ServerSentEvent(b"2\n3")]

        assert expected == decode(stream)
        assert expected == decode(*bytewise(stream))

    def test_crlf_split_between_chunks_is_one_end(self) -> None:
        assert data_of(b"data: 1\r", b"\ndata: 2\r", b"\n\r", b"\ndata: 3\r\n\r\n") == [b"1\n2", b"3"]

    def test_an_empty_chunk_after_cr_changes_nothing(self) -> None:
        assert data_of(b"data: 1\r", b"", b"\ndata: 2\n\n") == [b"1\n2"]

    def test_the_event_comes_with_the_cr_of_its_blank_line(self) -> None:
        decoder = EventDecoder()

        assert decoder.feed(b"data: x\r\n\r") == [ServerSentEvent(b"x")]
        assert decoder.feed(b"\n") == []

    def test_the_event_comes_with_the_second_lone_cr(self) -> None:
        assert data_of(b"data: x\r\r") == [b"x"]

    @pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1e"])
    def test_do_not_end_in_other_separators(self, separator: str) -> None:
        value = f'{{"text":"a{separator}b"}}'.encode()

        assert data_of(b"data: " + value + b"\n\n") == [value]


class TestByteOrderMark:
    @pytest.mark.parametrize("chunks", [(b"\xef\xbb\xbfdata: x\n\n",), (b"\xef", b"\xbb", b"\xbf", b"data: x\n\n")])
    def test_is_stripped(self, chunks: tuple[bytes, ...]) -> None:
        assert data_of(*chunks) == [b"x"]

    def test_is_stripped_once_and_only_at_the_start(self) -> None:
        assert data_of(b"\xef\xbb\xbf\xef\xbb\xbfdata: x\n\ndata: \xef\xbb\xbf\n\n") == [b"\xef\xbb\xbf"]

    def test_that_is_none_is_part_of_the_line(self) -> None:
        assert data_of(b"\xef", b"\xbbdata: x\ndata: y\n\n") == [b"y"]


class TestFields:
    def test_one_space_after_the_colon_is_stripped(self) -> None:
        assert data_of(b"data:  x \n\n") == [b" x "]

    def test_no_space_is_needed(self) -> None:
        assert data_of(b"data:{}\n\n") == [b"{}"]

    def test_data_lines_join_with_lf(self) -> None:
        assert data_of(b"data: {\ndata:\ndata: }\n\n") == [b"{\n\n}"]

    def test_without_colon_the_value_is_empty(self) -> None:
        assert data_of(b"data\n\ndata\ndata\n\n") == [b"", b"\n"]

    def test_empty_data_is_an_event(self) -> None:
        assert data_of(b"data: \n\ndata:\n\n") == [b"", b""]

    def test_no_data_line_is_no_event_and_the_name_is_forgotten(self) -> None:
        assert decode(b"event: ping\n\ndata: x\n\n") == [ServerSentEvent(b"x", "message")]

    def test_the_last_name_wins_and_an_empty_one_is_message(self) -> None:
        stream = b"event: a\nevent: b\ndata: 1\n\nevent: a\nevent\ndata: 2\n\nevent: \ndata: 3\n\n"

        assert [event.event for event in decode(stream)] == ["b", "message", "message"]

    def test_the_name_may_stand_after_the_data(self) -> None:
        assert decode(b"data: x\nevent: a\n\n") == [ServerSentEvent(b"x", "a")]

    def test_a_name_in_broken_utf8_does_not_raise(self) -> None:
        assert decode(b"event: \xff\ndata: x\n\n") == [ServerSentEvent(b"x", "\ufffd")]

    def test_data_in_broken_utf8_is_left_as_it_is(self) -> None:
        assert data_of(b"data: \xff\xfe\n\n") == [b"\xff\xfe"]

    def test_unknown_ones_are_ignored(self) -> None:
        assert data_of(b"datum: 1\n data: 2\nDATA: 3\ndata: x\n\n") == [b"x"]

    def test_comments_are_counted(self) -> None:
        decoder = EventDecoder()

        assert decoder.feed(b": OPENROUTER PROCESSING\n\n:\n") == []
        assert decoder.comments == 2
        assert decoder.feed(b"data: x\n: in between\ndata: y\n\n") == [ServerSentEvent(b"x\ny")]
        assert decoder.comments == 3

    def test_id_stays_in_force_and_one_with_nul_is_ignored(self) -> None:
        decoder = EventDecoder()
        decoder.feed(b"id: 7\n\nid: 8\x009\ndata: x\n\n")

        assert decoder.last_event_id == "7"

        decoder.feed(b"id\n\n")

        assert decoder.last_event_id == ""

    def test_retry_is_digits_only(self) -> None:
        decoder = EventDecoder()
        for value in (b"-1", b"3s", b"", b"\xc2\xb2", b"9" * 5000):
            decoder.feed(b"retry: " + value + b"\n\n")

        assert decoder.retry is None

        decoder.feed(b"retry: 3000\n\n")

        assert decoder.retry == 3000


class TestEndOfInput:
    def test_an_event_without_its_blank_line_is_only_shown_at_the_end(self) -> None:
        decoder = EventDecoder()

        assert decoder.feed(b"data: 1\n\nevent: done\ndata: 2\n") == [ServerSentEvent(b"1")]
        assert decoder.close() == ServerSentEvent(b"2", "done")

    def test_the_last_line_may_lack_its_end_too(self) -> None:
        decoder = EventDecoder()
        decoder.feed(b"data: [DONE]")

        assert decoder.close() == ServerSentEvent(b"[DONE]")

    @pytest.mark.parametrize("stream", [b"", b"data: x\n\n", b"event: x\n", b": comment", b"\xef\xbb"])
    def test_nothing_is_left(self, stream: bytes) -> None:
        decoder = EventDecoder()
        decoder.feed(stream)

        assert decoder.close() is None


class TestLimit:
    def test_is_inclusive(self) -> None:
        assert EventDecoder(max_event_bytes=7).feed(b"data: x\n\n") == [ServerSentEvent(b"x")]

    def test_ends_a_line_that_does_not_end(self) -> None:
        decoder = EventDecoder(max_event_bytes=100)
        decoder.feed(b"x" * 100)

        with pytest.raises(ResponseTooLargeError, match="100 bytes"):
            decoder.feed(b"x")

    def test_ends_an_event_of_many_lines(self) -> None:
        decoder = EventDecoder(max_event_bytes=100)

        with pytest.raises(ResponseTooLargeError):
            decoder.feed(b"data: 12345\n" * 100)

    def test_is_for_one_event_not_for_the_stream(self) -> None:
        decoder = EventDecoder(max_event_bytes=100)

        assert sum(len(decoder.feed(b"data: 12345\n\n: 12345\n" * 20)) for _ in range(20)) == 400

    def test_does_not_count_comments_that_have_ended(self) -> None:
        decoder = EventDecoder(max_event_bytes=10)
        for _ in range(20):
            decoder.feed(b": ping\n")

        assert decoder.comments == 20

    def test_events_before_the_large_one_are_returned_first(self) -> None:
        decoder = EventDecoder(max_event_bytes=10)

        assert decoder.feed(b"data: 1\n\ndata: 1234567890\n\ndata: 2\n\n") == [ServerSentEvent(b"1")]
        for _ in range(2):
            with pytest.raises(ResponseTooLargeError):
                decoder.feed(b"data: 3\n\n")

    def test_is_also_seen_at_the_end(self) -> None:
        decoder = EventDecoder(max_event_bytes=10)
        decoder.feed(b"data: 1\n\ndata: 1234567890")

        with pytest.raises(ResponseTooLargeError):
            decoder.close()


class TestLargeEvent:
    @pytest.mark.parametrize("size", [64 * 1024, 1460, 1])
    def test_of_megabytes_comes_whole(self, size: int) -> None:
        value = b"x" * (5_000_000 if size > 1 else 300_000)
        stream = b"data: " + value + b"\n\n"
        chunks = (stream[start : start + size] for start in range(0, len(stream), size))

        assert data_of(*chunks) == [value]
