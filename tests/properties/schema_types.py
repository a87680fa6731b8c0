"""Python types, with answers that fit them, one that does not, and what must be said of it.

Each row also says where a vendor is not held to the type, and why a type is refused before anything is sent.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import typing
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Required, TypedDict, TypeVar
from uuid import UUID

import attrs
import pydantic
from attrs import field, frozen

T = TypeVar("T")
KEY = "12345678-1234-5678-1234-567812345678"
OPENAI = "openai"
ANTHROPIC = "anthropic"
STRICT = frozenset({OPENAI, ANTHROPIC})
"""The families whose answers are held to a schema; the others read any schema as far as they can."""


@frozen(kw_only=True)
class Row:
    """One type of the table.

    Args:
        kind: the type.
        good: answers, as JSON, with the value that each is read as.
        bad: an answer that does not fit.
        path: where it does not, as the error says.
        loose: the families that are not held to the type, which the response must say.
        large: whether they are not, for the number of its members alone.
        refused: a word of the error that refuses the type before anything is sent.

    """

    kind: Any
    good: list[tuple[Any, Any]] = field(factory=list)
    bad: Any = None
    path: str = ""
    loose: frozenset[str] = frozenset()
    large: bool = False
    refused: str = ""


def row(
    kind: Any,
    *good: tuple[Any, Any],
    bad: Any,
    path: str,
    loose: frozenset[str] | set[str] = frozenset(),
    large: bool = False,
) -> Row:
    return Row(kind=kind, good=[*good], bad=bad, path=path, loose=frozenset(loose), large=large)


def refused(kind: Any, why: str) -> Row:
    return Row(kind=kind, refused=why)


# Enumerations


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Size(enum.Enum):
    SMALL = 1
    LARGE = 2


class Word(str, enum.Enum):  # noqa: UP042  # as older programs have it
    YES = "yes"
    NO = "no"


class Letter(enum.StrEnum):
    A = "a"
    B = "b"


class Grade(enum.IntEnum):
    GOOD = 1
    BAD = 6


class Mixed(enum.Enum):
    NAME = "name"
    NUMBER = 7


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Ratio(enum.Enum):
    HALF = 0.5


# Classes


@frozen
class Empty:
    pass


@frozen
class Place:
    city: str
    size: int = 3


@frozen
class Person:
    """A person.

    Args:
        name: how they are called.

    """

    name: str
    home: Place | None = None
    visited: list[Place] = field(factory=list[Place])
    favourite: Color = Color.RED


@frozen
class Described:
    to: Annotated[Place, "where to"]
    back: Annotated[Place, "where from"]


@frozen
class Renamed:
    _inner: int
    other: int = field(alias="another", default=1)


@frozen
class Computed:
    a: int
    b: int = field(init=False, default=5)


@frozen
class Box(typing.Generic[T]):
    content: T
    label: str = "box"


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


@dataclasses.dataclass
class Leaf:
    name: str
    next: Leaf | None = None


@dataclasses.dataclass
class Tree:
    name: str
    children: list[Tree]


@frozen
class Node:
    value: int
    children: list[Node] = field(factory=list["Node"])


@frozen
class Even:
    odd: Odd | None = None


@frozen
class Odd:
    even: Even


@dataclasses.dataclass
class Scaled:
    size: int
    factor: dataclasses.InitVar[int] = 2

    def __post_init__(self, factor: int) -> None:
        self.size *= factor


@dataclasses.dataclass(kw_only=True)
class Base:
    a: int


@dataclasses.dataclass(kw_only=True)
class Derived(Base):
    b: str = "b"


@frozen
class Bounded:
    rate: Annotated[float, {"minimum": 0, "maximum": 1}]
    word: Annotated[str, {"minLength": 2, "pattern": "^[a-z]+$"}] = "ab"


@frozen
class Moments:
    at: datetime
    on: date
    when: time


@frozen
class Numbers:
    price: Decimal
    key: UUID


@frozen
class Blob:
    data: bytes
    name: str | None = None


@frozen
class Labelled:
    labels: dict[str, int]


@frozen
class Free:
    extra: Any = None


@frozen
class Tags:
    tags: set[str]
    pair: tuple[int, str] = (1, "a")


@frozen
class Cat:
    purrs: bool


@frozen
class Dog:
    barks: int


@frozen
class Left:
    x: int


@frozen
class Right:
    x: int


@frozen
class Circle:
    radius: float
    kind: Literal["circle"] = "circle"


@frozen
class Square:
    radius: float
    kind: Literal["square"] = "square"


@frozen
class Choices:
    shape: Literal["a", "b"]
    number: Literal[1, 2] = 1
    maybe: Literal["x"] | None = None
    either: Literal["auto"] | int = "auto"


@frozen
class Deep:
    pets: dict[str, list[Cat | Dog]]


# Records


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Partial(TypedDict, total=False):
    title: Required[str]
    year: int
    note: str | None


class Song(NamedTuple):
    title: str
    seconds: int = 0


# Pydantic


class User(pydantic.BaseModel):
    name: str
    age: int = 18


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    name: str = pydantic.Field(min_length=2, max_length=5)
    score: float = pydantic.Field(ge=0, lt=10, description="how good")
    mail: str | None = None


class Team(pydantic.BaseModel):
    lead: User
    members: list[User] = []
    color: Color = Color.RED


class Branch(pydantic.BaseModel):
    name: str
    children: list[Branch] = []


class Aliased(pydantic.BaseModel):
    first: int = pydantic.Field(alias="firstValue")
    kind: Literal["aliased"] = "aliased"


class Tagged(pydantic.BaseModel):
    shape: Annotated[SquareModel | CircleModel, pydantic.Field(discriminator="kind")]


class SquareModel(pydantic.BaseModel):
    kind: Literal["square"]
    side: int


class CircleModel(pydantic.BaseModel):
    kind: Literal["circle"]
    radius: int


@frozen
class Holder:
    user: User
    users: list[User] = field(factory=list[User])
    maybe: User | None = None


UserId = NewType("UserId", int)
UTC = timezone.utc  # noqa: UP017  # datetime.UTC compares equal, and prints otherwise
INSTANT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Nothing:
    """A class that is not a type of values."""


ROWS: dict[str, Row] = {
    # built-in types
    "str": row(str, ("a", "a"), bad=5, path="$"),
    "int": row(int, (5, 5), (5.0, 5), bad="x", path="$"),
    "float": row(float, (1.5, 1.5), (2, 2.0), bad="x", path="$"),
    "bool": row(bool, (True, True), bad=1, path="$"),
    "bytes": row(bytes, ("YWI=", b"ab"), bad="?", path="$", loose={OPENAI}),
    "datetime": row(datetime, (INSTANT.isoformat(), INSTANT), bad="x", path="$"),
    "date": row(date, ("2026-01-02", date(2026, 1, 2)), bad="yesterday", path="$"),
    "time": row(time, ("03:04:05", time(3, 4, 5)), bad="noon", path="$"),
    "Decimal": row(Decimal, ("1.50", Decimal("1.50")), bad="many", path="$"),
    "UUID": row(UUID, (KEY, UUID(KEY)), bad="1", path="$"),
    "Any": row(Any, ({"a": [1]}, {"a": [1]}), bad=None, path="", loose=STRICT),
    "NewType": row(UserId, (5, 5), bad="x", path="$"),
    # containers
    "list[int]": row(list[int], ([1, 2], [1, 2]), ([], []), bad=[1, "x"], path="$[1]"),
    "list[Place]": row(list[Place], ([{"city": "Bern"}], [Place("Bern")]), bad=[{"city": 1}], path="$[0].city"),
    "list[list[str]]": row(list[list[str]], ([["a"]], [["a"]]), bad=[["a"], [1]], path="$[1][0]"),
    "Sequence": row(collections.abc.Sequence[int], ([1], [1]), bad=["x"], path="$[0]"),
    "set": row(set[int], ([1, 2], {1, 2}), bad=["x"], path="$[0]", loose={OPENAI}),
    "frozenset": row(frozenset[str], (["a"], frozenset("a")), bad=[1], path="$[0]", loose={OPENAI}),
    "tuple of two": row(tuple[int, str], ([1, "a"], (1, "a")), bad=[1, 2], path="$[1]", loose=STRICT),
    "tuple of any length": row(tuple[int, ...], ([1, 2], (1, 2)), bad=[1, "x"], path="$[1]"),
    "dict[str, int]": row(dict[str, int], ({"a": 1}, {"a": 1}), bad={"a": "x"}, path="$['a']", loose=STRICT),
    "dict[str, Place]": row(
        dict[str, Place], ({"a": {"city": "B"}}, {"a": Place("B")}), bad={"a": {}}, path="$['a']", loose=STRICT
    ),
    "dict[Letter, int]": row(dict[Letter, int], ({"a": 1}, {Letter.A: 1}), bad={"z": 1}, path="z", loose=STRICT),
    # choices
    "Enum of str": row(Color, ("red", Color.RED), bad="green", path="$"),
    "Enum of int": row(Size, (2, Size.LARGE), bad=3, path="$"),
    "str and Enum": row(Word, ("yes", Word.YES), bad="maybe", path="$"),
    "StrEnum": row(Letter, ("b", Letter.B), bad="c", path="$"),
    "IntEnum": row(Grade, (6, Grade.BAD), bad=2, path="$"),
    "Enum of both": row(Mixed, ("name", Mixed.NAME), (7, Mixed.NUMBER), bad=8, path="$"),
    "list of Enum": row(list[Grade], ([1, 6], [Grade.GOOD, Grade.BAD]), bad=[1, 2], path="$[1]"),
    "Literal of str": row(Literal["a", "b"], ("a", "a"), bad="c", path="$"),
    "Literal of all": row(
        Literal["a", 1, True, None],  # noqa: PYI061  # all kinds of values in one
        ("a", "a"), (1, 1), (True, True), (None, None), bad=2, path="$",
    ),
    "Literal or int": row(Literal["auto"] | int, ("auto", "auto"), (5, 5), bad="manual", path="$"),
    # unions
    "int | str": row(int | str, (1, 1), ("1", "1"), bad=[], path="$"),
    "Color | str": row(Color | str, ("red", Color.RED), ("green", "green"), bad=1, path="$"),
    "datetime | date": row(
        datetime | date, ("2026-01-02", date(2026, 1, 2)), (INSTANT.isoformat(), INSTANT), bad="x", path="$"
    ),
    "int | None": row(int | None, (1, 1), (None, None), bad="x", path="$"),
    "Optional": row(typing.Optional[Place], ({"city": "B"}, Place("B")), (None, None), bad={}, path="$"),  # noqa: UP045
    "Place | str": row(Place | str, ({"city": "B"}, Place("B")), ("B", "B"), bad={"city": 1}, path="$.city"),
    "list[Place] | Place": row(
        list[Place] | Place, ([{"city": "B"}], [Place("B")]), ({"city": "B"}, Place("B")), bad=[{}], path="$[0]"
    ),
    "Cat | Dog": row(
        Cat | Dog, ({"purrs": True}, Cat(purrs=True)), ({"barks": 1}, Dog(1)), bad={"barks": "x"}, path="$.barks"
    ),
    "tagged classes": row(
        Circle | Square,
        ({"radius": 1.5, "kind": "square"}, Square(1.5)),
        ({"radius": 1.5, "kind": "circle"}, Circle(1.5)),
        bad={"radius": "x", "kind": "square"},
        path="$.radius",
    ),
    "list[Place | str]": row(list[Place | str], (["a", {"city": "B"}], ["a", Place("B")]), bad=[1], path="$[0]"),
    # classes
    "attrs class": row(
        Place, ({"city": "B", "size": 1}, Place("B", 1)), ({"city": "B"}, Place("B")), bad={}, path="'city'"
    ),
    "class without members": row(Empty, ({}, Empty()), bad={"a": 1}, path="'a'"),
    "nested class": row(
        Person,
        ({"name": "A"}, Person("A")),
        ({"name": "A", "home": None, "visited": [{"city": "B"}], "favourite": "blue"},
         Person("A", None, [Place("B")], Color.BLUE)),
        bad={"name": "A", "visited": [{"city": "B"}, {"city": 1}]},
        path="$.visited[1].city",
    ),
    "class used twice, described": row(
        Described,
        ({"to": {"city": "A"}, "back": {"city": "B"}}, Described(Place("A"), Place("B"))),
        bad={"to": {"city": "A"}, "back": {"city": 1}},
        path="$.back.city",
    ),
    "attrs class with aliases": row(Renamed, ({"_inner": 1}, Renamed(1)), bad={"_inner": "x"}, path="$._inner"),
    "attrs class with a member of its own": row(Computed, ({"a": 1}, Computed(1)), bad={"a": "x"}, path="$.a"),
    "generic class": row(Box[int], ({"content": 1}, Box(1)), bad={"content": "x"}, path="$.content"),
    "dataclass": row(Point, ({"x": 1.5}, Point(1.5)), bad={"x": "a"}, path="$.x"),
    "dataclass with InitVar": row(
        Scaled, ({"size": 2}, Scaled(2)), ({"size": 2, "factor": 3}, Scaled(2, 3)), bad={"size": 1, "factor": "x"},
        path="$.factor",
    ),
    "derived dataclass": row(Derived, ({"a": 1}, Derived(a=1)), bad={"a": 1, "b": 2}, path="$.b"),
    "recursive dataclass": row(
        Leaf, ({"name": "a", "next": {"name": "b"}}, Leaf("a", Leaf("b"))), bad={"name": "a", "next": {"name": 1}},
        path="$.next.name", loose={ANTHROPIC},
    ),
    "recursive, required": row(
        Tree, ({"name": "a", "children": [{"name": "b", "children": []}]}, Tree("a", [Tree("b", [])])),
        bad={"name": "a", "children": [{"name": 1, "children": []}]}, path="$.children[0].name", loose={ANTHROPIC},
    ),
    "recursive attrs class": row(
        Node, ({"value": 1, "children": [{"value": 2}]}, Node(1, [Node(2)])), bad={"value": 1, "children": [{}]},
        path="$.children[0]", loose={ANTHROPIC},
    ),
    "classes that name each other": row(
        Even, ({"odd": {"even": {}}}, Even(Odd(Even()))), bad={"odd": {"even": 1}}, path="$.odd.even", loose={ANTHROPIC}
    ),
    "bounds": row(Bounded, ({"rate": 0.5}, Bounded(0.5)), bad={"rate": "x"}, path="$.rate"),
    "moments": row(
        Moments, ({"at": "2026-01-02T03:04:05+00:00", "on": "2026-01-02", "when": "03:04:05"},
                  Moments(INSTANT, date(2026, 1, 2), time(3, 4, 5))),
        bad={"at": "2026-01-02T03:04:05+00:00", "on": "x", "when": "03:04:05"}, path="$.on",
    ),
    "numbers as texts": row(
        Numbers, ({"price": "1.5", "key": KEY}, Numbers(Decimal("1.5"), UUID(KEY))), bad={"price": "x", "key": KEY},
        path="$.price",
    ),
    "bytes in a class": row(Blob, ({"data": "YWI="}, Blob(b"ab")), bad={"data": "?"}, path="$.data", loose={OPENAI}),
    "dict in a class": row(
        Labelled, ({"labels": {"a": 1}}, Labelled({"a": 1})), bad={"labels": {"a": "x"}}, path="$.labels", loose=STRICT
    ),
    "Any in a class": row(Free, ({"extra": [1]}, Free([1])), ({"extra": None}, Free()), bad=7, path="$", loose=STRICT),
    "set and tuple in a class": row(
        Tags, ({"tags": ["a"], "pair": [2, "b"]}, Tags({"a"}, (2, "b"))), bad={"tags": [1], "pair": [2, "b"]},
        path="$.tags[0]", loose=STRICT,
    ),
    "choices in a class": row(
        Choices, ({"shape": "a", "number": 2, "maybe": "x", "either": 7}, Choices("a", 2, "x", 7)),
        ({"shape": "b"}, Choices("b")), bad={"shape": "c"}, path="$.shape",
    ),
    "unions in a dict": row(
        Deep, ({"pets": {"a": [{"purrs": True}, {"barks": 1}]}}, Deep({"a": [Cat(purrs=True), Dog(1)]})),
        bad={"pets": {"a": [{"purrs": 1}]}}, path="$.pets['a'][0]", loose=STRICT,
    ),
    # records
    "TypedDict": row(
        Movie, ({"title": "A"}, {"title": "A"}), ({"title": "A", "year": 1}, {"title": "A", "year": 1}),
        bad={"title": "A", "year": "x"}, path="$.year",
    ),
    "TypedDict, not total": row(
        Partial, ({"title": "A", "note": None}, {"title": "A", "note": None}), bad={"title": 1}, path="$.title"
    ),
    "NamedTuple": row(Song, (["A", 5], Song("A", 5)), bad=["A", "x"], path="seconds", loose=STRICT),
    # pydantic
    "pydantic model": row(User, ({"name": "A"}, User(name="A")), bad={"name": []}, path="$.name"),
    "pydantic model with bounds": row(
        Strict, ({"name": "Ann", "score": 1.5}, Strict(name="Ann", score=1.5)), bad={"name": "Ann", "score": 11},
        path="$.score",
    ),
    "nested pydantic models": row(
        Team, ({"lead": {"name": "A"}, "members": [{"name": "B", "age": 5}], "color": "blue"},
               Team(lead=User(name="A"), members=[User(name="B", age=5)], color=Color.BLUE)),
        bad={"lead": {"name": "A"}, "members": [{"name": "B", "age": "x"}]}, path="$.members[0].age",
    ),
    "recursive pydantic model": row(
        Branch, ({"name": "a", "children": [{"name": "b"}]}, Branch(name="a", children=[Branch(name="b")])),
        bad={"name": "a", "children": [{}]}, path="$.children[0].name", loose={ANTHROPIC},
    ),
    "pydantic model with aliases": row(Aliased, ({"firstValue": 1}, Aliased(firstValue=1)), bad={"firstValue": []},
                                       path="$.firstValue"),
    "pydantic models with a tag": row(
        Tagged, ({"shape": {"kind": "circle", "radius": 1}}, Tagged(shape=CircleModel(kind="circle", radius=1))),
        bad={"shape": {"kind": "circle", "radius": "x"}}, path="$.shape",
    ),
    "pydantic models in a class": row(
        Holder, ({"user": {"name": "A"}, "users": [{"name": "B"}], "maybe": None},
                 Holder(User(name="A"), [User(name="B")])),
        bad={"user": {"name": "A"}, "users": [{"name": []}]}, path="$.users[0].name",
    ),
    "pydantic model | None": row(
        User | None, ({"name": "A"}, User(name="A")), (None, None), bad={"name": []}, path="$.name"
    ),
    # what is refused before anything is sent
    "classes of one shape": refused(Left | Right, "Right"),
    "list of classes of one shape": refused(list[Left | Right], "Right"),
    "a class that is not a type": refused(Nothing, "Nothing"),
    "complex": refused(complex, "two floats"),
    "timedelta": refused(timedelta, "seconds"),
    "Flag": refused(Access, "Access"),
    "Enum of float": refused(Ratio, "0.5"),
    "dict[int, str]": refused(dict[int, str], "keys"),
    "Callable": refused(collections.abc.Callable[[], int], "Callable"),
}  # fmt: skip

assert attrs.has(Place)
