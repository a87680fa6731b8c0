from __future__ import annotations

import copy
from typing import Any

import attrs
import pytest
from attrs import field
from hypothesis import given

import dragoman
from dragoman import (
    LLM,
    Finish,
    LLMConfig,
    Message,
    ReasoningDelta,
    Refusal,
    Response,
    Settings,
    Text,
    TextDelta,
    Timeouts,
    Usage,
    reasoning_delta,
    text_delta,
)
from dragoman.http import HttpReply, HttpRequest
from dragoman.spec._value import changed, value
from properties import strategies as of


@value
class Hat:
    size: int
    price: int = field(default=3, repr=lambda price: f"{price} coins")
    key: str = field(default="none", repr=False)
    feathers: list[str] = field(factory=list[str])
    found: str = field(default="", repr=False, eq=False)


@value
class Cap(Hat):
    pass


@value
class Nothing:
    pass


def no_bytes(value: object) -> bool:
    return " bytes>" not in repr(value)  # which are counted, not shown


NAMES = {name: getattr(dragoman, name) for name in dragoman.__all__}


@given((of.messages | of.settings | of.finishes | of.tools).filter(no_bytes))
def test_what_is_shown_makes_the_same_object(value: Any) -> None:
    assert eval(repr(value), NAMES) == value  # noqa: S307


@given(of.responses.filter(no_bytes))
def test_an_answer_shows_all_but_headers_and_what_the_provider_itself_said(response: Response) -> None:
    usage = attrs.evolve(response.usage, raw=None)
    assert eval(repr(response), NAMES) == attrs.evolve(response, headers={}, usage=usage)  # noqa: S307


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Text(text=""), "Text(text='')"),
        (Message("user", "hi"), "Message(role=Role('user'), content=(Text(text='hi'),))"),
        (Usage(), "Usage()"),
        (Usage(output_tokens=0, raw={"x": 1}), "Usage(output_tokens=0)"),
        (Settings(temperature=0.0, explicit=frozenset({"temperature"})), "Settings(temperature=0.0, explicit=...)"),
        (Timeouts(total=None), "Timeouts(total=None)"),
        (Timeouts(total=600), "Timeouts(total=600)"),
        (Finish(reason="stop"), "Finish(reason=FinishReason('stop'))"),
        (HttpRequest(url="/x", body=b"123"), "HttpRequest(url='/x', body=<3 bytes>)"),
        (HttpReply(status=200, headers={"a": "b"}), "HttpReply(status=200)"),
    ],
)
def test_defaults_are_left_out(value: object, shown: str) -> None:
    assert repr(value) == shown.replace("...", "frozenset({'temperature'})")


def test_a_field_says_itself_how_it_is_shown() -> None:
    assert repr(Hat(56)) == "Hat(size=56)"
    assert repr(Hat(56, 4, "secret", ["red"])) == "Hat(size=56, price=4 coins, feathers=['red'])"


async def test_an_answer_is_short() -> None:
    async with LLM(LLMConfig(model="echo")) as llm:
        response = await llm.generate("hi")
    assert repr(response).startswith(
        "Response(message=Message(role=Role('assistant'), content=(Text(text='hi'),)), finish=Finish(reason="
    )
    assert "None" not in repr(response)


@given(of.messages | of.settings | of.finishes | of.tools | of.responses)
def test_what_has_the_same_fields_is_equal(value: Any) -> None:
    same = attrs.evolve(value)
    assert same is not value
    assert same == value


def test_each_field_counts_that_is_not_left_out() -> None:
    assert Hat(56) == Hat(56, found="in the wood")
    for other in (Hat(57), Hat(56, 4), Hat(56, 3, "key"), Hat(56, 3, "none", ["red"])):
        assert Hat(56) != other


def test_another_class_is_never_equal() -> None:
    assert Hat(56) != Cap(56)
    assert Hat(56) != 56
    assert Text(text="no") != Refusal(text="no")
    assert Nothing() == Nothing()


def test_equal_values_are_the_same_member_of_a_set() -> None:
    assert len({Finish(reason="stop"), Finish(reason="stop"), Finish(reason="length")}) == 2
    assert {Timeouts(), Nothing()} == {Nothing(), Timeouts()}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Hat(56))


@given(of.responses, of.finishes)
def test_a_change_makes_what_evolve_makes(response: Response, finish: Finish) -> None:
    made = changed(response, finish=finish, raw=[1])
    assert made == attrs.evolve(response, finish=finish, raw=[1])
    assert (made.raw, made.headers) == ([1], response.headers)
    assert response.raw is not made.raw


def test_a_change_keeps_what_a_subclass_adds() -> None:
    @value(kw_only=True)
    class Priced(Response):
        price: int = 0

    class Unslotted(Priced):
        pass

    for kind in (Priced, Unslotted):
        priced = kind(message=Message("assistant", "hi"), finish=Finish(reason="stop"), price=3)
        made = changed(priced, raw=1)
        assert (type(made), made.price, made.raw) == (kind, 3, 1)


def test_a_change_is_checked_where_the_constructor_checks() -> None:
    @value
    class Even:
        number: int = field(validator=lambda _, field, number: bool(1 // (number % 2 == 0)))
        name: str = field(default="", converter=str.upper)

    @value
    class Positive:
        number: int
        name: str = ""

        def __attrs_post_init__(self) -> None:
            assert self.number > 0

    @value
    class Counted:
        number: int
        name: str = ""
        times: list[int] = field(init=False, factory=list[int])
        more: int = 0

    counted = changed(Counted(1), number=2)
    assert (counted.number, counted.times) == (2, [])
    assert changed(Even(2), name="two") == Even(2, "TWO")
    with pytest.raises(ZeroDivisionError):
        changed(Even(2), number=3)
    with pytest.raises(AssertionError):
        changed(Positive(1), number=0)
    with pytest.raises(TypeError, match="colour"):
        changed(Finish(reason="stop"), colour="red")


class Plain(Usage):
    pass


@attrs.frozen
class Frozen(Usage):
    more: int = 0


@attrs.define
class Defined(Usage):
    more: int = 0


@value(kw_only=True)
class Own(Usage):
    more: int = 0


@value(kw_only=True)
class Finished(Usage):
    more: int = 0

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "more", self.more + 1)


@pytest.mark.parametrize("kind", [Usage, Plain, Frozen, Defined, Own, Finished])
def test_a_made_object_is_of_its_class_and_cannot_be_changed(kind: type[Usage]) -> None:
    made = kind(input_tokens=3)
    for each in (made, changed(made, output_tokens=4), attrs.evolve(made, output_tokens=4), copy.copy(made)):
        assert type(each) is kind
        assert each.input_tokens == 3
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            each.input_tokens = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            del each.input_tokens
    assert made == kind(input_tokens=3)
    assert getattr(made, "more", 1) == (1 if kind in {Usage, Plain, Finished} else 0)


def test_what_a_maker_makes_is_what_the_constructor_makes() -> None:
    for make, kind in ((text_delta, TextDelta), (reasoning_delta, ReasoningDelta)):
        made = make(1, "hi")
        assert (made, type(made), made.logprobs) == (kind(1, "hi"), kind, ())
        assert kind.__name__ in str(make.__doc__)
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            made.text = "ho"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_change_may_be_named_as_anything() -> None:
    @value(kw_only=True)
    class Named:
        kind: int
        old: int
        new: int
        copy: int
        _make: int = 4

    made = changed(Named(kind=1, old=1, new=1, copy=1), kind=2, old=3, new=5, make=6)
    assert made == Named(kind=2, old=3, new=5, copy=1, make=6)
    assert type(changed(made)) is Named
