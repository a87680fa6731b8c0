from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypedDict

import pydantic
import pytest
from attrs import frozen

from dragoman import InvalidRequestError
from dragoman.spec.class_unions import check_unions


@frozen
class Left:
    x: int


@frozen
class Right:
    """The same members, in other words."""

    x: int = 5


class Third(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    x: int


class Fourth(TypedDict):
    x: int


@frozen
class Named:
    x: int
    kind: Literal["named"] = "named"


@dataclasses.dataclass
class Holder:
    items: list[Left | Right]
    next: Holder | None = None


@frozen
class Nested:
    left: Left | None = None
    next: Nested | None = None


@pytest.mark.parametrize(
    "kind",
    [
        Left | Right,
        list[Left | Right],
        dict[str, Left | Right | None],
        Annotated[Left | Fourth, "one of them"],
        Holder,
        list[Holder] | None,
        Left | str | Fourth,
    ],
)
def test_classes_that_an_answer_cannot_tell_apart_are_refused(kind: Any) -> None:
    with pytest.raises(InvalidRequestError, match="Left") as caught:
        check_unions(kind)
    assert caught.value.parameter == "output"


@pytest.mark.parametrize(
    "kind",
    [
        Left | Named,
        Left | str,
        Nested,
        Literal["a", "b"],
        Third,
        list[Left],
        Callable[[int], Left],
        int | None,
        Third | Named,
    ],
)
def test_what_can_be_told_apart_is_taken(kind: Any) -> None:
    check_unions(kind)
