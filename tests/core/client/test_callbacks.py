"""What a function of the caller raises comes through, with which of them it was, and nothing that came is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.client.tool_turns import asks, call, llm_that, streamed as events_of_answer
from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    DragomanError,
    Finish,
    InvalidRequestError,
    LLMConfig,
    OverloadedError,
    RetryPolicy,
    Text,
    Tool,
    build_response,
    installed,
)
from dragoman.spec.callbacks import noted


@pytest.fixture(autouse=True)
def own_plugins() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def look(order: int) -> str:
    """Look at an order."""
    return f"order {order}"


class Busy(Scripted):
    """List no models for now."""

    async def models(self, context: Any) -> Any:
        message = "full"
        raise OverloadedError(message)


class Slotted(Exception):  # noqa: N818  # it stands for any exception
    """Have attributes that cannot be set."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "run":
            raise AttributeError(name)
        super().__setattr__(name, value)


ERRORS: list[Callable[[], Exception]] = [
    lambda: ZeroDivisionError("oh"),
    lambda: InvalidRequestError("oh"),
    lambda: OSError("oh"),
]


def raising(error: Exception, *, later: bool) -> Any:
    def fail(*_: Any) -> Any:
        raise error

    async def fail_later(*_: Any) -> Any:
        raise error

    return fail_later if later else fail


async def read(opened: Any) -> None:
    async with opened as events:
        async for _ in events:
            pass


@pytest.mark.parametrize("make", ERRORS)
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("name", "for_what"),
    [
        ("approve", "the call 'c1' of the tool 'look'"),
        ("on_turn", "turn 1 of a run"),
        ("on_step", "turn 1 of a run"),
    ],
)
async def test_functions_of_a_run(
    scripted: Scripted, make: Any, name: str, for_what: str, *, later: bool, streamed: bool
) -> None:
    asked, error = asks(call("look", 1, order=1)), make()
    llm = llm_that(scripted, *([events_of_answer(asked), spoken("Done")] if streamed else [asked, say("Done")]))
    keywords: Any = {"tools": [look], name: raising(error, later=later)}
    with pytest.raises(type(error)) as caught:
        await (read(llm.stream_run("Go", **keywords)) if streamed else llm.run("Go", **keywords))
    assert caught.value is error
    assert error.__notes__ == [f"raised by {name}, called for {for_what}"]
    assert [each.tool_calls[0].name for each in error.run.responses] == ["look"]


async def test_what_one_tool_asks_itself(scripted: Scripted) -> None:
    tool = Tool.from_function(look, approve=raising(KeyError("oh"), later=False))
    with pytest.raises(KeyError) as caught:
        await llm_that(scripted, asks(call("look", 1, order=1))).run("Go", tools=[tool])
    assert caught.value.__notes__ == ["raised by approve, called for the call 'c1' of the tool 'look'"]


async def test_an_exception_without_attributes_comes_through_too(scripted: Scripted) -> None:
    with pytest.raises(Slotted) as caught:
        await llm_that(scripted, say("Done")).run("Go", on_turn=raising(Slotted(), later=False))
    assert caught.value.__notes__ == ["raised by on_turn, called for turn 1 of a run"]


@pytest.mark.parametrize("make", ERRORS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_condition_of_fallbacks(make: Any, *, streamed: bool) -> None:
    error = make()
    empty = build_response([], Finish(reason="stop"))
    installed().register(Scripted(events_of_answer(empty) if streamed else empty, name="scripted"), provider="scripted")
    llm = LLM(LLMConfig("scripted/a", fallbacks=["scripted/b"], fall_back_on=raising(error, later=False)))
    with pytest.raises(type(error)) as caught:
        await (read(llm.stream("Hi")) if streamed else llm.generate("Hi"))
    assert caught.value is error
    assert error.__notes__ == ["raised by fall_back_on, called for the answer of 'scripted/a'"]
    assert error.partial.finish.reason == "stop"


@pytest.mark.parametrize("make", ERRORS)
@pytest.mark.parametrize("later", [False, True])
async def test_the_source_of_a_key(make: Any, *, later: bool) -> None:
    error = make()
    llm = LLM("openai/gpt-4o", api_key=raising(error, later=later))
    with pytest.raises((type(error), DragomanError)) as caught:
        await llm.generate("Hi")
    assert caught.value is error
    assert error.__notes__ == ["raised by api_key, called for the key of the next call"]


@pytest.mark.parametrize("make", ERRORS)
@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    "door", [lambda llm: llm.generate("Hi"), lambda llm: read(llm.stream("Hi")), lambda llm: llm.models()]
)
async def test_what_is_told_of_retries(make: Any, door: Any, *, later: bool) -> None:
    error = make()
    installed().register(Busy(OverloadedError("full"), name="scripted"), provider="scripted")
    with pytest.raises(type(error)) as caught:
        await door(LLM("scripted/a", retry=RetryPolicy(budget=False), on_retry=raising(error, later=later)))
    assert caught.value is error
    assert error.__notes__ == ["raised by on_retry, called for try 1 of a call"]


def test_what_an_exception_has_already_is_kept() -> None:
    error = DragomanError("oh", partial=build_response([Text(text="first")], Finish(reason="stop")))
    first = error.partial
    with pytest.raises(DragomanError), noted("approve", "x", partial=build_response([], Finish(reason="stop"))):
        raise error
    assert error.partial is first


async def test_a_stream_without_output_whose_configuration_has_no_condition_is_an_answer() -> None:
    empty = build_response([], Finish(reason="stop"))
    installed().register(Scripted(events_of_answer(empty), name="scripted"), provider="scripted")
    async with LLM(LLMConfig("scripted/a", fallbacks=["scripted/b"], fall_back_on=None)).stream("Hi") as events:
        async for _ in events:
            pass
    assert events.response.finish.reason == "stop"
