"""Values are checked against the bounds of their schema, whichever of them the vendor was told of."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Any, Literal, Optional

import pydantic
import pytest
from attrs import frozen

from dragoman import Finish, OutputValidationError, Text, build_response
from dragoman.spec.schema_bounds import has_bounds, outside_bounds, schema_misfits


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@frozen
class Item:
    size: Annotated[int, {"minimum": 1, "maximum": 9}]
    code: Annotated[str, {"pattern": "^[A-Z]+$"}] = "A"


@frozen
class Order:
    items: Annotated[list[Item], {"minItems": 1}]
    note: Annotated[str | None, {"maxLength": 3}] = None


@frozen
class Other:
    name: str


class Tags(pydantic.BaseModel):
    names: set[str]
    sets: list[set[str]]


def parse(kind: Any, text: str) -> Any:
    return build_response([Text(text=text)], Finish(reason="stop")).parse(kind)


@pytest.mark.parametrize(
    ("kind", "text", "misfit"),
    [
        (Order, '{"items": []}', r"\[\] has less than 1 items @ \$\.items"),
        (Order, '{"items": [{"size": 0}]}', r"0 is less than 1 @ \$\.items\[0\]\.size"),
        (Order, '{"items": [{"size": 1}, {"size": 10}]}', r"10 is greater than 9 @ \$\.items\[1\]\.size"),
        (Order, '{"items": [{"size": 1, "code": "a"}]}', r"'a' does not match '\^\[A-Z\]\+\$' @ \$\.items\[0\]\.code"),
        (Order, '{"items": [{"size": 1}], "note": "long"}', r"has more than 3 characters @ \$\.note"),
        (Order | Other, '{"items": []}', r"@ \$\.items"),
        (Annotated[int, {"multipleOf": 5}], '{"value": 7}', r"7 is not a multiple of 5 @ \$"),
        (Annotated[str, {"enum": ["a", "b"]}], '"c"', r"'c' is not one of 'a', 'b' @ \$"),
        (dict[str, Annotated[int, {"exclusiveMaximum": 3}]], '{"a": 3}', r"3 is not less than 3 @ \$\.a"),
        (Annotated[list[int], {"uniqueItems": True}], "[1, 2, 1.0]", r"has an item twice: 1\.0 @ \$"),
        (Annotated[list[int], {"contains": {"const": 3}}], "[1, 2]", r"has less than 1 of the items that it must have"),
        (Annotated[list[int], {"contains": {}, "maxContains": 1}], "[1, 2]", r"has more than 1 of the items"),
        (Annotated[int, {"const": 3}], "4", r"4 is not 3 @ \$"),
        (Annotated[int, {"not": {"const": 3}}], "3", r"3 is what must not be there @ \$"),
        (
            Annotated[dict[str, int], {"propertyNames": {"maxLength": 1}}],
            '{"ab": 1}',
            r"more than 1 characters @ \$\.ab",
        ),
        (
            Annotated[dict[str, int], {"dependentRequired": {"a": ["b"]}}],
            '{"a": 1}',
            r"\{'a': 1\} has 'a' without 'b' @ \$",
        ),
        (
            Annotated[dict[str, int], {"patternProperties": {"^x": {"minimum": 2}}}],
            '{"xa": 1}',
            r"1 is less than 2 @ \$\.xa",
        ),
    ],
)
def test_a_value_outside_its_bounds_is_told_with_its_path(kind: Any, text: str, misfit: str) -> None:
    with pytest.raises(OutputValidationError, match=misfit):
        parse(kind, text)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Order, '{"items": [{"size": 9, "code": "B"}], "note": null}', Order([Item(9, "B")])),
        (Order | Other, '{"name": "x"}', Other("x")),
        (set[int], "[1, 1]", {1}),
        (Tags, '{"names": ["a", "a"], "sets": [["b", "b"]]}', Tags(names={"a"}, sets=[{"b"}])),
        (Annotated[list[int], {"uniqueItems": False}], "[1, 1]", [1, 1]),
        (Literal[1, 2], "2.0", 2),
        (Optional[Literal[1, 2]], "2.0", 2),  # noqa: UP045  # a union of another kind
        (Level, "2.0", Level.HIGH),
        (int | None, "2.0", 2),
        (int | str, "2.0", 2),
        (int | float, "2.5", 2.5),
    ],
)
def test_a_value_within_its_bounds_is_read(kind: Any, text: str, value: Any) -> None:
    found = parse(kind, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("kind", "text"), [(Literal[1], "true"), (Literal[True], "1"), (int | str, "2.5")])
def test_a_value_that_only_looks_the_same_is_none(kind: Any, text: str) -> None:
    with pytest.raises(OutputValidationError):
        parse(kind, text)


LESS = "2 is less than 3 @ $"
SCHEMAS: list[tuple[Any, Any, list[str]]] = [
    ({"minimum": 3}, "text", []),
    ({"exclusiveMinimum": 3}, 3, ["3 is not greater than 3 @ $"]),
    ({"multipleOf": 0.1}, 0.3, []),
    ({"multipleOf": 0}, 3, []),
    ({"pattern": "("}, "x", []),
    ({"enum": [1]}, True, ["True is not one of 1 @ $"]),
    ({"enum": [1]}, 1.0, []),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, ["{'a': 1, 'b': 2} has more than 1 members @ $"]),
    (
        {"prefixItems": [{"minimum": 1}], "items": {"maximum": 1}},
        [0, 2],
        ["0 is less than 1 @ $[0]", "2 is greater than 1 @ $[1]"],
    ),
    ({"allOf": [{"minimum": 3}, {"maximum": 1}]}, 2, ["2 is less than 3 @ $", "2 is greater than 1 @ $"]),
    ({"anyOf": [{"type": "integer", "minimum": 3}, {"type": "integer", "maximum": 1}]}, 1, []),
    (
        {"anyOf": [{"type": "integer", "minimum": 3}, {"type": ["number", "null"], "minimum": 9}]},
        2,
        ["2 is less than 3 @ $"],
    ),
    ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, 2, ["2 is less than 3 @ $"]),
    ({"oneOf": [{"type": "number", "minimum": 3}]}, 2.5, ["2.5 is less than 3 @ $"]),
    (
        {"anyOf": [{"type": "boolean"}, {"type": "array"}, {"type": "object"}, {"type": "odd"}, {"type": "integer"}]},
        2,
        [],
    ),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"minimum": 3}}}, 2, ["2 is less than 3 @ $"]),
    ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, 2, []),
    ({"$ref": "#/$defs/B"}, 2, []),
    ({"additionalProperties": {"minimum": 3}}, {"a": 2}, ["2 is less than 3 @ $.a"]),
]


@pytest.mark.parametrize(("schema", "value", "misfits"), SCHEMAS)
def test_bounds(schema: Any, value: Any, misfits: list[str]) -> None:
    assert outside_bounds(value, schema) == misfits


ALTERNATIVES = {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
KINDS = {"oneOf": [{"properties": {"k": {"const": "a"}}}, {"properties": {"k": {"const": "b"}}, "required": ["k"]}]}


@pytest.mark.parametrize(
    ("schema", "value", "misfits"),
    [
        ({**ALTERNATIVES, "$defs": {"A": POINT}}, {"x": "1"}, ["expected integer, not '1' @ $.x"]),
        ({**ALTERNATIVES, "$defs": {"A": POINT}}, {}, ["required field missing: 'x' @ $"]),
        ({**ALTERNATIVES, "$defs": {"A": POINT}}, 5, ["5 does not fit any of the alternatives @ $"]),
        (KINDS, {"k": "c"}, ["{'k': 'c'} does not fit any of the alternatives @ $"]),
        (KINDS, {"k": "b"}, []),
        ({"type": "integer", "nullable": True}, None, []),
        ({"type": "odd"}, 0, []),
        ({"properties": {"a": False}}, {"a": 1}, ["unknown key 'a' @ $"]),
        ({"items": False}, [1], ["1 is not allowed @ $[0]"]),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}]}}}, 1, []),
    ],
)
def test_all_of_a_schema_is_checked_where_no_type_says_it(schema: Any, value: Any, misfits: list[str]) -> None:
    assert schema_misfits(value, schema) == misfits


@pytest.mark.parametrize(
    ("schema", "has"), [({"type": "string"}, False), ({"anyOf": [{"items": {"minimum": 1}}]}, True), (True, False)]
)
def test_a_schema_without_bounds_is_known_as_one(schema: Any, has: bool) -> None:  # noqa: FBT001
    assert has_bounds(schema) is has
