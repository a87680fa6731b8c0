from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field as dataclass_field
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st
from pydantic import BaseModel

from dragoman import (
    LLM,
    FunctionTool,
    InvalidRequestError,
    Media,
    OutputError,
    OutputValidationError,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)


@frozen
class Place:
    city: str
    zone: int = 0


class Size(BaseModel):
    width: int


def report(  # noqa: PLR0917  # the parameters of a tool are given by name
    day: date,
    place: Place,
    _level: int = 3,
    kind: Literal["rain", "sun"] = "rain",
    tags: list[str] | None = None,
    size: Size | None = None,
    share: Annotated[float, {"maximum": 1}] = 0.5,
) -> str:
    """Report the weather."""
    return f"{day:%d.%m.}, {place.city}, {_level}, {kind}, {tags}, {size}, {share}"


def call(arguments: str, name: str = "report") -> ToolCall:
    return ToolCall(name=name, call_id="c1", arguments=arguments)


def test_arguments_are_values_of_the_types_in_the_signature() -> None:
    read = call('{"day": "2026-05-01", "place": {"city": "Oslo"}, "size": {"width": 2.0}}').parse(report)
    assert read == {"day": date(2026, 5, 1), "place": Place("Oslo"), "size": Size(width=2)}
    assert report(**read) == "01.05., Oslo, 3, rain, None, width=2, 0.5"


def test_null_means_the_default_where_a_parameter_takes_no_null() -> None:
    read = call('{"day": "2026-05-01", "place": {"city": "Oslo"}, "_level": null, "tags": null}').parse(report)
    assert read == {"day": date(2026, 5, 1), "place": Place("Oslo"), "tags": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('{"day": "today", "place": {"city": "Oslo"}}', "expected date, not 'today' @ $.day"),
        ('{"day": "2026-05-01", "place": {"city": 5}}', "expected str, not 5 @ $.place.city"),
        ('{"place": {"city": "Oslo"}}', "required field missing: 'day' @ $"),
        ('{"day": "2026-05-01", "place": {"city": "Oslo"}, "x": 1}', "unknown key 'x' @ $"),
        ('{"day": "2026-05-01", "place": {"city": "Oslo"}, "share": 2}', "2 is greater than 1 @ $.share"),
        ('{"day": "2026-05-01", "place": {"city": "Oslo"}, "kind": "hail"}', "'hail' is not one of 'rain', 'sun'"),
    ],
)
def test_arguments_that_do_not_fit_are_told_with_their_path(arguments: str, message: str) -> None:
    with pytest.raises(OutputValidationError) as caught:
        call(arguments).parse(Tool.from_function(report))
    assert message in str(caught.value)
    assert "the arguments of tool call 'report' (c1) do not fit" in str(caught.value)


def test_arguments_that_are_no_object_are_an_output_error() -> None:
    for arguments in ("[1]", '{"day": '):
        with pytest.raises(OutputError):
            call(arguments).parse(report)


SCHEMA = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 3},
        "names": {"type": "array", "items": {"$ref": "#/$defs/name"}},
        "level": {"type": ["string", "null"]},
        "more": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
    "required": ["count"],
    "additionalProperties": False,
    "$defs": {"name": {"type": "string"}},
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('{"count": 3, "names": ["a"], "level": null, "more": {"x": true}}', None),
        ('{"count": 1}', "1 is less than 3 @ $.count"),
        ('{"count": "1"}', "expected integer, not '1' @ $.count"),
        ('{"names": []}', "required field missing: 'count' @ $"),
        ('{"count": 3, "names": ["a", 1]}', "expected string, not 1 @ $.names[1]"),
        ('{"count": 3, "level": 1}', "expected string or null, not 1 @ $.level"),
        ('{"count": 3, "more": {"x": 1}}', "expected boolean, not 1 @ $.more.x"),
        ('{"count": 3, "x": 1}', "unknown key 'x' @ $"),
    ],
)
def test_a_tool_with_a_schema_of_its_own_is_checked_against_it(arguments: str, message: str | None) -> None:
    described = Tool(name="count", schema=SCHEMA)
    if message is None:
        assert call(arguments).parse(described) == call(arguments).parse()
        return
    with pytest.raises(OutputValidationError) as caught:
        call(arguments).parse(described)
    assert message in str(caught.value)


def test_only_a_tool_or_a_function_says_what_fits() -> None:
    wrong: Any = "report"
    with pytest.raises(InvalidRequestError, match=r"parse\(\) takes a tool or a typed function, not 'report'"):
        call("{}").parse(wrong)


@given(st.integers(), st.text(), st.booleans())
def test_what_a_function_is_called_with_is_what_was_written(count: int, name: str, flag: bool) -> None:  # noqa: FBT001
    def same(count: int, name: str, flag: bool) -> tuple[int, str, bool]:  # noqa: FBT001
        return (count, name, flag)

    import json  # noqa: PLC0415

    written = json.dumps({"count": count, "name": name, "flag": flag})
    assert same(**call(written).parse(same)) == (count, name, flag)


