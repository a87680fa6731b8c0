from __future__ import annotations

import dataclasses
from collections import deque, namedtuple
from collections.abc import Iterator, Mapping, Sequence, Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum, auto
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    Self,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import jsonschema
import pytest
from typing_extensions import TypeAliasType

from dragoman.spec import part_fields
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Role
from dragoman.spec.part_fields import JSON
from dragoman.spec.request import Tool
from dragoman.spec.schema import json_schema, tool

T = TypeVar("T")
Bounded = TypeVar("Bounded", bound=int)
Constrained = TypeVar("Constrained", int, str)
UserId = NewType("UserId", int)
Pair = TypeAliasType("Pair", tuple[T, T], type_params=(T,))
Alias = TypeAliasType("Alias", Pair[int])
Loop = TypeAliasType("Loop", "Loop")
Loop.__value__  # noqa: B018  # evaluated where it is lazy


class Color(Enum):
    """How it looks.

    In daylight.
    """

    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(Enum):
    WORD = "word"
    NUMBER = 1


class Temperature(Enum):
    COLD = 0.5


class Empty(Enum):
    pass


class Rights(Flag):
    READ = auto()
    WRITE = auto()


class Size(StrEnum):
    SMALL = auto()


@attrs.frozen
class Step:
    """One step of a recipe.

    Args:
        text: what to do,
            in a sentence
        minutes (float, optional): how long it takes

    Anything else.
    """

    text: str
    minutes: Annotated[float, "in minutes"] = 1.5
    color: Color = Color.RED
    size: Size = attrs.field(default=Size.SMALL, metadata={"description": "how much"})
    tags: tuple[str, ...] = ()
    hidden: int = attrs.field(default=0, init=False)


@attrs.frozen
class Recipe:
    title: str
    steps: list[Step]
    last: Step | None = None
    notes: dict[str, JSON] = attrs.field(factory=dict)


@dataclasses.dataclass
class Tree:
    name: str = dataclasses.field(metadata={"description": "what it is called"})
    children: list[Tree] = dataclasses.field(default_factory=list)
    weight: float = float("nan")
    hidden: int = dataclasses.field(default=0, init=False)


class Movie(TypedDict):
    name: str
    year: NotRequired[Annotated[int, "of the premiere"]]
    rating: Annotated[NotRequired[int], "in stars"]


class Options(TypedDict, total=False):
    depth: Required[int]
    width: int


class Point(NamedTuple):
    """A place."""

    x: float
    y: Annotated[float, "upwards"] = 0.0


@attrs.frozen
class Page(Generic[T]):
    items: list[T]
    best: T
    following: Page[T] | None = None


@attrs.frozen
class ElsewhereNamed:
    value: part_fields.JSON


@attrs.frozen
class Unresolvable:
    value: Missing  # noqa: F821  # pyright: ignore[reportUndefinedVariable]


@attrs.frozen
class Deep:
    rows: list[dict[str, tuple[int, complex]]]


class Foreign:
    @classmethod
    def model_json_schema(cls, ref_template: str) -> dict[str, Any]:
        inner = ref_template.format(model="Inner")
        return {
            "type": "object",
            "properties": {"inner": {"$ref": inner}},
            "$defs": {"Inner": {"type": "object", "properties": {"again": {"$ref": inner}}}},
        }


class Broken:
    @classmethod
    def model_json_schema(cls, ref_template: str) -> dict[str, Any]:
        message = f"no schema at {ref_template}"
        raise RuntimeError(message)


STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
NULL: dict[str, Any] = {"type": "null"}


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, STRING),
        (int, INTEGER),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, NULL),
        (type(None), NULL),
        (Any, {}),
        (object, {}),
        (JSON, {}),
        (JSON | None, {}),
        (Any | None, {}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (date, {"type": "string", "format": "date"}),
        (time, {"type": "string", "format": "time"}),
        (UUID, {"type": "string", "format": "uuid"}),
        (Decimal, {"type": "string", "format": "decimal"}),
        (Role, STRING),
        (UserId, INTEGER),
        (T, {}),
        (Bounded, INTEGER),
        (Constrained, {"anyOf": [INTEGER, STRING]}),
        (list, {"type": "array", "items": {}}),
        (list[int], {"type": "array", "items": INTEGER}),
        (Sequence[int], {"type": "array", "items": INTEGER}),
        (deque[int], {"type": "array", "items": INTEGER}),
        (set[int], {"type": "array", "items": INTEGER, "uniqueItems": True}),
        (frozenset[int], {"type": "array", "items": INTEGER, "uniqueItems": True}),
        (AbstractSet[int], {"type": "array", "items": INTEGER, "uniqueItems": True}),
        (tuple, {"type": "array", "items": {}}),
        (tuple[int, ...], {"type": "array", "items": INTEGER}),
        (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
        (tuple[int, str], {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2}),
        (dict, {"type": "object", "additionalProperties": {}}),
        (dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
        (
            Mapping[Literal["a"], int],
            {"type": "object", "additionalProperties": INTEGER, "propertyNames": {"type": "string", "enum": ["a"]}},
        ),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal[1, True], {"anyOf": [{"type": "integer", "enum": [1]}, {"type": "boolean", "enum": [True]}]}),
        (Literal["a", None], {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]}),  # noqa: PYI061  # one Literal is the case
        (Literal[Color.RED], {"type": "string", "enum": ["red"]}),
        (Literal["a"] | None, {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]}),
        (Literal["a", None] | int, {"anyOf": [{"type": "string", "enum": ["a"]}, NULL, INTEGER]}),  # noqa: PYI061  # one Literal is the case
        (int | None, {"anyOf": [INTEGER, NULL]}),
        (UserId | int, INTEGER),
        (Color, {"type": "string", "enum": ["red", "blue"], "description": "How it looks."}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (Mixed, {"anyOf": [{"type": "string", "enum": ["word"]}, {"type": "integer", "enum": [1]}]}),
        (Annotated[str, "first", "second"], {"type": "string", "description": "first"}),
        (Annotated[int, {"minimum": 1}, 7, "positive"], {"type": "integer", "minimum": 1, "description": "positive"}),
        (Alias, {"type": "array", "prefixItems": [INTEGER, INTEGER], "minItems": 2, "maxItems": 2}),
        (Annotated[Point, "home"], json_schema(Point) | {"description": "home"}),
    ],
    ids=str,
)
def test_a_type_has_its_schema(kind: object, schema: dict[str, Any]) -> None:
    found = json_schema(kind)
    found.pop("$defs", None) if kind is Alias else None

    assert found == schema
    jsonschema.Draft202012Validator.check_schema(found)


def test_an_attrs_class_is_an_object_described_by_docstring_annotation_and_metadata() -> None:
    assert json_schema(Step) == {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "what to do, in a sentence"},
            "minutes": {"type": "number", "description": "in minutes", "default": 1.5},
            "color": {
                "type": "string",
                "enum": ["red", "blue"],
                "description": "How it looks.",
                "default": "red",
            },
            "size": {"type": "string", "enum": ["small"], "description": "how much", "default": "small"},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        },
        "required": ["text"],
        "additionalProperties": False,
        "description": "One step of a recipe.",
    }


def test_a_nested_class_is_defined_once() -> None:
    schema = json_schema(Recipe)

    assert schema["properties"] == {
        "title": STRING,
        "steps": {"type": "array", "items": {"$ref": "#/$defs/Step"}},
        "last": {"anyOf": [{"$ref": "#/$defs/Step"}, NULL], "default": None},
        "notes": {"type": "object", "additionalProperties": {}},
    }
    assert schema["$defs"] == {"Step": json_schema(Step)}
    assert "description" not in schema


def test_a_recursive_class_is_written_in_place_and_defined() -> None:
    tree = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "what it is called"},
            "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            "weight": {"type": "number"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }

    assert json_schema(Tree) == {**tree, "$defs": {"Tree": tree}}


def test_a_class_in_a_function_may_name_itself() -> None:
    @attrs.frozen
    class Node:
        following: Node | None = None

    schema = json_schema(Node)

    jsonschema.validate({"following": {"following": None}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"following": {"following": 1}}, schema)


