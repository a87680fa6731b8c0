"""How long what an LLM holds is used: changes of the configuration, closing under calls, copies."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    CallContext,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    ConnectionFailedError,
    LLMConfig,
    OverloadedError,
    RateLimitError,
    Response,
    StreamingLLM,
    SyncLLM,
)
from dragoman.plugins.registry import installed


class Slow(Scripted):
    """Answer when the test lets it."""

    def __init__(self) -> None:
        super().__init__(name="slow")
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        self.asked.append(request)
        if request.model == "broken":
            raise OverloadedError("full")
        self.begun.set()
        await self.go.wait()
        return say("late")


@pytest.fixture
def slow() -> AsyncIterator[Slow]:
    installed.cache_clear()
    provider = Slow()
    installed().register(provider, provider="slow")
    yield provider  # type: ignore[misc]
    installed.cache_clear()


async def test_a_setting_that_changes_binds_nothing_anew(scripted: Scripted) -> None:
    scripted.script = [say("a") for _ in range(50)]
    llm = LLM(LLMConfig(model="scripted/m"))
    for number in range(50):
        llm.config.temperature = number / 100
        llm.config.kwargs["seed"] = number
        await llm.generate("Hi")
    assert len(scripted.configs) == 1
    assert [request.settings.seed for request in scripted.asked] == [*range(50)]


async def test_however_often_the_binding_changes_one_stays_open(scripted: Scripted) -> None:
    scripted.script = [say("a") for _ in range(50)]
    async with LLM(LLMConfig(model="scripted/m")) as llm:
        for number in range(50):
            llm.config.kwargs["timeout"] = number + 1
            await llm.generate("Hi")
            assert len(scripted.configs) - scripted.closed == 1
    assert len(scripted.configs) == scripted.closed == 50


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.kwargs.update(flag={"a": [2]}),
        lambda config: config.kwargs["flag"]["a"].append(2),
        lambda config: config.kwargs["headers"].update({"x-a": "c"}),
        lambda config: setattr(config, "api_base", "https://b.test"),
    ],
)
async def test_what_is_changed_in_place_takes_effect(scripted: Scripted, change: Callable[[LLMConfig], None]) -> None:
    scripted.script = [say("a"), say("b"), say("c")]
    llm = LLM(LLMConfig(model="scripted/m", flag={"a": [1]}, headers={"x-a": "b"}))
    await llm.generate("Hi")
    await llm.generate("Hi")
    assert len(scripted.configs) == 1
    change(llm.config)
    await llm.generate("Hi")
    assert len(scripted.configs) == 2
    assert scripted.configs[0] != scripted.configs[1] or scripted.configs[1].options["flag"] == {"a": [1, 2]}


async def test_a_replaced_binding_is_closed_after_its_last_call(slow: Slow) -> None:
    llm = LLM(LLMConfig(model="slow/m"))
    first = asyncio.create_task(llm.generate("Hi"))
    await slow.begun.wait()
    llm.config.model = "slow/n"
    second = asyncio.create_task(llm.generate("Hi"))
    await asyncio.sleep(0)
    assert slow.closed == 0
    slow.go.set()
    assert [(await each).text for each in (first, second)] == ["late", "late"]
    assert slow.closed == 1
    await llm.aclose()
    assert slow.closed == 2


async def test_a_replaced_binding_is_closed_after_its_last_stream(scripted: Scripted) -> None:
    scripted.script = [spoken("Hi"), say("b")]
    llm = LLM(LLMConfig(model="scripted/m"))
    async with llm.stream("Hi") as stream:
        llm.config.model = "scripted/n"
        await llm.generate("Hi")
        assert scripted.closed == 0
        await stream.collect()
    assert scripted.closed == 1


async def test_a_request_that_was_only_shown_leaves_nothing_to_close(scripted: Scripted) -> None:
    llm = LLM(LLMConfig(model="scripted/m"))
    for number in range(5):
        llm.config.kwargs["timeout"] = number + 1
        llm._model.ready()  # noqa: SLF001  # as build_request does
    await llm.aclose()
    assert scripted.closed == 1


async def test_a_binding_that_cannot_be_closed_is_no_trouble_of_the_next_call(scripted: Scripted) -> None:
    async def aclose() -> None:
        raise RuntimeError

    scripted.script = [say("a"), say("b")]
    scripted.aclose = aclose  # type: ignore[method-assign]
    llm = LLM(LLMConfig(model="scripted/m"))
    await llm.generate("Hi")
    llm.config.model = "scripted/n"
    assert (await llm.generate("Hi")).text == "b"


async def test_closing_ends_a_call_with_one_clear_error(slow: Slow) -> None:
    llm = LLM(LLMConfig(model="slow/m", fallbacks=["echo"]))
    plain = LLM(LLMConfig(model="slow/m"))
    for each in (llm, plain):
        slow.begun.clear()
        call = asyncio.create_task(each.generate("Hi"))
        await slow.begun.wait()
        await each.aclose()
        with pytest.raises(ConnectionFailedError, match="the client was closed while this call went on") as caught:
            await call
        assert not caught.value.retryable
        assert call.cancelling() == 0
    slow.go.set()
    assert (await plain.generate("Hi")).text == "late"


@pytest.mark.parametrize("at_once", [1, 3])
async def test_closing_ends_a_call_of_a_model_to_fall_back_to_the_same_way(slow: Slow, at_once: int) -> None:
    llm = LLM("slow/broken", fallbacks=["slow/m"], num_retries=0)
    call = asyncio.create_task(llm.generate("Hi"))
    await slow.begun.wait()
    await asyncio.gather(*(llm.aclose() for _ in range(at_once)))
    with pytest.raises(ConnectionFailedError, match="the client was closed while this call went on"):
        await call
    assert [request.model for request in slow.asked] == ["broken", "m"]
    assert not call.cancelling()


async def test_closing_ends_a_wait_for_the_next_try(scripted: Scripted) -> None:
    scripted.script = [RateLimitError("slow down", retry_after=50.0), say("no")]
    llm = LLM(LLMConfig(model="scripted/m"))
    call = asyncio.create_task(llm.generate("Hi"))
    await asyncio.sleep(0)  # the first try fails at once, and the wait begins
    assert len(scripted.asked) == 1
    await llm.aclose()
    with pytest.raises(ConnectionFailedError, match="closed"):
        await call
    assert len(scripted.asked) == 1


async def test_a_call_that_is_cancelled_besides_stays_cancelled(slow: Slow) -> None:
    llm = LLM(LLMConfig(model="slow/m"))
    call = asyncio.create_task(llm.generate("Hi"))
    await slow.begun.wait()
    call.cancel()
    await llm.aclose()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_who_closes_in_the_midst_of_a_call_of_its_own_goes_on(slow: Slow) -> None:
    llm = LLM(LLMConfig(model="slow/m"))

    async def chat(request: ChatRequest, context: CallContext) -> Response:
        await llm.aclose()
        return say("done")

    slow.chat = chat  # type: ignore[method-assign]
    assert (await llm.generate("Hi")).text == "done"


def test_a_call_in_another_loop_ends_as_it_would(slow: Slow) -> None:
    llm = LLM(LLMConfig(model="slow/m"))
    loop, other = asyncio.new_event_loop(), asyncio.new_event_loop()
    call = loop.create_task(llm.generate("Hi"))
    loop.run_until_complete(slow.begun.wait())
    other.run_until_complete(llm.aclose())
    loop.call_soon(slow.go.set)
    assert loop.run_until_complete(call).text == "late"
    loop.close()
    other.close()


def test_a_coroutine_that_no_loop_of_asyncio_runs_is_no_trouble(scripted: Scripted) -> None:
    scripted.script = [say("a")]
    llm = LLM(LLMConfig(model="scripted/m"))
    asking = llm.generate("Hi")
    with pytest.raises(StopIteration) as caught:
        asking.send(None)
    assert caught.value.value.text == "a"
    closing = llm.aclose()
    with pytest.raises(StopIteration):
        closing.send(None)


async def test_a_fallback_follows_the_configuration(scripted: Scripted) -> None:
    broken = ConnectionFailedError("gone", retryable=False)
    scripted.script = [broken, say("a"), broken, say("b"), broken, say("c")]
    llm = LLM(LLMConfig(model="scripted/m", fallbacks=["scripted/x"]))
    await llm.generate("Hi")
    llm.config.kwargs["fallbacks"] = ["scripted/y"]
    await llm.generate("Hi")
    llm.config.kwargs["seed"] = 5
    await llm.generate("Hi")
    assert [request.model for request in scripted.asked] == ["m", "x", "m", "y", "m", "y"]
    assert scripted.asked[-1].settings.seed == 5
    await llm.aclose()
    assert scripted.closed == len(scripted.configs)


CONFIG = LLMConfig(model="echo", temperature=0.7, stop=["a"])


@pytest.mark.parametrize("kind", [LLM, StreamingLLM, SyncLLM])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda llm: pickle.loads(pickle.dumps(llm))])  # noqa: S301  # our own
async def test_a_copy_is_another_llm_with_the_same_configuration(kind: Any, again: Callable[[Any], Any]) -> None:
    llm = kind(CONFIG.replace())
    if kind is not SyncLLM:
        await llm.completion("Hi")
    other = again(llm)
    assert type(other) is kind
    assert other.config == llm.config
    assert other.config.explicit == llm.config.explicit == {"temperature", "stop"}
    other.config.temperature = 0.1
    assert llm.config.temperature == 0.7


def test_a_deep_copy_of_a_configuration_shares_nothing() -> None:
    other = copy.deepcopy(CONFIG)
    other.kwargs["stop"].append("b")
    assert CONFIG.kwargs["stop"] == ["a"]


def test_what_holds_a_key_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(LLM(LLMConfig(model="echo", api_key="sk-0123456789")))


async def test_an_open_stream_is_not_copied() -> None:
    async with LLM(LLMConfig(model="echo")).stream("Hi") as stream:
        for again in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                again(stream)  # type: ignore[operator]


async def test_completions_hold_their_binding_too(scripted: Scripted) -> None:
    scripted.script = [say("a")]
    llm = LLM(LLMConfig(model="scripted/m"))
    assert await llm.completion("Hi") == "a"
    assert isinstance(scripted.asked[0], CompletionRequest)
    with pytest.raises(ConfigurationError):
        LLM(LLMConfig(model="scripted/m"), model="n")
