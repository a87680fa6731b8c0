"""What is known of the type of a member or an item before the rest is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import pydantic
import pytest
from attrs import frozen
from typing_extensions import TypeAliasType

from dragoman.spec.answer_types import UNKNOWN, Inner, inner_of, is_list

T = TypeVar("T")
Bound = TypeVar("Bound", bound=list[int])
Cities = NewType("Cities", list[str])
Alias = TypeAliasType("Alias", dict[str, int])
Positive = Annotated[int, {"minimum": 1}]


@frozen
class City:
    name: str
    size: int = 0
    note: str | None = None


@dataclass
class Box(Generic[T]):
    content: T


class Point(NamedTuple):
    x: int


class Options(TypedDict):
    deep: bool
    note: NotRequired[str]
    rank: NotRequired[int | None]


class Model(pydantic.BaseModel):
    size: int


@pytest.mark.parametrize(
    ("kind", "step", "inner"),
    [
        (City, "name", Inner(str)),
        (City, "size", Inner(int, null_is_default=True)),
        (City, "note", Inner(str | None)),
        (City, "other", Inner(UNKNOWN)),
        (City, 0, Inner(UNKNOWN)),
        (City | None, "name", Inner(str)),
        (Annotated[City, "a city"], "name", Inner(str)),
        (Box[int], "content", Inner(int)),
        (Options, "deep", Inner(bool)),
        (Options, "note", Inner(NotRequired[str], null_is_default=True)),
        (Options, "rank", Inner(NotRequired[int | None])),
        (Options, "other", Inner(UNKNOWN)),
        (Point, 0, Inner(int)),
        (Point, 1, Inner(UNKNOWN)),
        (Point, "x", Inner(UNKNOWN)),
        (list[Positive], 7, Inner(Positive)),
        (Sequence[City], 0, Inner(City)),
        (set[int], 0, Inner(int)),
        (tuple[int, ...], 3, Inner(int)),
        (tuple[int, str], 1, Inner(str)),
        (tuple[int, str], 2, Inner(UNKNOWN)),
        (list, 0, Inner(UNKNOWN)),
        (list[int], "x", Inner(UNKNOWN)),
        (Cities, 0, Inner(str)),
        (Bound, 0, Inner(int)),
        (dict[str, City], "a", Inner(City)),
        (Mapping[str, int], "a", Inner(int)),
        (Alias, "a", Inner(int)),
        (City | Point, "name", Inner(UNKNOWN)),
        (Model, "size", Inner(UNKNOWN)),
        (Any, "a", Inner(UNKNOWN)),
        (Literal["a"], 0, Inner(UNKNOWN)),
        (int, 0, Inner(UNKNOWN)),
    ],
)
def test_what_is_known(kind: Any, step: str | int, inner: Inner) -> None:
    assert inner_of(kind, step) == inner


@pytest.mark.parametrize("kind", [list[int], list, set[int], tuple[int, ...], Sequence[int], Cities, list[int] | None])
def test_it_is_a_list(kind: Any) -> None:
    assert is_list(kind)


@pytest.mark.parametrize("kind", [str, dict[str, int], City, tuple[int, str], tuple[()], int | list[int], Point])
def test_it_is_no_list(kind: Any) -> None:
    assert not is_list(kind)
