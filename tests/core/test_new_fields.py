"""A field that somebody adds to an answer reaches the caller, whatever the answer passes on its way."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from attrs import frozen

from core.http.calls import dialect, provider, request, whole
from core.scripted import FakeClock, Scripted, say, spoken
from dragoman import (
    LLM,
    CallContext,
    ChatRequest,
    Event,
    LLMConfig,
    Message,
    Origin,
    Response,
    ResponseSnapshot,
    ServerError,
    StreamStart,
)
from dragoman.client.managed_provider import ManagedProvider
from dragoman.http import HttpReply
from dragoman.plugins.registry import installed
from dragoman.spec._value import changed
from dragoman.spec.errors import RequestTimeoutError
from dragoman.spec.retry_policy import RetryPolicy
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply


@frozen(kw_only=True, eq=False, repr=False)
class Placed(Origin):
    region: str | None = None


@frozen(kw_only=True, eq=False, repr=False)
class Graded(Response):
    grade: int = 0


@frozen(eq=False, repr=False)
class GradedStart(StreamStart):
    grade: int = 0


__all__ = ["loopback"]

ASK = ChatRequest(model="m", messages=[Message("user", "Hi")])


def graded(text: str = "Hello") -> Graded:
    plain = say(text)
    known = {field.name: getattr(plain, field.name) for field in attrs.fields(Response) if field.init}
    return Graded(**known | {"origin": Placed(region="north")}, grade=7)


def check(response: Response) -> None:
    assert isinstance(response, Graded)
    assert response.grade == 7
    assert isinstance(response.origin, Placed)
    assert response.origin.region == "north"
    assert response.origin.provider


@pytest.mark.parametrize("value", [graded(), Placed(region="north"), GradedStart(grade=7)])
def test_a_changed_copy_is_what_attrs_makes_of_it(value: Any) -> None:
    name = next(field.name for field in attrs.fields(type(value)) if field.name in {"headers", "model"})
    change = {name: {"a": "b"} if name == "headers" else "other"}
    copied = changed(value, **change)
    assert type(copied) is type(value)
    assert copied == attrs.evolve(value, **change)
    with pytest.raises(TypeError):
        changed(value, unknown=1)


async def test_it_passes_retries_and_the_binding() -> None:
    scripted = Scripted(ServerError("busy", retryable=True), graded())
    origin = Origin(provider="acme", distribution="acme-one", version="1", model="m")
    guard = ManagedProvider(scripted, origin, RetryPolicy(retries=2, jitter=0), None)
    check(await guard.chat(ASK, CallContext(clock=FakeClock())))


async def test_it_passes_a_stream() -> None:
    scripted = Scripted([GradedStart(origin=Placed(region="north"), grade=7), *spoken("Hello")])
    guard = ManagedProvider(scripted, Origin(provider="acme", model="m"), RetryPolicy(retries=2, jitter=0), None)
    async with guard.stream(ASK, CallContext()) as events:
        start: Event = await anext(events)
    assert isinstance(start, GradedStart)
    assert start.grade == 7
    assert isinstance(start.origin, Placed)
    assert (start.origin.region, start.origin.provider) == ("north", "acme")


async def test_metadata_passes_a_stream(scripted: Scripted) -> None:
    scripted.script.append([ResponseSnapshot(metadata={"grade": 7}), *spoken("Hello")])
    async with LLM(LLMConfig(model="scripted/m")).stream("Hi") as stream:
        assert (await stream.collect()).metadata == {"grade": 7}


async def test_it_passes_fallbacks_and_hooks() -> None:
    installed.cache_clear()
    first, second = Scripted(ServerError("busy"), name="first"), Scripted(graded(), name="second")
    for each in (first, second):
        installed().register(each, provider=each.info.name)
    try:
        check(await LLM(LLMConfig(model="first/m", fallbacks=["second/m"], num_retries=0)).generate("Hi"))
    finally:
        installed.cache_clear()


class _Grading:
    def __init__(self) -> None:
        self._dialect = dialect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def decode(self, reply: HttpReply) -> Response:
        return graded()


async def test_it_passes_an_http_provider(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(whole()))
    made = provider(loopback.url, speaks=_Grading())
    try:
        response = await made.chat(request(), CallContext())
    finally:
        await made.aclose()
    assert isinstance(response, Graded)
    assert isinstance(response.origin, Placed)
    assert (response.grade, response.origin.region, response.origin.endpoint) == (7, "north", loopback.url)


async def test_an_error_that_comes_too_late_keeps_what_is_known() -> None:
    busy = ServerError("busy", status=503, retry_after=9.0, retryable=True, headers={"x-request-id": "r"})
    vars(busy)["region"] = "north"
    clock = FakeClock()
    guard = ManagedProvider(Scripted(busy), Origin(provider="acme"), RetryPolicy(retries=2), None)
    with pytest.raises(RequestTimeoutError) as caught:
        await guard.chat(ASK, CallContext(clock=clock, deadline=clock.now + 1))
    error: Any = caught.value
    assert (error.status, error.retry_after, error.headers, error.region) == (503, 9.0, {"x-request-id": "r"}, "north")
    assert not error.retryable
