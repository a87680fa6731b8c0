from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from dragoman.spec.plain_text import bounded, describe_error, on_one_line, printable

ANY = st.text(st.characters(codec=None))


@given(ANY)
def test_nothing_that_rules_a_terminal_is_left(text: str) -> None:
    shown = printable(text)
    for char in shown:
        kind = unicodedata.category(char)
        assert char in "\n\t" or kind not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(char) not in {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    assert shown.encode().decode() == shown
    assert printable(shown) == shown
    assert not {"\n", "\t"} & {*on_one_line(text)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b]52;c;ZXZpbA==\x07b", "a]52;c;ZXZpbA==b"),
        ("a\x9b31m\x7f\x00b", "a31mb"),
        ("a\u202eb\u2066c\u200bd\ufeffe\u2028f\u061cg\U000e0041h", "abcdefgh"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("half \ud83d", "half \ufffd"),
        ("10\u00a0km, 👩\u200d🚀, می\u200cخواهم, \ue000", "10\u00a0km, 👩\u200d🚀, می\u200cخواهم, \ue000"),
    ],
)
def test_what_is_text_stays(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(ANY, st.integers(50, 100))
def test_a_text_is_bounded_once(text: str, limit: int) -> None:
    short = bounded(text * 20, limit)
    assert len(short) <= limit
    assert bounded(short, limit) == short


def test_what_is_cut_is_counted() -> None:
    assert bounded("x" * 1_000, 100) == "x" * 74 + "... (926 more characters)"
    assert bounded("x" * 100, 100) == "x" * 100


class _UnshownError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_is_described_whatever_its_class_does_when_it_is_shown() -> None:
    assert describe_error(ValueError("odd")) == "ValueError: odd"
    assert describe_error(ValueError()) == "ValueError"
    assert describe_error(_UnshownError()) == "_UnshownError: its message cannot be shown"
