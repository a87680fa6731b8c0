from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from dragoman import ProtocolError
from dragoman.http import arguments_text, calls_in, end_word, members_of, rewritten, word
from dragoman.http.json import loads


@pytest.mark.parametrize("value", [None, "", " ", "null", " null\n", True, False, {}, [], {"reason": "stop"}])
def test_what_names_no_end(value: Any) -> None:
    assert end_word(value) is None


@pytest.mark.parametrize(("value", "said"), [("stop", "stop"), (" length ", "length"), (1, "1"), ("STOP", "STOP")])
def test_what_names_an_end(value: Any, said: str) -> None:
    assert end_word(value) == said


def test_calls_are_a_list_one_object_or_objects_by_number() -> None:
    one, two = {"id": "a"}, {"id": "b"}
    for given in ([one, {}, two, 5], {"0": one, "1": two}, {"0": one, "1": 5, "2": two}):
        assert calls_in({"tool_calls": given}) == [one, two]
    assert calls_in({"tool_calls": one}) == [one]
    for given in (None, {}, [], "text"):
        assert calls_in({"tool_calls": given}) == []
    assert calls_in({}) == []


def test_a_value_that_cannot_be_encoded_again_is_an_error_of_the_reply() -> None:
    assert rewritten({"a": [1]}) == '{"a":[1]}'
    with pytest.raises(ProtocolError, match="cannot be encoded as JSON again"):
        rewritten(functools.reduce(lambda inner, _: [inner], range(2000), [1]))


@pytest.mark.parametrize("digits", [19, 20, 21, 24, 40])
@pytest.mark.parametrize("place", range(12))
def test_a_long_number_is_read_exactly_wherever_it_stands(place: int, digits: int) -> None:
    number = int("9" * digits)
    assert loads(b'{"n":' + b" " * place + b"%d}" % number) == {"n": number}


@pytest.mark.parametrize(("value", "text"), [(None, "{}"), ("{cut", "{cut"), ({"a": 1}, '{"a":1}'), ([], "[]")])
def test_arguments_are_text(value: Any, text: str) -> None:
    assert arguments_text(value) == text


def test_members_that_are_null_are_not_chosen() -> None:
    assert members_of({"a": 0, "b": None, "c": 1}, ("a", "b", "d")) == {"a": 0}


CALL = {"id": "a", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("told", "calls"),
    [
        ([CALL, {}], [CALL]),
        (CALL, [CALL]),
        ({"0": CALL}, [CALL]),
        (json.dumps([CALL]), [CALL]),
        (json.dumps(CALL), [CALL]),
        ([{**CALL, "function": '{"name": "f"}'}], [CALL]),
        ([{**CALL, "function": "f"}], [{**CALL, "function": None}]),
        ("f", []),
        ("", []),
        (None, []),
    ],
)
def test_calls_in_a_message(told: Any, calls: Any) -> None:
    assert calls_in({"tool_calls": told}) == calls


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", None), (1, "1"), (1.5, "1.5"), (True, None), (None, None)]
)
def test_a_word_is_a_text_or_a_number(value: Any, text: str | None) -> None:
    assert word(value) == text
