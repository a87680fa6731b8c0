"""Values are found in what a model says, and read as what was asked for, or the misfit is named with its path."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict

import pytest
from attrs import field, frozen
from hypothesis import given, strategies as st
from pydantic import BaseModel

from dragoman import (
    LLM,
    Finish,
    InvalidRequestError,
    LLMConfig,
    OutputError,
    OutputValidationError,
    RefusalError,
    Response,
    Text,
    ToolCall,
    TruncatedOutputError,
    build_response,
)
from dragoman.http import dumps, loads
from dragoman.spec.answers import check_readable
from dragoman.spec.schema import json_schema, wrap_schema


class Color(StrEnum):
    RED = "red"


class Shade(str, Enum):  # noqa: UP042  # as people write it
    DARK = "dark"


class Level(IntEnum):
    LOW = 1


class Plain(Enum):
    ONE = 1
    TWO = "two"


@frozen
class City:
    name: str
    people: int = 0
    tags: list[str] = field(factory=list[str])
    mayor: str | None = "nobody"


@dataclasses.dataclass
class Node:
    value: int
    next: Node | None = None


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Point(NamedTuple):
    x: int
    y: int


class Person(BaseModel):
    name: str


@frozen
class Team:
    lead: Person
    others: list[Person]
    second: Person | None = None


def reply(text: str, reason: str = "stop") -> Response:
    return build_response([Text(text=text)], Finish(reason=reason))


def read(kind: Any, value: Any) -> Any:
    return reply(json.dumps(value)).parse(kind)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Color, "red", Color.RED),
        (Shade, "dark", Shade.DARK),
        (Level, 1, Level.LOW),
        (Plain, "two", Plain.TWO),
        (list[Color], ["red"], [Color.RED]),
        (int, 5.0, 5),
        (list[int], [1, 2.0], [1, 2]),
        (float, 5, 5.0),
        (City, {"name": "Bern", "people": None, "tags": None, "mayor": None}, City("Bern", mayor=None)),
        (City, {"name": "Bern", "people": 2.0}, City("Bern", 2)),
        (City | str, {"name": "Bern"}, City("Bern")),
        (City | str, "Bern", "Bern"),
        (list[City] | City, [{"name": "Bern"}], [City("Bern")]),
        (list[City] | City, {"name": "Bern"}, City("Bern")),
        (Literal["a"] | int, 3, 3),
        (Literal["a"] | int, "a", "a"),
        (Literal[Color.RED, "b"], "red", Color.RED),
        (City | None, None, None),
        (Person, {"name": "Ann"}, Person(name="Ann")),
        (list[Person], [{"name": "Ann"}], [Person(name="Ann")]),
        (Person | None, {"name": "Ann"}, Person(name="Ann")),
        (
            Team,
            {"lead": {"name": "A"}, "others": [{"name": "B"}], "second": None},
            Team(Person(name="A"), [Person(name="B")]),
        ),
        (Annotated[int, {"minimum": 1}], 2, 2),
        (Node, {"value": 1, "next": {"value": 2, "next": None}}, Node(1, Node(2))),
        (Movie, {"title": "Alien"}, {"title": "Alien"}),
        (Movie, {"title": "Alien", "year": 1979}, {"title": "Alien", "year": 1979}),
        (Point, [1, 2], Point(1, 2)),
        (dict[str, Color], {"a": "red"}, {"a": Color.RED}),
        (int | str, 5, 5),
    ],
)
def test_a_value_is_read_as_its_type(kind: Any, value: Any, expected: Any) -> None:
    check_readable(kind)
    got = read(kind, value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Color, "green", "green"),
        (Shade, "light", "light"),
        (Level, 2, "2"),
        (list[Color], ["red", "green"], r"\$\[1\]"),
        (int, 5.5, "expected int, not 5.5"),
        (int, True, "expected int, not True"),
        (City, {"name": None}, "name"),
        (City, {"name": "Bern", "people": "5"}, "people"),
        (City | int, "x", "does not fit any of the types"),
        (Literal["a", 1], True, "is not one of"),
        (Person, {"name": 1}, "name"),
        (Team, {"lead": {"name": 1}, "others": []}, "lead"),
        (Node, {"value": 1, "next": {"value": "x"}}, "next"),
    ],
)
def test_a_misfit_is_named_with_its_path(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(OutputValidationError, match=words) as caught:
        read(kind, value)
    assert caught.value.partial is not None


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Bern"}',
        '```json\n{"name": "Bern"}\n```',
        '```\n{"name": "Bern"}```',
        'Sure! Here you are:\n```json\n{"name": "Bern"}\n```\nAnything else?',
        'The city is {"name": "Bern"}, as you know.',
        '<think>It may be {"name": "Basel"}.</think>\n{"name": "Bern"}',
        '<thinking>hm</thinking>```json\n{"name": "Bern"}\n```',
        'First I thought\n```json\n{"name": "Basel"}\n```\nbut it is\n```json\n{"name": "Bern"}\n```',
        '\ufeff{"name": "Bern"}',
    ],
)
def test_json_is_found_in_what_is_said_around_it(text: str) -> None:
    assert reply(text).parse(City) == City("Bern")


def test_json_that_is_quoted_as_a_whole_is_read_unless_a_text_was_asked_for() -> None:
    quoted = json.dumps('{"name": "Bern"}')
    assert reply(quoted).parse(City) == City("Bern")
    assert reply(quoted).parse(str) == '{"name": "Bern"}'
    assert reply('"[1, 2]"').parse(list[int]) == [1, 2]
    assert reply('"12.50"').parse(Decimal) == Decimal("12.50")
    with pytest.raises(OutputValidationError, match="expected an object, not 'Bern'"):
        reply('"Bern"').parse(City)


@pytest.mark.parametrize("text", ["Sure!", "", "{", "[1, 2", "[" * 100_000, "{" * 50 + "x", "<think>{}"])
def test_what_holds_no_json_is_called_that(text: str) -> None:
    with pytest.raises(OutputValidationError, match=r"not JSON|does not fit"):
        reply(text).parse(City)


def test_a_filtered_answer_is_no_broken_json() -> None:
    with pytest.raises(RefusalError, match="content filter"):
        reply('{"name": "Be', "content_filter").parse(City)


@pytest.mark.parametrize(
    ("parts", "reason", "error", "words"),
    [
        ([Text(text='{"name": "Be')], "length", TruncatedOutputError, "cut by the limit on its length"),
        ([Text(text='{"name": "Bern"}')], "paused", TruncatedOutputError, "not complete"),
        ([Text(text='{"name": "Bern"}')], "error", TruncatedOutputError, "not complete"),
        ([Text(text='{"name": "Bern"}')], "refusal", RefusalError, "declined"),
        ([ToolCall(name="f", call_id="1")], "stop", OutputError, r"calls tools \(f\)"),
        ([Text(text=" "), ToolCall(name="f", call_id="1")], "tool_calls", OutputError, r"calls tools \(f\)"),
    ],
)
def test_what_is_no_whole_answer_is_called_that(parts: Any, reason: str, error: type[OutputError], words: str) -> None:
    response = build_response(parts, Finish(reason=reason))
    with pytest.raises(error, match=words) as caught:
        response.parse(City)
    assert (type(caught.value), caught.value.partial) == (error, response)


@pytest.mark.parametrize("kind", [list[int], int, City | None, Color])
def test_what_is_no_object_is_asked_for_in_one_and_read_from_it(kind: Any) -> None:
    schema = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k")).build_request("q", output=kind).body
    asked = schema["response_format"]["json_schema"]["schema"]
    assert asked["type"] == "object"
    assert wrap_schema(json_schema(City)) == json_schema(City)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [(list[int], {"value": [1]}, [1]), (int, {"value": 5}, 5), (dict[str, int], {"value": 5}, {"value": 5})],
)
def test_a_wrapped_value_is_unwrapped_where_it_was_wrapped(kind: Any, value: Any, expected: Any) -> None:
    assert read(kind, value) == expected


class Nothing:
    """A class that is not a type of values."""


@pytest.mark.parametrize("kind", [Nothing, list[Nothing]])
def test_what_cannot_be_read_is_refused_before_anything_is_sent(kind: Any) -> None:
    llm = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k"))
    with pytest.raises(InvalidRequestError):
        llm.build_request("q", output=kind)


@given(st.integers(min_value=-(10**40), max_value=10**40))
def test_great_integers_keep_their_digits(number: int) -> None:
    assert loads(dumps({"n": number})) == {"n": number}
    assert loads(json.dumps({"n": [number]}).encode()) == {"n": [number]}
    assert read(int, number) == number


def test_a_type_without_a_reader_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="cannot be read as"):
        check_readable(Nothing)
    check_readable(Person)


@frozen
class Rated:
    marks: list[Annotated[int, {"minimum": 1}]]
    best: Annotated[int, {"minimum": 1}] = 5


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Movie, [1], "object"),
        (Movie, {"title": "Alien", "director": "x"}, "unknown"),
        (Movie, {"year": 1979}, "title"),
        (Movie, {"title": 5}, "title"),
        (Point, [1], "2 items"),
        (Point, "ab", "2 items"),
        (Point, [1, "x"], "y"),
        (Rated, {"marks": ["x"]}, "marks"),
    ],
)
def test_misfits_of_other_classes_are_named_too(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(OutputValidationError, match=words):
        read(kind, value)


def test_what_annotated_says_does_not_stand_in_the_way() -> None:
    assert read(Rated, {"marks": [1, 2], "best": None}) == Rated([1, 2])
    assert read(Rated, {"marks": [], "best": 4}) == Rated([], 4)
    assert read(list[Annotated[int, {"minimum": 1}]], [3]) == [3]
    assert read(Annotated[int, "a number"] | None, 1) == 1
    assert read(dict[str, Any], {"a": [1]}) == {"a": [1]}


def test_a_class_of_a_function_may_name_itself() -> None:
    @dataclasses.dataclass
    class Leaf:
        name: str
        next: Leaf | None = None

    assert read(Leaf, {"name": "a", "next": {"name": "b"}}) == Leaf("a", Leaf("b"))


def test_a_bracket_that_begins_no_json_is_passed_over() -> None:
    assert reply('see [1 and {x: but {"name": "Bern"} it is').parse(City) == City("Bern")


@frozen
class Small:
    x: int


@pytest.mark.parametrize(
    "text",
    [
        'maybe {"x":9}? no.\n</think>\n{"x":1}',
        'As [1] says: {"x":1}',
        '<think>{"x":9}</think>{"x":1}',
        'first {"y":{"x":9}} then {"x":1}',
    ],
)
def test_what_fits_is_found_behind_reasoning_and_other_json(text: str) -> None:
    assert reply(text).parse(Small) == Small(x=1)


def test_json_that_fits_nowhere_is_named_by_its_first_misfit() -> None:
    with pytest.raises(OutputValidationError, match=r"expected an object.*\[1\]"):
        reply("As [1] says: [2]").parse(Small)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {"x": 1}',
        '{"a": {"x": 1},',
        '{"a": {"x": 1}, "b": "un',
        'Here: {"a": {"x": 1}, "b": tr',
        '{"a": {"x": 1}, "b": -',
    ],
)
def test_a_piece_of_an_answer_that_is_cut_is_no_answer(text: str) -> None:
    with pytest.raises(OutputValidationError, match="the answer is not JSON"):
        build_response([Text(text=text)], Finish(reason="stop")).parse(dict[str, int])


@pytest.mark.parametrize("text", ['Use {braces}: {"x": 1}', 'See [1] and [: {"x": 1}', '{"x": 1} and then {'])
def test_brackets_of_the_words_around_it_are_none_of_it(text: str) -> None:
    assert build_response([Text(text=text)], Finish(reason="stop")).parse(dict[str, int]) == {"x": 1}


@frozen
class Bill:
    total: Decimal
    share: float = 0.0
    note: Literal[5] | None = None
    either: int | float = 0


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ('{"total":12.5}', "12.5"),
        ('{"total":12.50}', "12.50"),
        ('{"total":-0.12345678901234567890123}', "-0.12345678901234567890123"),
        ('{"total":123456789012345678901234567890}', "123456789012345678901234567890"),
        ('{"total":1e400}', "1E+400"),
        ('{"total":"1.20"}', "1.20"),
        ('It is {"total": 1.10}.', "1.10"),
    ],
)
def test_a_decimal_keeps_all_digits_of_a_number(text: str, total: str) -> None:
    assert str(reply(text).parse(Bill).total) == total


def test_other_numbers_beside_a_decimal_are_what_they_are() -> None:
    bill = reply('{"total":1, "share":1.50, "note":5.0, "either":2.50}').parse(Bill)
    assert bill == Bill(Decimal(1), 1.5, 5, 2.5)
    assert {type(bill.share), type(bill.either)} == {float}
    assert reply("1.50").parse(list[Decimal] | Decimal) == Decimal("1.50")
    assert type(reply("1.50").parse(Decimal | float)) is float


@pytest.mark.parametrize("value", ["true", "NaN", "Infinity", '"twelve"', "[]"])
def test_what_is_no_decimal_is_refused(value: str) -> None:
    with pytest.raises(OutputValidationError, match=r"@ \$\.total"):
        reply(f'{{"total":{value}}}').parse(Bill)


class Row(NamedTuple):
    a: int
    b: int = 2
    c: str | None = "x"


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ([1], Row(1)),
        ([1, None], Row(1)),
        ([1, 3], Row(1, 3)),
        ([1, None, None], Row(1, 2, None)),
        ([1, 3, "y"], Row(1, 3, "y")),
    ],
)
def test_the_defaults_of_a_named_tuple_stand_in(value: Any, row: Row) -> None:
    assert read(Row, value) == row


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "a list of 1 to 3 items"),
        ([None], r"expected int, not None @ \$.a"),
        ([1, 2, "y", 4], "a list of 1 to 3 items"),
        ([1, "b"], r"expected int, not 'b' @ \$.b"),
    ],
)
def test_a_named_tuple_with_defaults_takes_nothing_else(value: Any, said: str) -> None:
    with pytest.raises(OutputValidationError, match=said):
        read(Row, value)


@pytest.mark.parametrize(
    "text",
    [
        '<think>the answer is {"a":5}',
        'Let me see. <thinking>\n```json\n{"a":5}\n```',
        '<think>hm</think> <think>{"a":5}',
        '5" <think> {"a":5}',
    ],
)
def test_what_is_thought_is_no_answer(text: str) -> None:
    with pytest.raises(OutputValidationError, match="it ends within its reasoning"):
        reply(text).parse(dict[str, Any])


@pytest.mark.parametrize(
    "text", ['See {"a": "<think>"}', '{"a": "<think>"} it is', 'See {"a": "\\"<think>"} <think> {"a":2}']
)
def test_a_tag_within_the_answer_begins_no_reasoning(text: str) -> None:
    assert reply(text).parse(dict[str, str])["a"].endswith("<think>")
