from __future__ import annotations

import re

import pytest

from dragoman import InvalidRequestError, ProtocolError, ResponseTooLargeError
from dragoman.http import HttpReply, HttpRequest, dumps, loads, path_segment
from dragoman.http.json import MAX_ITEMS, MAX_OBJECTS, MAX_VALUES, items_of


def test_bodies_are_not_printed() -> None:
    assert "<3 bytes>" in repr(HttpRequest(url="/x", body=b"abc"))
    assert "abc" not in repr(HttpReply(status=200, body=b"abc", headers={"x": "abc"}))
    assert repr(HttpRequest(url="/x")) == "HttpRequest(url='/x')"


@pytest.mark.parametrize(
    ("header", "expected"),
    [({"content-type": "Text/HTML; charset=x"}, "text/html"), ({}, "")],
)
def test_the_media_type_is_plain(header: dict[str, str], expected: str) -> None:
    assert HttpReply(status=200, headers=header).media_type == expected


@pytest.mark.parametrize(
    ("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False), (400, False)]
)
def test_a_reply_is_ok_from_200_to_299(status: int, *, ok: bool) -> None:
    assert HttpReply(status=status).ok is ok


def test_an_excerpt_is_bounded_and_always_text() -> None:
    assert HttpReply(status=200, body="ä".encode() * 5000).excerpt == "ä" * 500
    assert HttpReply(status=200, body=b"\xff").excerpt == "\ufffd"


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"a": [{"b": float("nan")}]}, "a[0].b: a number that is not finite"),
        ({"a": None, "b": (1, -float("inf"))}, "b[1]: a number that is not finite"),
        ({"messages": [{"content": "ok"}, {"content": "half \ud83d"}]}, "messages[1].content: "),
        ({"seed": 10**4200}, "seed: "),
        ({"a": {"b": {1, 2}}}, "a.b: "),
        (float("nan"), "in the value itself: a number that is not finite"),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_path(value: object, where: str) -> None:
    with pytest.raises(InvalidRequestError, match="JSON cannot represent") as caught:
        dumps(value)
    assert where in caught.value.message


def test_null_and_a_value_without_end_have_no_path() -> None:
    assert dumps({"a": None, "b": ["null", True, 1.5, 3]}) == b'{"a":null,"b":["null",true,1.5,3]}'
    cycle: list[object] = []
    cycle.append(cycle)
    for value in (cycle, [object(), {1: 2}], {1: None}):
        with pytest.raises(InvalidRequestError, match="JSON cannot represent"):
            dumps(value)


@pytest.mark.parametrize("value", [object(), {1: 2}, "\ud800", 10**4200, {"x": {1, 2}}])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(InvalidRequestError, match="JSON cannot represent"):
        dumps(value)


def test_json_goes_there_and_back() -> None:
    value = {"a": [1, 2.5, None, True, "ü\u2028"]}
    assert loads(dumps(value)) == value == HttpReply(status=200, body=dumps(value)).json()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'"\ud83d"', "\ufffd"),
        (rb'"a\udc00b"', "a\ufffdb"),
        (rb'"\ud83d\u0041\ud83d\ud83d\ude00\\ud83d"', "\ufffdA\ufffd😀\\ud83d"),
        (rb'{"\ud83d": ["\ud83d\ude00", 1, null]}', {"\ufffd": ["😀", 1, None]}),
    ],
)
def test_half_a_surrogate_pair_is_replaced(text: bytes, expected: object) -> None:
    value = loads(text)
    assert value == expected
    assert dumps(value)


@pytest.mark.parametrize("text", [b"", b"<html>", b'{"a":', b'"\xff"', b"[" * 100_000])
def test_what_is_no_json_is_named(text: bytes) -> None:
    with pytest.raises(ProtocolError, match="expected JSON") as caught:
        loads(text)
    assert caught.value.phase == "decode"
    assert len(caught.value.body or "") <= 500


def test_what_is_nested_too_deep_to_be_shown_is_no_answer() -> None:
    deep = b"[" * 500 + b"1" + b"]" * 500
    assert repr(loads(deep))
    assert repr(loads(b"[" + b'{"a":[]},' * 400 + b"0]"))
    for too_deep in (b"[" + deep + b"]", b'{"a":' * 501 + b"1" + b"}" * 501):
        with pytest.raises(ProtocolError, match="nested no deeper than 500"):
            loads(too_deep)


@pytest.mark.parametrize(("text", "expected"), [(b"1e400", float("inf")), (b"[-Infinity]", [float("-inf")])])
def test_numbers_that_python_servers_write_are_read(text: bytes, expected: object) -> None:
    assert loads(text) == expected


def test_a_text_of_many_small_values_is_refused_before_it_is_read() -> None:
    with pytest.raises(ResponseTooLargeError, match="1000000 objects and lists, or 16000000 values"):
        loads(b"[" + b"{}," * MAX_OBJECTS + b"{}]")
    with pytest.raises(ResponseTooLargeError):
        loads(b"[" + b"0," * MAX_VALUES + b"0]")


def test_many_numbers_and_a_long_text_are_read() -> None:
    assert len(loads(b"[" + b"0.25," * 600_000 + b"0]")) == 600_001
    assert len(loads(b'"' + b"{" * 900_000 + b"x" * 500_000 + b'"')) == 1_400_000


def test_a_long_list_of_parts_is_refused() -> None:
    assert items_of([1] * MAX_ITEMS) == [1] * MAX_ITEMS
    assert items_of({"a": 1}) == []
    with pytest.raises(ResponseTooLargeError, match="a list of 10001 items; the maximum is 10000"):
        items_of([1] * (MAX_ITEMS + 1))


def test_a_large_text_with_half_a_pair_is_not_read_twice() -> None:
    with pytest.raises(ProtocolError, match="expected JSON"):
        loads(b'"' + b"\\ud800" * (2 << 20) + b'"')


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_segment_of_a_path_is_no_other_path(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"model cannot be '{re.escape(name)}'") as caught:
        path_segment(name, "model")
    assert caught.value.parameter == "model"


@pytest.mark.parametrize(
    ("name", "segment"), [("a/b:c", "a%2Fb%3Ac"), ("../x", "..%2Fx"), ("...", "..."), ("ü ?#", "%C3%BC%20%3F%23")]
)
def test_a_segment_of_a_path_is_encoded_once(name: str, segment: str) -> None:
    assert path_segment(name, "model") == segment
