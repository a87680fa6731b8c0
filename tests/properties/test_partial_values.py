"""What is read of a value on the way is what is read of it at the end, in time that is proportional to its length."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import attrs
import pydantic
import pytest
from attrs import frozen
from hypothesis import given, strategies as st

from dragoman import Finish, Partial, Text, build_response
from dragoman.spec.answers import read_data
from dragoman.spec.partial_values import StreamedValue


class Point(NamedTuple):
    x: int
    y: float


class Options(TypedDict):
    deep: bool
    note: NotRequired[str]
    rank: NotRequired[int | None]


@dataclass
class Leg:
    to: str
    at: Point
    tags: list[str] = field(default_factory=list[str])
    next: Leg | None = None


@frozen
class Trip:
    name: str
    kind: Literal["long", "short"]
    legs: list[Leg]
    options: Options
    pair: tuple[int, str] = (0, "")
    _hidden: int = 0
    others: dict[str, Leg] = attrs.field(factory=dict[str, Leg])


class Model(pydantic.BaseModel):
    size: int = 1
    inner: Model | None = None


TEXTS = st.text(max_size=8)
INTS = st.integers(-(10**6), 10**6)
POINTS = st.tuples(INTS, st.floats(allow_nan=False, allow_infinity=False)).map(list)
LEGS = st.recursive(
    st.fixed_dictionaries({"to": TEXTS, "at": POINTS}, optional={"tags": st.none() | st.lists(TEXTS, max_size=3)}),
    lambda inner: st.fixed_dictionaries({"to": TEXTS, "at": POINTS, "next": inner}),
    max_leaves=3,
)
OPTIONS = st.fixed_dictionaries({"deep": st.booleans()}, optional={"note": st.none() | TEXTS, "rank": st.none() | INTS})
TRIPS = st.fixed_dictionaries(
    {"name": TEXTS, "kind": st.sampled_from(["long", "short"]), "legs": st.lists(LEGS, max_size=3), "options": OPTIONS},
    optional={
        "pair": st.none() | st.tuples(INTS, TEXTS).map(list),
        "_hidden": st.none() | INTS,
        "others": st.dictionaries(TEXTS, LEGS, max_size=2),
    },
)
MODELS = st.recursive(
    st.fixed_dictionaries({}, optional={"size": st.none() | INTS}),
    lambda inner: st.fixed_dictionaries({"inner": st.none() | inner}),
    max_leaves=3,
)
CASES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (Trip, TRIPS),
    (list[Trip], st.lists(TRIPS, max_size=3)),
    (list[Leg | int], st.lists(LEGS | INTS)),
    (Trip | None, st.none() | TRIPS),
    (dict[str, list[Point]], st.dictionaries(TEXTS, st.lists(POINTS, max_size=3), max_size=3)),
    (list[Model], st.lists(MODELS, max_size=3)),
    (Model, MODELS),
    (list, st.lists(INTS | TEXTS)),
    (list[Any], st.lists(INTS | TEXTS | st.none())),
    (tuple[int, str], st.tuples(INTS, TEXTS).map(list)),
    (list[Options], st.lists(OPTIONS, max_size=3)),
    (str, TEXTS),
]
OBJECTS = [Trip, Model, dict[str, list[Point]]]
AROUND = ["{}", "Sure:\n```json\n{}\n```", "<think>hm</think>{}\n", "It is {}."]


@given(st.data())
def test_what_is_given_on_the_way_is_what_is_read_at_the_end(data: st.DataObject) -> None:
    kind, values = data.draw(st.sampled_from(CASES))
    plain = data.draw(values)
    may_be_bare = isinstance(plain, dict) and (kind in OBJECTS or data.draw(st.booleans()))
    wrapped = plain if may_be_bare else {"value": plain}
    text = data.draw(st.sampled_from(AROUND)).replace("{}", json.dumps(wrapped, ensure_ascii=data.draw(st.booleans())))
    size = data.draw(st.integers(1, 40))
    response = build_response([Text(text=text)], Finish(reason="stop"))
    _, value = read_data(response, kind)
    reader: StreamedValue[Any] = StreamedValue(kind)
    reader.levels = data.draw(st.sampled_from([1, 3]))
    states: list[Partial[Any]] = []
    kept: list[str] = []
    for start in range(0, len(text), size):
        reader.feed(text[start : start + size])
        if (state := reader.partial()) is not None:
            states.append(state)
            kept.append(repr(state))
    reader.end(response)
    if (state := reader.partial()) is not None:
        states.append(state)
        kept.append(repr(state))
    assert [repr(state) for state in states] == kept
    assert states[-1].is_whole
    assert all(grows(one.data, other.data) for one, other in pairwise(states))
    last = build_response([Text(text=json.dumps(states[-1].data))], Finish(reason="stop"))
    assert read_data(last, kind)[1] == value
    assert list(reader.items) == (list(value) if reader.is_list else [])


def grows(before: Any, after: Any) -> bool:
    """Tell whether nothing of a state was changed or taken back in a later one."""
    if isinstance(before, dict):
        return isinstance(after, dict) and all(name in after and grows(before[name], after[name]) for name in before)
    if isinstance(before, list):
        return isinstance(after, list) and all(map(grows, before, after)) and len(before) <= len(after)
    return before is None or before == after


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (Trip, '{"name": 5,', r"expected str, not 5 @ \$\.name"),
        (Trip, '{"kind": "wide"', r"'wide' is not one of 'long', 'short'"),
        (Trip, '{"legs": [{"to": "x", "at": [1, "y"]}', r"expected float, not 'y' @ \$\.legs\[0\]\.at"),
        (Trip, '{"options": {"deep": 1,', r"expected bool, not 1 @ \$\.options\.deep"),
        (Trip, '{"pair": [1, 2]', r"expected str, not 2 @ \$\.pair\[1\]"),
        (list[Trip], '{"value": [{}', r"required field missing: 'name' @ \$\[0\]"),
        (list[Model], '[{"size": "x"}', r"@ \$\[0\]\.size"),
    ],
)
def test_a_misfit_is_told_as_soon_as_it_is_whole(kind: Any, text: str, problem: str) -> None:
    reader: StreamedValue[Any] = StreamedValue(kind)
    reader.levels = 3
    with pytest.raises(ValueError, match=problem):
        reader.feed(text)


def test_a_misfit_in_what_may_not_be_meant_is_none() -> None:
    text = 'Not\n[{"to": 5}]\nbut\n```\n[{"to": "x", "at": [1, 2]}]\n```'
    reader: StreamedValue[Any] = StreamedValue(list[Leg])
    reader.feed(text)
    assert not reader.items


def calls(work: Callable[[], object]) -> int:
    """Return how many functions are called, of Python and of C."""
    count = 0

    def note(_: Any, event: str, __: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def long_text(count: int, what: str) -> str:
    leg = {"to": 'x "y" \n ' * (4 * count if what == "text" else 1), "at": [1, 2.5]}
    return json.dumps([leg] * (1 if what == "text" else count))


@pytest.mark.parametrize("what", ["text", "items"])
@pytest.mark.parametrize("takes_states", [True, False])
def test_the_work_is_linear(what: str, takes_states: bool) -> None:  # noqa: FBT001
    def read(text: str) -> int:
        reader: StreamedValue[Any] = StreamedValue(list[Leg])

        def work() -> None:
            for start in range(0, len(text), 4):
                reader.feed(text[start : start + 4])
                if takes_states:
                    reader.partial()

        return calls(work)

    read(long_text(1, what))  # the types are looked at once
    few, many = long_text(300, what), long_text(600, what)
    assert len(few) > 5_000
    assert len(many) > 10_000
    one, other = read(few), read(many)
    assert other < 2.1 * one
    assert other < 25 * len(many)


def test_few_states_are_given_of_very_many_items() -> None:
    text = json.dumps([1] * 20_000)
    reader: StreamedValue[Any] = StreamedValue(list[int])
    copied = 0
    for start in range(0, len(text), 3):
        reader.feed(text[start : start + 3])
        if (state := reader.partial()) is not None:
            copied += len(state.data)
    assert state is not None
    assert state.is_whole
    assert copied < 1024**2 + 12 * 20_000
