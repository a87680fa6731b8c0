from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pydantic
import pytest
from attrs import frozen

from dragoman import (
    Finish,
    OutputValidationError,
    Reasoning,
    Refusal,
    RefusalError,
    Response,
    Text,
    ToolCall,
    TruncatedOutputError,
)
from dragoman.spec.response import build_response


@frozen
class City:
    name: str
    people: int
    area: float | None = None


@dataclass
class Town:
    name: str


class Village(pydantic.BaseModel):
    name: str


class Color(enum.Enum):
    RED = "red"


def answer(text: str, reason: str = "stop") -> Response:
    return build_response([Text(text=text)], Finish(reason=reason))


def test_the_parts_of_an_answer_are_at_hand() -> None:
    mine = ToolCall(name="f", call_id="1")
    parts = [Reasoning(text="hm"), Text(text="a"), mine, ToolCall(name="g", call_id="2", server_side=True)]
    response = build_response(parts, Finish(reason="stop"))
    assert (response.text, response.reasoning, response.tool_calls, response.refusal) == ("a", "hm", (mine,), None)


def test_the_raw_reply_is_neither_shown_nor_compared() -> None:
    one = build_response([], Finish(reason="stop"), raw={"id": 1}, headers={"x-request-id": "r-1"})
    assert one == build_response([], Finish(reason="stop"), raw=None, headers={"x-request-id": "r-1"})
    assert "r-1" not in repr(one)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (City, '{"name": "Bern", "people": 5, "area": 2}', City("Bern", 5, 2)),
        (Town, '{"name": "Thun"}', Town("Thun")),
        (Village, '{"name": "Wengen"}', Village(name="Wengen")),
        (list[int], "[1, 2]", [1, 2]),
        (Color, '"red"', Color.RED),
        (Literal["a", "b"], '"a"', "a"),
        (int | str, '"x"', "x"),
        (dict[str, Any], '{"a": null}', {"a": None}),
        (bool, "true", True),
        (date, '"2024-02-29"', date(2024, 2, 29)),
        (Decimal, '"1.10"', Decimal("1.10")),
        (UUID, '"12345678-1234-5678-1234-567812345678"', UUID("12345678-1234-5678-1234-567812345678")),
    ],
)
def test_an_answer_is_read_as_a_type(kind: Any, text: str, value: object) -> None:
    assert answer(text).parse(kind) == value


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        (City, '{"name": "Bern"}', "does not fit City: required field missing: 'people'"),
        (City, '{"name": "Bern", "people": "5"}', "expected int, not '5' @ .*people"),
        (City, '{"name": "Bern", "people": true}', "expected int, not True"),
        (City, '{"name": "Bern", "people": 5, "mayor": "x"}', "unknown key 'mayor'"),
        (City, '{"name": "Bern", "people": 5, "area": "2"}', "expected float or null, not '2'"),
        (City, '{"name": "Bern", ', "is not JSON"),
        (City, "[" * 100_000, "is not JSON"),
        (date, '"2023-02-29"', "expected date, not '2023-02-29'"),
        (Decimal, '"ten"', "expected Decimal, not 'ten'"),
        (UUID, "5", "expected str, not 5"),
        (Village, '{"name": 5}', "does not fit Village"),
        (int | str, "null", "expected int or str, not None"),
    ],
)
def test_an_answer_that_does_not_fit_says_where(kind: Any, text: str, problem: str) -> None:
    with pytest.raises(OutputValidationError, match=problem) as caught:
        answer(text).parse(kind)
    assert caught.value.partial == answer(text)


@pytest.mark.parametrize("reason", ["length", "interrupted"])
def test_an_answer_that_was_cut_is_not_read(reason: str) -> None:
    with pytest.raises(TruncatedOutputError):
        answer("5", reason).parse(int)


def test_a_refusal_is_not_read() -> None:
    response = build_response([Refusal(text="I will "), Refusal(text="not")], Finish(reason="stop"))
    assert response.refusal == "I will not"
    with pytest.raises(RefusalError, match="I will not"):
        response.parse(int)


def test_a_model_may_talk_before_it_answers() -> None:
    parts = [Text(text="Here it is:"), Text(text="[1, 2]")]
    assert build_response(parts, Finish(reason="stop")).parse(list[int]) == [1, 2]
    with pytest.raises(OutputValidationError, match="not JSON"):
        build_response(parts[:1], Finish(reason="stop")).parse(list[int])
    with pytest.raises(OutputValidationError, match="does not fit"):
        build_response([Text(text='"a"')], Finish(reason="stop")).parse(list[int])
    with pytest.raises(OutputValidationError, match="not JSON"):
        build_response([], Finish(reason="stop")).parse(list[int])
