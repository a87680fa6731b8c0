from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen
from pydantic import BaseModel

from dragoman import Data, InvalidRequestError, Media, Part, Text, ToolResult


@frozen
class Place:
    city: str
    since: date


@dataclass
class Weather:
    places: list[Place]


class Sky(enum.Enum):
    GREY = "grey"


class Grade(enum.IntEnum):
    ONE = 1


class Report(BaseModel):
    sky: Sky
    day: date


class Stranger:
    pass


OSLO = Place("Oslo", date(1048, 1, 1))
PLAIN = {"city": "Oslo", "since": "1048-01-01"}


def content(value: Any) -> tuple[Part, ...]:
    return ToolResult(call_id="1", name="f", content=value).content


def test_a_string_among_parts_is_a_text() -> None:
    image = Media.of(b"\x89PNG\r\n\x1a\n")
    assert content(["a map", image, "", "of Oslo"]) == (Text(text="a map"), image, Text(text="of Oslo"))
    assert content((image, "a map")) == (image, Text(text="a map"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"t": 1}, {"t": 1}),
        ({1: (2, None)}, {"1": [2, None]}),
        ({Sky.GREY: Grade.ONE}, {"grey": 1}),
        ([1, "a"], [1, "a"]),
        (["a"], ["a"]),
        ({3}, [3]),
        (5, 5),
        (0.5, 0.5),
        (True, True),
        (None, None),
        (Sky.GREY, "grey"),
        (date(2025, 1, 2), "2025-01-02"),
        (Decimal("1.50"), "1.50"),
        (OSLO, PLAIN),
        ([OSLO], [PLAIN]),
        (Weather([OSLO]), {"places": [PLAIN]}),
        (Report(sky=Sky.GREY, day=date(2025, 1, 2)), {"sky": "grey", "day": "2025-01-02"}),
        ({"report": Report(sky=Sky.GREY, day=date(2025, 1, 2))}, {"report": {"sky": "grey", "day": "2025-01-02"}}),
    ],
)
def test_a_value_of_a_tool_is_data(value: Any, expected: Any) -> None:
    assert content(value) == (Data(value=expected),)


def test_parts_and_texts_stay_what_they_are() -> None:
    parts = (Text(text="a"), Data(value=1))
    for given in (parts, [*parts], iter(parts)):
        assert content(given) == parts
    assert content(parts[0]) == (parts[0],)
    assert content([]) == content("") == ()
    assert content("a") == (parts[0],)


def loop() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (Stranger, "Stranger is not a value that JSON can represent"),
        (lambda: Report, "is not a value that JSON can represent"),
        (lambda: float("nan"), "nan is not a number that JSON can represent"),
        (loop, "must be a string, parts, or a value that JSON can represent"),
        (lambda: [Text(text="a"), 1], "part 1 of a ToolResult must be a string, Text, Media, Data or Extension, not 1"),
    ],
)
def test_what_json_cannot_represent_is_refused(make: Callable[[], Any], problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        content(make())
