"""The JSON of a text is found on the way where it begins like JSON."""

from __future__ import annotations

import pytest

from dragoman.spec.json_in_text import JsonInText


def found(text: str, size: int = 1) -> JsonInText:
    reader = JsonInText()
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
    return reader


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("before", "is_certain"),
    [
        ("", True),
        (" \n\t", True),
        ("```json\n", True),
        ("``` ", True),
        ("<think>[1] or {2}</think>\n", True),
        ("<thinking>\n[1]\n</thinking>", True),
        ("Here you are:\n", False),
        ("Here you are:\n\n```json\n", False),
        ("[Note] that\n", False),
        ("<b>\n", False),
        ("`` no fence\n", False),
        ("<think\n" * 40 + "</think>", True),
    ],
)
@pytest.mark.parametrize("json", ['[{"a": [1, 2]}]', '{"a": 1}', "[ [1], [2]]", "{}"])
def test_it_is_found_and_parsed(before: str, is_certain: bool, json: str, size: int) -> None:  # noqa: FBT001
    reader = found(f"{before}{json}\n```\nand [more] {{of}} it", size)
    assert reader.parser.is_whole
    assert reader.json.startswith(json)
    assert (reader.is_certain, reader.is_lost) == (is_certain, False)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "It is [1, 2].",
        "See\n[1] and\n[2]",
        "See\n{braces}",
        "See\n[ 'quoted']",
        "See\n[",
        " " * 500,
        "`" * 3 + "x" * 500 + "[1]",
        "<think>[1] and so on",
        "Say\n" + "[" + " " * 300 + "[1]]",
    ],
)
def test_nothing_is_found_where_it_may_be_a_sentence(text: str, size: int) -> None:
    reader = found(text, size)
    assert not reader.parser.is_begun
    assert reader.json == ""


@pytest.mark.parametrize("size", [1, 1000])
def test_it_is_looked_for_again_where_nothing_was_reported(size: int) -> None:
    reader = found('[x]\n{"a" 1}\n{"b": 2}', size)
    assert reader.parser.root == {"b": 2}
    assert not reader.is_certain


def test_it_is_lost_where_something_was_reported() -> None:
    reader = JsonInText()
    assert len(reader.feed("[1,")) == 1
    assert reader.feed("x]\n") == reader.feed("[2]") == []
    assert reader.is_lost
    assert not reader.is_certain


def test_the_next_part_begins_a_line() -> None:
    reader = JsonInText()
    reader.feed("Sure")
    reader.begin_line()
    reader.feed('{"a": 1}')
    reader.begin_line()
    assert reader.parser.root == {"a": 1}


def test_many_lines_in_one_piece_are_read() -> None:
    reader = found("[x\n" * 20_000 + '{"a": 1}', 100_000)
    assert reader.parser.root == {"a": 1}
