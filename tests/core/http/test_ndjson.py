from __future__ import annotations

import pytest

from dragoman.http import NDJSON, Frame, JsonLines, framing_of
from dragoman.http.ndjson import LineDecoder, is_json
from dragoman.spec.errors import ResponseTooLargeError, StreamInterruptedError


def lines_of(*chunks: bytes) -> list[bytes]:
    decoder = NDJSON.decoder()
    return [frame.data for chunk in chunks for frame in decoder.feed(chunk)]


class TestLines:
    def test_each_is_a_frame_without_headers(self) -> None:
        assert list(NDJSON.decoder().feed(b'{"a":1}\n[2]\n')) == [Frame(b'{"a":1}'), Frame(b"[2]", {})]

    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\r\n"])
    def test_end_in_lf_or_crlf(self, end: bytes) -> None:
        assert lines_of(b"{}" + end + b"[]" + end) == [b"{}", b"[]"]

    def test_may_be_cut_anywhere(self) -> None:
        assert lines_of(b"{", b"}\r", b"\n[", b"", b"1]\n3", b"\n") == [b"{}", b"[1]", b"3"]

    def test_do_not_end_in_other_separators(self) -> None:
        line = '{"text":"a\u2028b\u0085c"}'.encode()
        assert lines_of(line + b"\n") == [line]

    def test_begin_after_a_byte_order_mark(self) -> None:
        assert lines_of(b"\xef", b"\xbb\xbf{}\n", b"\xef\xbb\xbf[]\n") == [b"{}", b"\xef\xbb\xbf[]"]

    def test_blank_ones_are_signs_of_life(self) -> None:
        decoder = LineDecoder()
        assert list(decoder.feed(b"\n\r\n  \n{}\n")) == [Frame(b"{}")]
        assert decoder.comments == 3


class TestSeveralLines:
    @pytest.mark.parametrize(
        "text",
        [
            b'{\n  "error": "a}"\n}',
            b'[\n{\n"a": [\n1,\n{}\n]\n},\n{"b": "\\"{"}\n]',
            b'{\n"a":\n[1,\r\n2]}',
            b'[{\n"a": "b",\n"c": {"d": 1}}]',
        ],
    )
    def test_are_one_frame(self, text: bytes) -> None:
        joined = text.replace(b"\r\n", b"\n")
        wire = b"{}\n" + text + b"\n[]\n"
        for size in (1, 2, len(wire)):
            pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
            assert [line.replace(b"\n  ", b"\n") for line in lines_of(*pieces)] == [
                b"{}",
                joined.replace(b"\n  ", b"\n"),
                b"[]",
            ]

    @pytest.mark.parametrize("line", [b"a[", b"}, {", b'{"a', b'{"a": [{', b'"a": ['])
    def test_begin_with_brackets_alone(self, line: bytes) -> None:
        assert lines_of(line + b"\n{}\n") == [line, b"{}"]

    def test_end_with_a_line_that_is_no_part(self) -> None:
        assert lines_of(b'{\n"a\n{}\n') == [b'{\n"a', b"{}"]

    def test_may_lack_the_last_line_end(self) -> None:
        decoder = NDJSON.decoder()
        assert not list(decoder.feed(b'{\n"a": 1\n}'))
        assert decoder.close() == Frame(b'{\n"a": 1\n}')
        assert decoder.close() is None

    def test_may_be_cut(self) -> None:
        decoder = NDJSON.decoder()
        assert not list(decoder.feed(b'{\n"a": 1\n'))
        with pytest.raises(StreamInterruptedError, match="ended within line 3"):
            decoder.close()

    def test_have_one_limit(self) -> None:
        decoder = JsonLines(max_line_bytes=4).decoder()
        with pytest.raises(ResponseTooLargeError, match="line 4"):
            list(decoder.feed(b"[\n1,\n2\n,3\n]\n"))


class TestEnd:
    def test_needs_no_line_end_after_complete_json(self) -> None:
        decoder = NDJSON.decoder()
        assert list(decoder.feed(b'{}\n{"done":true} ')) == [Frame(b"{}")]
        assert decoder.close() == Frame(b'{"done":true}')
        assert decoder.close() is None

    @pytest.mark.parametrize("body", [b"", b"{}\n", b"{}\n \r"])
    def test_after_a_line_end_leaves_nothing(self, body: bytes) -> None:
        decoder = NDJSON.decoder()
        list(decoder.feed(body))
        assert decoder.close() is None

    def test_within_a_line_is_an_interruption(self) -> None:
        decoder = NDJSON.decoder()
        list(decoder.feed(b'{}\n{"text":"ha'))
        said = r"the newline-delimited JSON ended within line 2, after 11 bytes of it"
        with pytest.raises(StreamInterruptedError, match=said):
            decoder.close()


class TestLimit:
    def test_applies_to_a_line_that_never_ends(self) -> None:
        decoder = JsonLines(max_line_bytes=4).decoder()
        assert list(decoder.feed(b"{}\n1234")) == [Frame(b"{}")]
        with pytest.raises(ResponseTooLargeError, match="line 2 of the newline-delimited JSON exceeds 4 bytes"):
            list(decoder.feed(b"5"))

    def test_applies_to_a_line_after_those_that_are_read(self) -> None:
        found: list[Frame] = []
        with pytest.raises(ResponseTooLargeError, match="line 2"):
            found.extend(JsonLines(max_line_bytes=4).decoder().feed(b"{}\n12345\n"))
        decoder = JsonLines(max_line_bytes=4).decoder().feed(b"{}\n12345\n")
        assert next(iter(decoder)) == Frame(b"{}")


def test_is_json_of_one_text() -> None:
    assert is_json(b"[1]")
    assert not is_json(b"[1")
    assert not is_json(b"[1]\n[2]")


def test_a_dialect_names_its_framing() -> None:
    class Lines:
        framing = NDJSON

    assert framing_of(Lines()) is NDJSON
    assert "application/x-ndjson" in NDJSON.media_types
