from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import ConfigurationError, InvalidRequestError, LLMConfig, Settings
from dragoman.client.conversation import read_conversation, read_texts
from dragoman.http import dumps
from dragoman.spec.argument_checks import (
    MAX_LEVELS,
    copied,
    is_hashable,
    is_iterable,
    is_same,
    plain_number,
    plain_text,
    seconds,
    shown,
)

NO_NUMBERS = ["5", b"5", True, None, [], Decimal(5), Fraction(5), 5j, float("nan"), float("inf"), -float("inf")]


class Loud(str):
    """A text whose class fails wherever it is asked."""

    __slots__ = ()

    def __len__(self) -> int:
        raise RuntimeError

    def __repr__(self) -> str:
        raise RuntimeError


class Scalar:
    """Stand for a scalar of an array library."""

    shape = ()

    def __init__(self, value: object) -> None:
        self.value = value

    def item(self) -> object:
        return self.value


class Whole(int):
    pass


class Unhashable:
    def __hash__(self) -> int:
        raise RuntimeError


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_finite_number_is_itself(number: float) -> None:
    taken = plain_number(number)
    assert (taken, type(taken)) == (number, type(number))
    assert plain_number(Scalar(number)) == number


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert plain_number(value) is None
    assert plain_number(Scalar(value)) is None
    assert seconds(value) is None


def test_a_number_of_a_derived_class_becomes_a_plain_one() -> None:
    assert type(plain_number(Whole(3))) is int


@pytest.mark.parametrize(("value", "taken"), [(1, 1), (0.5, 0.5), (0, None), (-0.0, None), (-1, None), (10**400, None)])
def test_seconds_are_above_zero_and_have_an_end(value: object, taken: object) -> None:
    assert seconds(value) == taken


def test_a_text_is_its_characters() -> None:
    assert type(plain_text(Loud("abc"))) is str
    assert plain_text(Loud("abc")) == "abc"


def test_anything_is_shown_shortly() -> None:
    for value in (Loud("x"), 10**5000, Unhashable(), "x" * 10_000, [[[[[[[[1]]]]]]]] * 100):
        assert 0 < len(shown(value)) < 200


def test_only_what_has_a_hash_is_hashable() -> None:
    assert [is_hashable(each) for each in (1, "a", [], Unhashable())] == [True, True, False, False]


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(JSON)
def test_a_copy_is_equal_and_shares_nothing_that_changes(value: Any) -> None:
    copy = copied(value, "x")
    assert copy == value
    if isinstance(value, dict | list):
        assert copy is not value


def test_what_changes_in_place_is_copied_and_what_does_not_is_shared() -> None:
    thing = object()
    data = bytearray(b"ab")
    value: dict[str, Any] = {"a": (data, thing, {1}), "b": memoryview(data)}
    copy = copied(value, "x")
    data[:] = b"cd"
    assert copy == {"a": (b"ab", thing, {1}), "b": b"ab"}
    assert copied({"twice": [value["a"]] * 2}, "x")["twice"][0][1] is thing


def _nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_what_is_nested_too_deep_or_holds_itself_is_refused() -> None:
    assert copied(_nested(MAX_LEVELS), "x") == _nested(MAX_LEVELS)
    cycle: dict[str, Any] = {}
    cycle["again"] = [cycle, cycle]
    for value in (_nested(MAX_LEVELS + 1), cycle):
        with pytest.raises(InvalidRequestError, match="x is nested deeper than 100 levels, or contains") as caught:
            copied(value, "x")
        assert caught.value.parameter == "x"


def test_the_same_is_what_is_sent_alike() -> None:
    here = object()
    alike: list[tuple[object, object]] = [
        ({"a": [1, 2.5, "x", None]}, {"a": [1, 2.5, "x", None]}),
        ((1, 2), (1, 2)),
        ({1}, {1}),
        (here, here),
    ]
    others: list[tuple[object, object]] = [
        (1, True),
        (0.0, -0.0),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        ({1}, {2}),
        (object(), here),
    ]
    assert all(is_same(*each) for each in alike)
    assert not any(is_same(*each) for each in others)


class NoDimensions:
    """Stand for an array without dimensions, which has the method and cannot be gone through."""

    def __iter__(self) -> Any:
        message = "iteration over a 0-d array"
        raise TypeError(message)


def test_an_array_without_dimensions_is_no_list() -> None:
    wrong: Any = NoDimensions()
    assert not is_iterable(wrong)
    assert is_iterable([])
    for take in (read_conversation, read_texts, lambda stop: Settings(stop=stop)):
        with pytest.raises(InvalidRequestError):
            take(wrong)
    with pytest.raises(InvalidRequestError, match="stop must be a non-empty string or a list of them"):
        Settings(stop={"a": 1})


def test_names_of_any_kind_are_told_without_a_foreign_error() -> None:
    with pytest.raises(InvalidRequestError, match="JSON cannot represent"):
        dumps({"a": {10**5000: 1}})
    config = LLMConfig(model="m")
    config.kwargs.update({5: 6})  # type: ignore[dict-item]
    with pytest.raises(ConfigurationError, match="the name of a keyword argument must be a string, not int"):
        config.check()
