"""The push parser gives what json, jiter and ijson give, however the text is cut."""

from __future__ import annotations

import json
import math
from io import BytesIO
from itertools import pairwise
from typing import Any

import jiter
import pytest
from hypothesis import given, settings, strategies as st
from ijson.backends import python as ijson  # the backends in C take no integers beyond 64 bits

from dragoman.spec.json_push_parser import JsonPushParser, JsonSyntaxError, WholeValue

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=25)
SPACES = st.text(" \t\r\n", max_size=2)
LIKE_JSON = st.text('{}[]",:\\u0123dD8aAeE+-.truefalsn \n\x00é😀', max_size=30)
CUTS = st.lists(st.integers(0, 400), max_size=40)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Make a JSON text in any of the forms that JSON allows."""
    value = draw(VALUES)
    return (
        draw(SPACES)
        + json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 0, 2])))
        + draw(SPACES)
    )


def cut(text: Any, cuts: list[int]) -> list[Any]:
    places = sorted({0, len(text), *(each for each in cuts if each < len(text))})
    return [text[start:end] for start, end in pairwise(places)]


def parsed(pieces: list[Any]) -> tuple[Any, list[WholeValue]]:
    parser = JsonPushParser()
    found = [each for piece in pieces for each in parser.feed(piece)]
    found += parser.close()
    assert parser.is_whole
    return parser.root, found


def shown(value: Any) -> str:
    """Return what tells apart 1, 1.0 and True, and not NaN from NaN."""
    return repr(value)


@given(texts(), CUTS)
def test_it_gives_what_json_gives(text: str, cuts: list[int]) -> None:
    root, _ = parsed(cut(text, cuts))
    assert shown(root) == shown(json.loads(text))


@given(texts(), CUTS)
def test_bytes_may_be_cut_inside_a_character(text: str, cuts: list[int]) -> None:
    data = text.encode("utf-8", "replace")
    root, _ = parsed(cut(data, cuts))
    assert shown(root) == shown(json.loads(data))


@given(texts().filter(lambda text: "\\ud" not in text), CUTS)
def test_it_gives_what_jiter_gives(text: str, cuts: list[int]) -> None:
    data = text.encode("utf-8", "replace")
    root, _ = parsed(cut(data, cuts))
    assert shown(root) == shown(jiter.from_json(data))


@given(texts().filter(lambda text: "\\ud" not in text and "Infinity" not in text), CUTS)
def test_its_values_are_whole_in_the_order_of_ijson(text: str, cuts: list[int]) -> None:
    data = text.encode("utf-8", "replace")
    _, found = parsed(cut(data, cuts))
    ends = [
        value
        for event, value in ijson.basic_parse(BytesIO(data), use_float=True)
        if event in {"string", "number", "boolean", "null"}
    ]
    scalars = [each.value for each in found if not isinstance(each.value, list | dict)]
    assert len(scalars) == len(ends)
    assert all(one == other or isinstance(other, float) for one, other in zip(scalars, ends, strict=True))


@given(LIKE_JSON, CUTS)
@settings(max_examples=1000)
def test_it_takes_what_json_takes(text: str, cuts: list[int]) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(JsonSyntaxError):
            parsed(cut(text, cuts))
    else:
        assert shown(parsed(cut(text, cuts))[0]) == shown(expected)


@given(texts(), CUTS)
def test_what_is_whole_stands_at_its_path_and_does_not_change(text: str, cuts: list[int]) -> None:
    parser = JsonPushParser()
    seen: list[tuple[WholeValue, str]] = []
    for piece in cut(text, cuts):
        seen += [(each, shown(each.value)) for each in parser.feed(piece)]
    seen += [(each, shown(each.value)) for each in parser.close()]
    for each, before in seen:
        place = parser.root
        for step in each.path:
            place = place[step]
        assert shown(each.value) == before
    assert seen[-1][0] == WholeValue((), parser.root) or shown(parser.root) == shown(seen[-1][0].value)
    assert len(seen) == size(json.loads(text)) or '": ' in text  # members of one name replace each other


def size(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(size(each) for each in inner)


@pytest.mark.parametrize(
    "text",
    [
        r'"\ud83d\ude00"',
        r'"\ud83d"',
        r'"\ude00"',
        r'"\ud83d\ud83d\ude00"',
        r'"\ud83dx\ude00"',
        '"\ud83d\\ude00"',
        r'"\u00e4\"\\\/\b\f\n\r\t"',
        "-0",
        "-0.0",
        "1E+2",
        "1e-2",
        "123456789012345678901234567890",
        "[1e999]",
        "NaN",
        "[-Infinity, Infinity]",
        '{"a": 1, "a": [2], "b": {}}',
        "[[], {}, [[]]]",
    ],
)
def test_every_cut_gives_the_same(text: str) -> None:
    for place in range(len(text) + 1):
        assert shown(parsed([text[:place], text[place:]])[0]) == shown(json.loads(text))
    assert shown(parsed([*text])[0]) == shown(json.loads(text))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "ends before its value does at character 0"),
        ("[1,", "ends before"),
        ('"a', "ends before"),
        ("[1 2]", "expected a comma or the end of the list or object, not '2' at character 3"),
        ("[,]", r"expected a value or \], not ','"),
        ("[1,]", r"expected a value, not '\]'"),
        ("{1}", "expected the name of a member or }, not '1'"),
        ('{"a":1,}', "expected the name of a member, not '}'"),
        ('{"a" 1}', "expected :, not '1'"),
        ("[] []", "expected nothing more, not '\\['"),
        ("[01]", "expected a value, not '01'"),
        ("[truth]", "expected a value, not 'truth'"),
        ("[" + "9" * 30 + "x]", "expected a value, not '99999999999999999999...'"),
        ("[" + "9" * 5000 + "]", "Exceeds the limit"),
        (r'"\x"', "the unknown escape"),
        (r'"\u00g0"', "the unknown escape"),
        ('"a\nb"', "the control character '\\\\n' in a text at character 2"),
        ("[" * 501, "nested deeper than 500 levels at character 500"),
        (b'"\xff"', "invalid start byte in UTF-8"),
        (b'"\xc3', "unexpected end of data in UTF-8"),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str | bytes, problem: str) -> None:
    with pytest.raises(JsonSyntaxError, match=problem):
        parsed([text])


def test_other_text_may_follow() -> None:
    parser = JsonPushParser(may_follow=True)
    assert parser.feed('[1] and "so') == [WholeValue((0,), 1), WholeValue((), [1])]
    assert parser.feed(" on") == parser.close() == []


def test_what_grows_is_known() -> None:
    parser = JsonPushParser()
    assert not parser.is_begun
    parser.feed(' {"a": [1, {"b": tr')
    assert parser.is_begun
    assert parser.root == {"a": [1, {}]}
    assert parser.open_containers == [parser.root, parser.root["a"], parser.root["a"][1]]
    assert parser.open_path == ("a", 1)
    assert not parser.is_whole


def test_a_number_is_whole_at_the_end_of_the_text() -> None:
    parser = JsonPushParser()
    assert parser.feed("1") == []
    assert parser.feed("2") == []
    assert parser.close() == [WholeValue((), 12)]


def test_numbers_that_are_not_numbers() -> None:
    assert math.isnan(parsed(["Na", "N"])[0])


@pytest.mark.parametrize("text", ["[1 , 2]", '{"a" : 1 , "b" : [true ] }', " [ ] "])
def test_a_piece_may_end_in_any_white_space(text: str) -> None:
    parser = JsonPushParser()
    for letter in text:
        parser.feed(letter)
    parser.close()
    assert (parser.root, parser.is_whole) == (json.loads(text), True)
