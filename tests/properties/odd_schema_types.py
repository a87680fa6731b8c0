"""Odd Python types, in the form of the table of :mod:`properties.schema_types`."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import pathlib
import typing
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar
from uuid import UUID

import attrs
import pydantic
from attrs import field, frozen

from properties.schema_types import (
    ANTHROPIC,
    INSTANT,
    KEY,
    OPENAI,
    STRICT,
    Color,
    Letter,
    Place,
    Row,
    User,
    refused,
    row,
)

K = TypeVar("K")
V = TypeVar("V")


# Generic classes


@dataclasses.dataclass
class Pair(Generic[K, V]):
    left: K
    right: V


@dataclasses.dataclass
class Page(Generic[V]):
    items: list[V]
    next: Page[V] | None = None


class Reply(pydantic.BaseModel, Generic[V]):
    data: V
    ok: bool = True


class Entry(TypedDict, Generic[V]):
    key: str
    value: V


# Records


class Loose(TypedDict, total=False):
    a: int
    b: list[str]


class Nested(TypedDict):
    inner: Loose
    names: dict[Literal["x", "y"], int]


class Point3(NamedTuple):
    x: int
    y: int = 0
    label: str | None = None


class Bare(TypedDict):
    pass


class NoTuple(NamedTuple):
    pass


@dataclasses.dataclass
class Nothing:
    pass


class NothingModel(pydantic.BaseModel):
    pass


# Enumerations


class Ranks(enum.IntEnum):
    LOW = -1
    NONE = 0
    HIGH = 1


class Permission(enum.IntFlag):
    READ = 1
    WRITE = 2


class Weird(enum.Enum):
    EMPTY = ""
    NULL = None
    TRUE = True
    ONE = "1"


class Pairs(enum.Enum):
    A = (1, 2)


class Alias(enum.Enum):
    A = "a"
    ALSO_A = "a"  # noqa: PIE796  # an alias
    B = "b"


# attrs


def positive(_: Any, attribute: Any, value: int) -> None:
    if value <= 0:
        message = f"{attribute.name} must be positive"
        raise ValueError(message)


@frozen
class Converted:
    words: tuple[str, ...] = field(converter=tuple)
    count: int = field(validator=positive, default=1)


@attrs.define(slots=False)
class Mutable:
    a: int
    b: list[int] = attrs.Factory(list)
    _hidden: int = field(init=False, default=1)


@frozen
class Sized:
    name: Annotated[str, {"minLength": 1, "maxLength": 3}]
    many: Annotated[list[int], {"minItems": 1, "maxItems": 2}]
    step: Annotated[int, {"multipleOf": 5}] = 5
    mail: Annotated[str | None, {"format": "email"}] = None


@dataclasses.dataclass
class WithClassVar:
    kind: ClassVar[str] = "k"
    a: Final[int] = 1


# Pydantic


class Full(pydantic.BaseModel):
    first: str
    last: str = "x"

    @pydantic.computed_field
    @property
    def whole(self) -> str:
        return f"{self.first} {self.last}"


class Names(pydantic.RootModel[list[str]]):
    pass


class Lookup(pydantic.RootModel[dict[str, int]]):
    pass


class Either(pydantic.RootModel[int | str]):
    pass


class Limited(pydantic.BaseModel):
    word: pydantic.constr(min_length=1, max_length=4, pattern="^[a-z]+$")  # type: ignore[valid-type]
    numbers: pydantic.conlist(int, min_length=1, max_length=3)  # type: ignore[valid-type]
    part: pydantic.confloat(gt=0, le=1) = 0.5  # type: ignore[valid-type]
    items: Annotated[set[str], pydantic.Field(max_length=2)] = set()


class Both(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)
    own: int = pydantic.Field(validation_alias="theirs", serialization_alias="other")
    camel: str = pydantic.Field(default="c", alias="camelCase")


class Sort(pydantic.BaseModel):
    by: Literal["a", "b"] | None = None
    then: Sort | None = None


class CatModel(pydantic.BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class DogModel(pydantic.BaseModel):
    kind: Literal["dog"] = "dog"
    friend: Pet | None = None


Pet = Annotated[CatModel | DogModel, pydantic.Field(discriminator="kind")]


class Owner(pydantic.BaseModel):
    pets: list[Pet]


class Values(pydantic.BaseModel):
    at: datetime
    price: Decimal
    key: UUID
    path: pathlib.Path = pathlib.Path("a")
    url: pydantic.AnyUrl | None = None


class Validated(pydantic.BaseModel):
    even: int

    @pydantic.field_validator("even")
    @classmethod
    def check(cls, value: int) -> int:
        if value % 2:
            message = "odd"
            raise ValueError(message)
        return value


class Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(
        frozen=True, strict=True, title="Ice", json_schema_extra={"examples": [{"a": 1}]}
    )
    a: int
    b: tuple[int, str] = (1, "x")


@pydantic.dataclasses.dataclass
class Checked:
    a: int
    b: str = "b"


# Recursion


@dataclasses.dataclass
class Expression:
    op: Literal["+", "-"]
    left: Expression | int
    right: Expression | int


@dataclasses.dataclass
class Chain:
    next: Chain | None = None


@dataclasses.dataclass
class Grid:
    cells: list[list[Grid]] = dataclasses.field(default_factory=list)


class Menu(TypedDict, total=False):
    title: str
    items: list[Menu]


Keywords = TypedDict(
    "Keywords",
    {
        "$ref": str,
        "type": int,
        "properties": list[int],
        "anyOf": str,
        "$defs": bool,
        "required": typing.NotRequired[str],
    },
)
KEYWORDS = {"$ref": "a", "type": 1, "properties": [1], "anyOf": "b", "$defs": True, "required": "c"}
MANY = dataclasses.make_dataclass("Many", [(f"m{n}", str | None, None) for n in range(30)])


def deep_class(levels: int) -> Any:
    inner: Any = int
    for level in range(levels):
        inner = dataclasses.make_dataclass(f"Deep{level}", [("inner", inner)])
    return inner


def deep_json(levels: int) -> Any:
    return {"inner": deep_json(levels - 1)} if levels else 1


DEEP = deep_class(12)


def deep_value(levels: int) -> Any:
    kinds = [DEEP]
    while dataclasses.is_dataclass(kinds[-1]):
        kinds.append(dataclasses.fields(kinds[-1])[0].type)
    value: Any = 1
    for kind in reversed(kinds[:-1]):
        value = kind(value)
    assert len(kinds) == levels + 1
    return value


@dataclasses.dataclass
class IntPair(Pair[int, str]):
    pass


class IntEntry(Entry[int]):
    more: bool


P = TypeVar("P", bound=Place)
W = TypeVar("W", int, str)


@dataclasses.dataclass
class Labelled(IntPair):
    label: float = 0.5


@dataclasses.dataclass
class Swapped(Pair[list[K], int], Generic[K]):
    other: K


@frozen
class Holding(Generic[P, W]):
    place: P
    word: W


@frozen
class Roles:
    a: Place
    b: list[Place]
    c: dict[str, Place]


@frozen
class Linked(Generic[V]):
    value: V
    rest: Linked[V] | None = None


class Secretive(pydantic.BaseModel):
    word: pydantic.SecretStr


class Lasting(pydantic.BaseModel):
    span: timedelta


class Raw(pydantic.BaseModel):
    data: pydantic.Json[list[int]]


class Loud(pydantic.BaseModel):
    kind: Literal["loud"]


class Quiet(pydantic.BaseModel):
    kind: Literal["quiet"]


class Bird(pydantic.BaseModel):
    kind: Literal["bird"]
    says: Annotated[Loud | Quiet, pydantic.Field(discriminator="kind")]


class Fish(pydantic.BaseModel):
    kind: Literal["fish", "shark"]


class Zoo(pydantic.BaseModel):
    main: Annotated[Bird | Fish, pydantic.Field(discriminator="kind")]


Ident = NewType("Ident", str)
Names2 = NewType("Names2", list[Ident])
PATH = pathlib.PurePath("a/b")

ODD_ROWS: dict[str, Row] = {
    "generic dataclass": row(
        Pair[int, str], ({"left": 1, "right": "a"}, Pair(1, "a")), bad={"left": 1, "right": 2}, path="$.right"
    ),
    "generic dataclass of a class": row(
        Pair[Place, list[int]],
        ({"left": {"city": "B"}, "right": [1]}, Pair(Place("B"), [1])),
        bad={"left": {"city": "B"}, "right": ["x"]},
        path="$.right[0]",
    ),
    "generic recursive dataclass": row(
        Page[int],
        ({"items": [1], "next": {"items": [2]}}, Page([1], Page([2]))),
        bad={"items": [1], "next": {"items": ["x"]}},
        path="$.next.items[0]",
        loose={ANTHROPIC},
    ),
    "generic pydantic model": row(
        Reply[list[int]], ({"data": [1]}, Reply[list[int]](data=[1])), bad={"data": ["x"]}, path="$.data"
    ),
    "generic TypedDict": row(
        Entry[int], ({"key": "a", "value": 1}, {"key": "a", "value": 1}), bad={"key": "a", "value": "x"}, path="$.value"
    ),
    "TypedDict, all optional": row(Loose, ({"a": 1}, {"a": 1}), bad={"b": [1]}, path="$.b[0]"),
    "TypedDict in a TypedDict": row(
        Nested,
        ({"inner": {"a": 1}, "names": {"x": 1}}, {"inner": {"a": 1}, "names": {"x": 1}}),
        bad={"inner": {"a": "x"}, "names": {}},
        path="$.inner.a",
        loose=STRICT,
    ),
    "NamedTuple with defaults": row(
        Point3, ([1, 2, "l"], Point3(1, 2, "l")), bad=["x", 2, None], path="$", loose=STRICT
    ),
    "empty TypedDict": row(Bare, ({}, {}), bad=[], path="$"),
    "empty dataclass": row(Nothing, ({}, Nothing()), bad=[], path="$"),
    "empty pydantic model": row(NothingModel, ({}, NothingModel()), bad=[], path="$"),
    "IntEnum below zero": row(Ranks, (-1, Ranks.LOW), (0, Ranks.NONE), bad=5, path="$"),
    "Enum of all": row(
        Weird, ("", Weird.EMPTY), (None, Weird.NULL), (True, Weird.TRUE), ("1", Weird.ONE), bad="x", path="$"
    ),
    "Enum with aliases": row(Alias, ("a", Alias.A), ("b", Alias.B), bad="c", path="$"),
    "attrs with converters": row(
        Converted, ({"words": ["a"], "count": 2}, Converted(["a"], 2)), bad={"words": ["a"], "count": 0}, path="$"
    ),
    "attrs that can change": row(
        Mutable, ({"a": 1, "b": [2]}, Mutable(1, [2])), bad={"a": 1, "b": ["x"]}, path="$.b[0]"
    ),
    "bounds of all kinds": row(
        Sized, ({"name": "a", "many": [1]}, Sized("a", [1])), bad={"name": "a", "many": ["x"]}, path="$.many[0]"
    ),
    "ClassVar and Final": row(WithClassVar, ({"a": 2}, WithClassVar(2)), bad={"a": "x"}, path="$.a"),
    "computed field": row(Full, ({"first": "a"}, Full(first="a")), bad={"first": 1}, path="$.first"),
    "root model of a list": row(Names, (["a"], Names(["a"])), bad=[1], path="$"),
    "root model of a dict": row(Lookup, ({"a": 1}, Lookup({"a": 1})), bad={"a": "x"}, path="$", loose=STRICT),
    "root model of a union": row(Either, (1, Either(1)), ("a", Either("a")), bad=[], path="$"),
    "list of root models": row(list[Names], ([["a"]], [Names(["a"])]), bad=[[1]], path="$[0]"),
    "constr and conlist": row(
        Limited,
        ({"word": "ab", "numbers": [1]}, Limited(word="ab", numbers=[1])),
        bad={"word": "ab", "numbers": []},
        path="$.numbers",
        loose={OPENAI},
    ),
    "aliases of both directions": row(
        Both, ({"theirs": 1, "camelCase": "x"}, Both(theirs=1, camelCase="x")), bad={"theirs": "x"}, path="$.theirs"
    ),
    "optional recursion": row(
        Sort,
        ({"by": "a", "then": {"by": None}}, Sort(by="a", then=Sort())),
        bad={"then": {"by": "z"}},
        path="$.then.by",
        loose={ANTHROPIC},
    ),
    "tagged union that is recursive": row(
        Owner,
        (
            {"pets": [{"kind": "dog", "friend": {"kind": "cat", "lives": 9}}]},
            Owner(pets=[DogModel(friend=CatModel(lives=9))]),
        ),
        bad={"pets": [{"kind": "cat", "lives": "x"}]},
        path="$.pets[0]",
        loose={ANTHROPIC},
    ),
    "list of a tagged union": row(
        list[CatModel | DogModel],
        ([{"kind": "cat", "lives": 9}], [CatModel(lives=9)]),
        bad=[{"kind": "cat", "lives": "x"}],
        path="$[0]",
        loose={ANTHROPIC},
    ),
    "pydantic values": row(
        Values,
        (
            {"at": INSTANT.isoformat(), "price": "1.5", "key": KEY},
            Values(at=INSTANT, price=Decimal("1.5"), key=UUID(KEY)),
        ),
        bad={"at": "x", "price": "1.5", "key": KEY},
        path="$.at",
    ),
    "pydantic validator": row(Validated, ({"even": 2}, Validated(even=2)), bad={"even": 3}, path="$.even"),
    "frozen, strict pydantic model": row(Frozen, ({"a": 1}, Frozen(a=1)), bad={"a": "1"}, path="$.a", loose=STRICT),
    "pydantic dataclass": row(Checked, ({"a": 1}, Checked(1)), bad={"a": "x"}, path="$.a"),
    "recursive union": row(
        Expression,
        (
            {"op": "+", "left": 1, "right": {"op": "-", "left": 2, "right": 3}},
            Expression("+", 1, Expression("-", 2, 3)),
        ),
        bad={"op": "*", "left": 1, "right": 2},
        path="$.op",
        loose={ANTHROPIC},
    ),
    "only recursion": row(Chain, ({"next": {}}, Chain(Chain())), bad={"next": 1}, path="$.next", loose={ANTHROPIC}),
    "lists of lists of itself": row(
        Grid, ({"cells": [[{}]]}, Grid([[Grid()]])), bad={"cells": [[1]]}, path="$.cells[0][0]", loose={ANTHROPIC}
    ),
    "recursive TypedDict": row(
        Menu,
        ({"title": "a", "items": [{"title": "b"}]}, {"title": "a", "items": [{"title": "b"}]}),
        bad={"items": [{"title": 1}]},
        path="$.items[0].title",
        loose={ANTHROPIC},
    ),
    "recursive union at the top": row(
        Expression | int,
        (1, 1),
        ({"op": "+", "left": 1, "right": 2}, Expression("+", 1, 2)),
        bad={"op": "x"},
        path="$",
        loose={ANTHROPIC},
    ),
    "NewType of a NewType": row(Names2, (["a"], ["a"]), bad=[1], path="$[0]"),
    "Literal of numbers and texts": row(Literal[-1, "", "a b"], (-1, -1), ("", ""), bad=2, path="$"),
    "Literal of one": row(Literal["only"], ("only", "only"), bad="x", path="$"),
    "Literal of an Enum": row(Literal[Color.RED], ("red", Color.RED), bad="blue", path="$"),
    "Annotated": row(Annotated[int, {"minimum": 1}], (1, 1), bad="x", path="$"),
    "frozenset of enumeration": row(
        frozenset[Letter], (["a"], frozenset({Letter.A})), bad=["z"], path="$[0]", loose={OPENAI}
    ),
    "dict of Literal": row(
        dict[Literal["a", "b"], int], ({"a": 1}, {"a": 1}), bad={"a": "x"}, path="$['a']", loose=STRICT
    ),
    "dict[str, dict[str, list[int]]]": row(
        dict[str, dict[str, list[int]]],
        ({"a": {"b": [1]}}, {"a": {"b": [1]}}),
        bad={"a": {"b": ["x"]}},
        path="$['a']['b'][0]",
        loose=STRICT,
    ),
    "Mapping": row(
        collections.abc.Mapping[str, int], ({"a": 1}, {"a": 1}), bad={"a": "x"}, path="$['a']", loose=STRICT
    ),
    "deque": row(collections.deque[int], ([1], collections.deque([1])), bad=["x"], path="$[0]"),
    "tuple[()]": row(tuple[()], ([], ()), bad=[1], path="$", loose=STRICT),
    "bare list": row(list, ([1, "a"], [1, "a"]), bad=1, path="$", loose=STRICT),
    "bare dict": row(dict, ({"a": 1}, {"a": 1}), bad=1, path="$", loose=STRICT),
    "date | None": row(date | None, ("2026-01-02", date(2026, 1, 2)), (None, None), bad="x", path="$"),
    "time | int": row(time | int, ("03:04:05", time(3, 4, 5)), (3, 3), bad="noon", path="$"),
    "Decimal | None in a list": row(
        list[Decimal | None], (["1.5", None], [Decimal("1.5"), None]), bad=["x"], path="$[0]"
    ),
    "bool | int": row(bool | int, (True, True), (3, 3), bad="x", path="$"),
    "str | list[str]": row(str | list[str], ("a", "a"), (["a"], ["a"]), bad=[1], path="$[0]"),
    "pydantic model or class": row(
        User | Place, ({"name": "A"}, User(name="A")), ({"city": "B"}, Place("B")), bad={"city": 1}, path="$"
    ),
    "IntFlag": row(Permission, (3, Permission.READ | Permission.WRITE), (0, Permission(0)), bad="x", path="$"),
    "dict of UUID": row(dict[UUID, int], ({KEY: 1}, {UUID(KEY): 1}), bad={"a": 1}, path="a", loose=STRICT),
    "empty NamedTuple": row(NoTuple, ([], NoTuple()), bad=[1], path="$", loose=STRICT),
    "members named like keywords": row(Keywords, (KEYWORDS, KEYWORDS), bad={**KEYWORDS, "anyOf": 1}, path="$.anyOf"),
    "many optional members": row(
        MANY, ({"m1": "a"}, MANY(m1="a")), bad={"m1": 1}, path="$.m1", loose={ANTHROPIC}, large=True
    ),
    "deep classes": row(DEEP, (deep_json(12), deep_value(12)), bad={"inner": 1}, path="$.inner"),
    "derived generic class": row(
        IntPair, ({"left": 1, "right": "a"}, IntPair(1, "a")), bad={"left": "x", "right": "a"}, path="$.left"
    ),
    "derived generic TypedDict": row(
        IntEntry,
        ({"key": "a", "value": 1, "more": True}, {"key": "a", "value": 1, "more": True}),
        bad={"key": "a", "value": "x", "more": True},
        path="$.value",
    ),
    "class derived from a derived generic class": row(
        Labelled,
        ({"left": 1, "right": "a", "label": 2.5}, Labelled(1, "a", 2.5)),
        bad={"left": 1, "right": "a", "label": "x"},
        path="$.label",
    ),
    "generic class derived from another": row(
        Swapped[str],
        ({"left": ["a"], "right": 1, "other": "b"}, Swapped(["a"], 1, "b")),
        bad={"left": [1], "right": 1, "other": "b"},
        path="$.left[0]",
    ),
    "bounded type variable": row(
        Holding,
        ({"place": {"city": "B"}, "word": "a"}, Holding(Place("B"), "a")),
        bad={"place": {}, "word": "a"},
        path="$.place",
    ),
    "generic class without arguments": row(
        Pair, ({"left": 1, "right": [2]}, Pair(1, [2])), bad={"left": 1}, path="right", loose=STRICT
    ),
    "union in Annotated": row(Annotated[int | None, "a number"], (1, 1), (None, None), bad="x", path="$"),
    "class in two roles": row(
        Roles,
        (
            {"a": {"city": "A"}, "b": [{"city": "B"}], "c": {"x": {"city": "C"}}},
            Roles(Place("A"), [Place("B")], {"x": Place("C")}),
        ),
        bad={"a": {"city": 1}, "b": [], "c": {}},
        path="$.a.city",
        loose=STRICT,
    ),
    "attrs generic recursive": row(
        Linked[str],
        ({"value": "a", "rest": {"value": "b"}}, Linked("a", Linked("b"))),
        bad={"value": 1},
        path="$.value",
        loose={ANTHROPIC},
    ),
    "SecretStr": row(Secretive, ({"word": "a"}, Secretive(word="a")), bad={"word": 1}, path="$.word"),
    "pydantic timedelta": row(
        Lasting, ({"span": "PT5S"}, Lasting(span=timedelta(seconds=5))), bad={"span": "x"}, path="$.span"
    ),
    "pydantic with Json": row(Raw, ({"data": "[1]"}, Raw(data="[1]")), bad={"data": "x"}, path="$.data"),
    "nested tags": row(
        Zoo,
        ({"main": {"kind": "bird", "says": {"kind": "loud"}}}, Zoo(main=Bird(kind="bird", says=Loud(kind="loud")))),
        bad={"main": {"kind": "bird", "says": {"kind": "x"}}},
        path="$.main",
    ),
    # what is refused before anything is sent
    "Enum of tuples": refused(Pairs, "Pairs"),
    "type": refused(type[int], "type"),
    "range": refused(range, "range"),
    "Path": refused(pathlib.Path, "Path"),
    "Generator": refused(collections.abc.Iterator[int], "Iterator"),
}

assert typing.get_type_hints(Point3)
