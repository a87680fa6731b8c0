"""Bounds and descriptions of other libraries in ``Annotated`` are told to the model, and checked in its answer."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import annotated_types as bounds
import pytest
from pydantic import Field
from typing_extensions import Doc

from dragoman import InvalidRequestError, OutputValidationError, Tool, ToolCall
from dragoman.spec.schema import json_schema


class Meta:
    """Hold bounds as ``msgspec.Meta`` does."""

    def __init__(self, **given: Any) -> None:
        names = ("gt", "ge", "lt", "le", "multiple_of", "pattern", "min_length", "max_length", "title", "description")
        for name in names:
            setattr(self, name, given.get(name))


CASES: list[tuple[Any, dict[str, Any]]] = [
    (Annotated[int, bounds.Ge(1), bounds.Lt(9)], {"type": "integer", "minimum": 1, "exclusiveMaximum": 9}),
    (Annotated[float, bounds.Interval(gt=0, le=1.5)], {"type": "number", "exclusiveMinimum": 0, "maximum": 1.5}),
    (Annotated[int, bounds.MultipleOf(5)], {"type": "integer", "multipleOf": 5}),
    (Annotated[str, bounds.Len(2, 3)], {"type": "string", "minLength": 2, "maxLength": 3}),
    (Annotated[str, bounds.Len(0, 3)], {"type": "string", "maxLength": 3}),
    (Annotated[list[int], bounds.MinLen(1)], {"type": "array", "items": {"type": "integer"}, "minItems": 1}),
    (
        Annotated[dict[str, int], bounds.MaxLen(2)],
        {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 2},
    ),
    (Annotated[str | None, bounds.MaxLen(2)], {"anyOf": [{"type": "string"}, {"type": "null"}], "maxLength": 2}),
    (
        Annotated[str, Field(description="a code", min_length=2, pattern="^[A-Z]+$")],
        {"type": "string", "description": "a code", "minLength": 2, "pattern": "^[A-Z]+$"},
    ),
    (Annotated[int, Field(ge=1, description="pages")], {"type": "integer", "minimum": 1, "description": "pages"}),
    (Annotated[str, Doc("a code")], {"type": "string", "description": "a code"}),
    (Annotated[str, "mine", Field(description="theirs")], {"type": "string", "description": "mine"}),
    (
        Annotated[str, Meta(max_length=3, description="a code")],
        {"type": "string", "description": "a code", "maxLength": 3},
    ),
    (Annotated[int, Meta(gt=0), {"maximum": 5}], {"type": "integer", "exclusiveMinimum": 0, "maximum": 5}),
    (Annotated[int, bounds.Predicate(bool), Field, 7, Field()], {"type": "integer"}),
    (Annotated[int, Meta(gt="a", min_length=True, description="")], {"type": "integer"}),
]


@pytest.mark.parametrize(("kind", "schema"), CASES)
def test_what_is_annotated_is_in_the_schema(kind: Any, schema: dict[str, Any]) -> None:
    assert json_schema(kind) == schema


@dataclasses.dataclass
class Order:
    """An order.

    Args:
        code: from the docstring.
    """

    code: Annotated[str, Field(max_length=3, description="from the annotation")]
    count: Annotated[int, bounds.Gt(0)] = 1


def buy(order: Order, pages: Annotated[list[int], bounds.MinLen(1)]) -> str:
    """Buy something."""
    return f"{order} {pages}"


def call(arguments: str) -> ToolCall:
    return ToolCall(name="buy", call_id="c", arguments=arguments)


def test_the_arguments_of_a_tool_keep_the_bounds() -> None:
    schema: Any = Tool.from_function(buy).schema
    assert schema["$defs"]["Order"]["properties"]["code"] == {
        "type": "string",
        "description": "from the annotation",
        "maxLength": 3,
    }
    assert call('{"order": {"code": "abc"}, "pages": [1]}').parse(buy) == {"order": Order("abc"), "pages": [1]}
    for wrong, path in (
        ('{"order": {"code": "abcd"}, "pages": [1]}', "order.code"),
        ('{"order": {"code": "abc", "count": 0}, "pages": [1]}', "order.count"),
        ('{"order": {"code": "abc"}, "pages": []}', "pages"),
    ):
        with pytest.raises(OutputValidationError, match=rf"@ \$\.{path}"):
            call(wrong).parse(buy)


@pytest.mark.parametrize("default", [Field(), Field(description="a code"), Field("A", max_length=3), Field(...)])
def test_a_field_of_a_model_is_no_default_of_a_function(default: Any) -> None:
    def find(code: str = default) -> str:
        return code

    with pytest.raises(InvalidRequestError, match=r"find\.code: Field\(\.\.\.\) is no default.*`code: Annotated\["):
        Tool.from_function(find)