def test_a_typed_dict_requires_what_it_says() -> None:
    assert json_schema(Movie) == {
        "type": "object",
        "properties": {
            "name": STRING,
            "year": {"type": "integer", "description": "of the premiere"},
            "rating": {"type": "integer", "description": "in stars"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    assert json_schema(Options)["required"] == ["depth"]


def test_a_named_tuple_is_an_array_with_named_items() -> None:
    assert json_schema(Point) == {
        "type": "array",
        "prefixItems": [
            {"type": "number", "title": "x"},
            {"type": "number", "description": "upwards", "title": "y"},
        ],
        "minItems": 1,
        "maxItems": 2,
    }


def test_a_generic_class_is_filled_in() -> None:
    schema = json_schema(Page[Annotated[int, "a number"]])

    (name,) = schema["$defs"]
    assert schema["properties"] == {
        "items": {"type": "array", "items": {"type": "integer", "description": "a number"}},
        "best": {"type": "integer", "description": "a number"},
        "following": {"anyOf": [{"$ref": f"#/$defs/{name}"}, NULL], "default": None},
    }
    assert list(json_schema(tuple[Page[int], Page[str], Page[int]])["$defs"]) == ["Page_int", "Page_str"]


def test_an_unfilled_generic_class_takes_anything() -> None:
    assert json_schema(Page)["properties"]["best"] == {}


def test_two_classes_of_one_name_are_kept_apart() -> None:
    one = attrs.make_class("Same", {"x": attrs.field(type=int)})
    two = attrs.make_class("Same", {"y": attrs.field(type=str)})
    three = attrs.make_class("Same", {"z": attrs.field(type=bool)})

    schema = json_schema(tuple[one, two, three, one])

    assert [item["$ref"].rpartition("/")[2] for item in schema["prefixItems"]] == ["Same", "Same_2", "Same_3", "Same"]
    assert [list(body["properties"]) for body in schema["$defs"].values()] == [["x"], ["y"], ["z"]]


def test_a_name_without_letters_json_pointers_carry_gets_another() -> None:
    kind = attrs.make_class("Größe", {})
    symbols = attrs.make_class("単位", {})

    assert list(json_schema(list[kind])["$defs"]) == ["Gr_e"]
    assert list(json_schema(list[symbols])["$defs"]) == ["Type"]


def test_json_may_be_named_in_a_module_that_did_not_import_it() -> None:
    assert json_schema(ElsewhereNamed)["properties"] == {"value": {}}


def test_a_class_with_its_own_schema_is_asked_for_it() -> None:
    inner = {"type": "object", "properties": {"again": {"$ref": "#/$defs/Foreign__Inner"}}}

    assert json_schema(Foreign) == {
        "type": "object",
        "properties": {"inner": {"$ref": "#/$defs/Foreign__Inner"}},
        "$defs": {"Foreign__Inner": inner},
    }
    assert set(json_schema(list[Foreign])["$defs"]) == {"Foreign", "Foreign__Inner"}


def test_results_share_nothing() -> None:
    constraint: dict[str, Any] = {"examples": [[1]]}
    kind = Annotated[list[int], constraint]
    first = json_schema(kind)
    first["examples"][0].append(2)
    tree = json_schema(Tree)
    tree["properties"].clear()

    assert json_schema(kind)["examples"] == constraint["examples"] == [[1]]
    assert tree["$defs"]["Tree"]["properties"]
    assert json_schema(str) is not json_schema(str)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (complex, "complex: JSON cannot represent complex; use a class with two floats"),
        (timedelta, "timedelta: JSON cannot represent timedelta; use a float, in seconds"),
        (Iterator[int], "Iterator_int: JSON cannot represent Iterator; use list"),
        (Self, "Self: .*; name the class itself"),
        (range, "range: JSON cannot represent range; use an attrs class"),
        (Rights, "Rights: JSON cannot represent Rights"),
        (Empty, "Empty: JSON cannot represent Empty"),
        (Temperature, r"Temperature: 0\.5 cannot be a value of an enumeration; use strings and whole numbers"),
        (Literal[()], "Literal: this has no values to choose from; give it at least one"),
        (Literal[b"x"], "b'x' cannot be a value of an enumeration"),
        (Deep, r"Deep\.rows\[\]\.\*\[1\]: JSON cannot represent complex"),
        (dict[int, str], r"dict_int_str\.keys\(\): the keys of a JSON object are strings; use dict\[str, \.\.\.\]"),
        (list["Recipe"], r"list_Recipe\[\]: 'Recipe' only names a type; give the type itself"),
        (list[Literal["x"] | complex], r"\[\]: JSON cannot represent complex"),
        ([int], r"\A\[<class 'int'>\] is not a type; give a type, such as list\[int\]\Z"),
        (True, r"\ATrue is not a type; give a type, such as list\[int\]\Z"),
        (0, r"\A0 is not a type"),
        (..., r"\AEllipsis is not a type"),
        (len, r"\A<built-in function len> is not a type"),
        (Point(1, 2), r"\APoint\(.*\) is not a type; give its class Point\Z"),
        (dict[str, True], r"\Adict_str_True\.\*: True is not a type"),
        (Unresolvable, "Unresolvable: an annotation cannot be resolved .*'Missing'.*outside `if TYPE_CHECKING`"),
        (attrs.make_class("Loose", ["x"]), "Loose.x: this has no annotation; write its type, as in `x: str`"),
        (namedtuple("Loose", "x"), "Loose.x: this has no annotation"),  # noqa: PYI024
        (Broken, "Broken: no schema at"),
    ],
    ids=str,
)
def test_what_json_has_no_form_for_is_refused_with_its_path(kind: object, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        json_schema(kind)


def test_an_alias_of_itself_ends() -> None:
    with pytest.raises(InvalidRequestError, match="only names a type"):
        json_schema(Loop)


def weather(city: str, days: Annotated[int, "from today"] = 1, *, units: Literal["C", "F"] = "C") -> str:
    """Forecast the weather.

    Of a few days.

    Args:
        city: where,
            with its country
        days: ignored, since the annotation speaks to the model

    Returns:
        A text.
    """
    return f"{city} {days} {units}"


async def search(step: Step, since: date = date.min) -> None:
    pass


class Shop:
    def price(self, item: str) -> float:
        """Tell what *item* costs."""
        return float(len(item))


def test_a_function_is_a_tool() -> None:
    assert tool(weather) == Tool(
        name="weather",
        description="Forecast the weather.\n\nOf a few days.",
        schema={
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "where, with its country"},
                "days": {"type": "integer", "description": "from today", "default": 1},
                "units": {"type": "string", "enum": ["C", "F"], "default": "C"},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    )


def test_the_caller_may_say_it_otherwise() -> None:
    made = tool(weather, name="forecast", description="Look ahead.", strict=True)

    assert (made.name, made.description, made.strict) == ("forecast", "Look ahead.", True)


def test_a_coroutine_function_without_docstring_is_a_tool() -> None:
    made = tool(search)

    assert made.description is None
    assert made.schema["properties"] == {
        "step": {"$ref": "#/$defs/Step"},
        "since": {"type": "string", "format": "date"},
    }
    assert made.schema["required"] == ["step"]
    assert made.schema["$defs"] == {"Step": json_schema(Step)}


def test_a_method_is_a_tool_without_self() -> None:
    made = tool(Shop().price)

    assert made.description == "Tell what *item* costs."
    assert list(made.schema["properties"]) == ["item"]


def positional(city: str, /) -> str:
    return city


def starred(*cities: str) -> None:
    pass


def keyed(**cities: str) -> None:
    pass


def loose(city) -> None:
    pass


def nested(deep: Deep) -> None:
    pass


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (positional, r"positional\(city: 'str'\): a model gives arguments by name; make it an ordinary parameter"),
        (starred, r"starred\(\*cities: 'str'\): a model gives"),
        (keyed, r"keyed\(\*\*cities: 'str'\): a model gives"),
        (loose, "loose.city: this has no annotation; write its type, as in `city: str`"),
        (nested, r"nested\.deep\.rows\[\]\.\*\[1\]: JSON cannot represent complex"),
        (Shop.price, "price.self: this has no annotation"),
        (len, "this is not a Python function; wrap it in a function"),
        (Shop, "this is not a Python function"),
        (lambda: None, "<lambda>: a tool needs a name; give name="),
    ],
)
def test_a_parameter_that_a_model_cannot_give_is_refused(function: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        tool(function)


def test_a_lambda_with_a_name_is_a_tool() -> None:
    assert tool(lambda: None, name="ping").schema["properties"] == {}