class Office:
    def __init__(self, word: str) -> None:
        self.word = word

    def greet(self, name: str) -> str:
        """Greet somebody."""
        return f"{self.word} {name}"


def test_a_method_is_a_tool() -> None:
    tool = Tool.from_function(Office("Hello").greet, approve="ask", timeout=5)
    assert (tool.name, tool.description, tool.approve, tool.timeout) == ("greet", "Greet somebody.", "ask", 5)
    assert tool.function(**call('{"name": "Ada"}').parse(tool)) == "Hello Ada"


async def test_a_model_is_told_of_the_definition_alone() -> None:
    tool = Tool.from_function(report, strict=True)
    assert type(tool.definition) is Tool
    assert tool.definition.strict is True
    assert tool.definition.schema == tool.schema
    assert "function=" not in repr(tool.definition)
    response = await LLM("echo").generate("Oslo", tools=[tool])
    assert response.tool_calls[0].name == "report"


def test_a_schema_of_its_own_allows_any_callable_object() -> None:
    tool = Tool.from_function(dict, name="make", description="Make it.", schema=SCHEMA)
    assert (tool.name, tool.description, tool.arguments) == ("make", "Make it.", None)
    assert Tool.from_function(report, schema=SCHEMA).name == "report"


WRONG: list[tuple[Callable[[], FunctionTool], str]] = [
    (lambda: Tool.from_function(lambda **_: 1, schema={}), "has no name that a model could call it by; give name="),
    (lambda: Tool.from_function(report, timeout=0), "timeout must be a number of seconds above 0, not 0"),
    (lambda: Tool.from_function(report, approve=5), "approve must be 'ask', or a function of a call"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (lambda: Tool.from_function("report", name="x", schema={}), "must be callable, not 'report'"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    (lambda: Tool.from_function("report"), "this is not a Python function"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
]


@pytest.mark.parametrize(("make", "message"), WRONG)
def test_a_wrong_tool_is_refused(make: Callable[[], FunctionTool], message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        make()
    assert message in str(caught.value)


@frozen
class Cat:
    name: str


@frozen
class Dog:
    name: str


def feed(animal: Cat | Dog) -> None: ...


def test_a_parameter_that_no_argument_can_be_read_as_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"^feed\.animal: ") as caught:
        Tool.from_function(feed)
    assert caught.value.parameter == "tools"


def test_every_misfit_of_the_arguments_is_told() -> None:
    with pytest.raises(OutputValidationError) as caught:
        call('{"x": 1, "place": {"city": 5}, "kind": "hail"}').parse(report)
    told = str(caught.value)
    for each in ("unknown key 'x' @ $", "missing: 'day' @ $", "not 5 @ $.place.city", "'sun' @ $.kind"):
        assert each in told


@frozen
class Forecast:
    rain: bool = False
    on: date = date(2026, 11, 30)
    places: list[Place] = field(factory=lambda: [Place("Oslo")])
    size: Size | None = None


@dataclass
class Calm:
    size: Size | None = None
    wind: int = 0
    level: int = dataclass_field(init=False)
    unset: int = dataclass_field(init=False)

    def __post_init__(self) -> None:
        self.level = 2


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "text", "outcome"),
    [
        ("rain", "rain", "ok"),
        (Place("Oslo", 2), '{"city": "Oslo", "zone": 2}', "ok"),
        (Place("Oslo"), '{"city": "Oslo", "zone": 0}', "ok"),
        (
            Forecast(),
            '{"rain": false, "on": "2026-11-30", "places": [{"city": "Oslo", "zone": 0}], "size": null}',
            "ok",
        ),
        ([Calm(Size(width=1))], '[{"size": {"width": 1}, "wind": 0, "level": 2}]', "ok"),
        ({"a": Calm()}, '{"a": {"size": null, "wind": 0, "level": 2}}', "ok"),
        (None, "null", "ok"),
        ([1, 2], "[1, 2]", "ok"),
        ([], "[]", "ok"),
        ((), "[]", "ok"),
        (ValueError("no such city"), "ValueError: no such city", "error"),
        (ValueError(), "ValueError", "error"),
        (UnspeakableError(), "UnspeakableError", "error"),
        (ValueError("a\x1b[31m"), "ValueError: a[31m", "error"),
        (ToolResult(call_id="x", name="y", content="z", outcome="denied"), "z", "denied"),
    ],
)
def test_a_result_is_made_of_what_a_tool_returns_or_raises(value: object, text: str, outcome: str) -> None:
    result = ToolResult.of(call("{}"), value)
    assert (result.call_id, result.name, result.text, result.outcome) == ("c1", "report", text, outcome)


def test_parts_are_results_as_they_are() -> None:
    picture = Media.of(b"\x89PNG\r\n\x1a\n", media_type="image/png")
    assert ToolResult.of(call("{}"), picture).content == (picture,)
    assert ToolResult.of(call("{}"), [Text(text="a"), picture]).content == (Text(text="a"), picture)


def test_what_json_cannot_represent_is_no_result() -> None:
    with pytest.raises(InvalidRequestError, match="a value that JSON can represent"):
        ToolResult.of(call("{}"), object())
