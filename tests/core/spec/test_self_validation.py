"""Models of pydantic read what a strict schema makes of them, and say where an answer does not fit."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic
import pytest

from dragoman.spec.self_validation import read_model, validates_itself
from dragoman.spec.strict_conversion import misfits


class Part(pydantic.BaseModel):
    name: str = "p"
    size: int | None = 3


class Round(pydantic.BaseModel):
    kind: Literal["round"] = "round"
    radius: int = 1


class Flat(pydantic.BaseModel):
    kind: Literal["flat"] = "flat"
    side: int = 2
    others: list[Part] = []


class Whole(pydantic.BaseModel):
    part: Part = Part()
    parts: list[Part] = []
    named: dict[str, Part] = {}
    pair: tuple[int, Part] | None = None
    shape: Annotated[Round | Flat, pydantic.Field(discriminator="kind")] = Round()
    either: Part | list[Part] | str = ""
    anything: Any = 7
    fixed: Literal["x"] = "x"
    maybe: Literal["y", None] = "y"  # noqa: PYI061  # null is one of its values


def test_null_for_a_member_that_takes_none_is_its_default() -> None:
    nothing = dict.fromkeys(Whole.model_fields)
    assert read_model(nothing, Whole) == Whole(anything=None, maybe=None)
    assert read_model({"name": None, "size": None}, Part) == Part(size=None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"part": {"name": None}}, Whole()),
        ({"parts": [{"name": None, "size": 1}]}, Whole(parts=[Part(size=1)])),
        ({"named": {"a": {"name": None}}}, Whole(named={"a": Part()})),
        ({"shape": {"kind": "flat", "side": None, "others": [{"name": None}]}}, Whole(shape=Flat(others=[Part()]))),
        ({"either": {"name": None, "size": 1}}, Whole(either=Part(size=1))),
        ({"either": [{"name": None}]}, Whole(either=[Part()])),
        ({"pair": [1, {"name": "q"}]}, Whole(pair=(1, Part(name="q")))),
    ],
)
def test_nulls_are_left_out_however_deep(value: Any, expected: Any) -> None:
    assert read_model(value, Whole) == expected


def test_members_are_read_by_their_aliases() -> None:
    class Aliased(pydantic.BaseModel):
        first: int = pydantic.Field(default=1, alias="firstValue")

    assert read_model({"firstValue": None}, Aliased) == Aliased()


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"parts": [{}, {"name": 5}]}, "$.parts[1].name"),
        ({"named": {"a": {"size": "x"}}}, "$.named.a.size"),
        ({"part": 5}, "$.part"),
        ({"parts": [{"name": 5, "size": "x"}]}, "$.parts[0].size"),
        ({"shape": {"kind": "square"}}, "$.shape"),
        ({"either": 5}, "$.either"),
    ],
)
def test_a_misfit_is_named_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        read_model(value, Whole)
    assert path in "; ".join(misfits(caught.value))


def test_a_misfit_of_the_whole_is_one_error() -> None:
    with pytest.raises(ValueError, match="dictionary"):
        read_model([], Whole)


def test_an_error_of_a_class_itself_is_kept() -> None:
    class Odd:
        @classmethod
        def model_json_schema(cls) -> dict[str, Any]:
            return {"type": "object"}

        @classmethod
        def model_validate(cls, value: Any) -> Any:
            message = f"odd {value}"
            raise ValueError(message)

    assert validates_itself(Odd)
    assert not validates_itself(int)
    with pytest.raises(ValueError, match="odd"):
        read_model({}, Odd)
