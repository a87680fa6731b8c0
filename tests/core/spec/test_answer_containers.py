"""Lists, objects, enumerations and numbers are read as what they are in JSON, not as what Python would make of them."""

from __future__ import annotations

import enum
from collections import abc, deque
from decimal import Decimal
from itertools import product
from typing import Any, NamedTuple

import pytest

from dragoman.spec.answers import read_value


class Pair(NamedTuple):
    one: str
    other: str


class Mixed(enum.Enum):
    WORD = "a"
    NUMBER = 1
    YES = False


LISTS: list[Any] = [
    list,
    list[Any],
    list[str],
    set,
    set[str],
    set[Any],
    frozenset[str],
    tuple,
    tuple[str, ...],
    tuple[str, str],
    tuple[()],
    deque[str],
    abc.Sequence[str],
    abc.MutableSequence[str],
    abc.Set[str],
    abc.MutableSet[str],
    Pair,
]
OBJECTS: list[Any] = [dict, dict[str, int], dict[str, str], dict[str, Any], abc.Mapping[str, int]]


@pytest.mark.parametrize(("kind", "value"), [*product(LISTS, ["ab", {"a": 1, "b": 2}, None, 5, True])])
def test_what_is_no_list_is_none(kind: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected a list.*, not .* @ \$$"):
        read_value(value, kind)


@pytest.mark.parametrize(("kind", "value"), [*product(OBJECTS, ["ab", [["a", 1]], [], None, 5])])
def test_what_is_no_object_is_none(kind: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^expected an object, not .* @ \$$"):
        read_value(value, kind)


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (list, [1, "a"], [1, "a"]),
        (set, ["a", "a"], {"a"}),
        (set[int], [1, 2.0], {1, 2}),
        (frozenset[str], ["a"], frozenset("a")),
        (abc.Set[str], ["a"], frozenset("a")),
        (abc.MutableSet[str], ["a"], {"a"}),
        (tuple, [1, "a"], (1, "a")),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[()], [], ()),
        (deque[int], [1], deque([1])),
        (abc.Sequence[int], [1], [1]),
        (dict, {"a": 1}, {"a": 1}),
        (dict[str, str], {"a": "b"}, {"a": "b"}),
        (dict[str, float], {"a": 1}, {"a": 1}),
        (abc.Mapping[str, int], {"a": 1}, {"a": 1}),
        (Mixed, "a", Mixed.WORD),
        (Mixed, 1.0, Mixed.NUMBER),
        (Mixed, False, Mixed.YES),
    ],
)
def test_what_is_one_is_read(kind: Any, given: Any, value: Any) -> None:
    found = read_value(given, kind)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (float, 5, "5.0"),
        (float | None, 5, "5.0"),
        (str | float, -5, "-5.0"),
        (int | float, 5, "5"),
        (bool | float, True, "True"),
        (float, 0, "0.0"),
        (list[float], [1, 2.5], "[1.0, 2.5]"),
        (dict[str, float], {"a": 1}, "{'a': 1.0}"),
        (float, 2**53, "9007199254740992.0"),
        (float, 2**53 + 1, "9007199254740993"),  # which no float is
        (float, 10**400, "1" + "0" * 400),
    ],
)
def test_a_whole_number_is_a_float_where_a_type_says_so(kind: Any, given: Any, value: str) -> None:
    assert repr(read_value(given, kind)) == value


@pytest.mark.parametrize(
    ("kind", "value", "misfit"),
    [
        (dict[str, str], {"a": 1}, r"expected str, not 1 @ \$\['a'\]"),
        (dict[str, dict[str, str]], {"a": {"b": 1}}, r"expected str, not 1 @ \$\['a'\]\['b'\]"),
        (tuple[int, str], ["a", 1], r"expected int, not 'a' @ \$\[0\]; expected str, not 1 @ \$\[1\]"),
        (tuple[int, str], [1], r"expected a list of 2 items, not \[1\] @ \$"),
        (list[tuple[int, int]], [[1, 2], [1, 2, 3]], r"expected a list of 2 items, not \[1, 2, 3\] @ \$\[1\]"),
        (set[int], ["a"], r"expected int, not 'a' @ \$\[0\]"),
        (set[list[int]], [[1]], r"unhashable"),
        (Mixed, True, "True is not a valid Mixed"),
        (Mixed, 0, "0 is not a valid Mixed"),
        (Mixed, [1], r"\[1\] is not a valid Mixed"),
        (float, float("nan"), "nan is not a number that JSON can represent"),
        (float | None, float("inf"), "inf is not a number that JSON can represent"),
        (dict[str, float], {"a": float("-inf")}, r"-inf is not a number that JSON can represent @ \$\['a'\]"),
        (Decimal, "NaN", "NaN is not a number that JSON can represent"),
        (Decimal, "Infinity", "Infinity is not a number that JSON can represent"),
    ],
)
def test_what_does_not_fit_is_told_with_its_path(kind: Any, value: Any, misfit: str) -> None:
    with pytest.raises(ValueError, match=misfit):
        read_value(value, kind)
