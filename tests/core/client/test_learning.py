"""What a provider tells about a model: learned when asked for, remembered, and used by all later calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from core.http.calls import provider as http_provider
from core.scripted import Scripted, say, spoken
from dragoman import (
    LLM,
    NO,
    YES,
    CallContext,
    Capabilities,
    CompletionRequest,
    HistoryRules,
    LearnsCapabilities,
    LLMConfig,
    RemembersCapabilities,
    ServerError,
    StreamingLLM,
    SyncLLM,
    hookimpl,
)
from dragoman.client.learned_capabilities import forget, learned, remember
from dragoman.plugins.compat import DowngradingProvider
from dragoman.plugins.registry import installed

KNOWN = Capabilities(context_tokens=10)
TOLD = Capabilities(context_tokens=99, completion=YES, completion_stream=YES, tools=NO)


class Learning(Scripted):
    """Tell what a model accepts, one after another; an exception is raised."""

    def __init__(self, *told: Any, script: tuple[Any, ...] = ()) -> None:
        super().__init__(*script, capabilities=KNOWN)
        self.told = list(told)
        self.models: list[str] = []

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        self.models.append(model)
        told = self.told.pop(0)
        if isinstance(told, BaseException):
            raise told
        capabilities: Capabilities = told
        return capabilities


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()
    forget()


def registered(provider: Scripted) -> Scripted:
    installed().register(provider, provider="scripted")
    return provider


def llm(**fields: Any) -> StreamingLLM:
    return StreamingLLM(LLMConfig("scripted/m", num_retries=0, **fields))


async def test_no_call_asks_by_itself() -> None:
    provider = Learning(TOLD, script=(say("a"),))
    registered(provider)
    model = llm()
    await model.generate("x")
    assert (model.capabilities(), provider.models) == (KNOWN, [])


async def test_the_answer_applies_to_all_later_calls() -> None:
    provider = Learning(TOLD, script=(spoken("b"),))
    registered(provider)
    assert await llm().learn_capabilities() == TOLD
    assert await llm().learn_capabilities() == llm().capabilities() == TOLD
    assert provider.models == ["m"]
    assert [piece async for piece in llm().streaming_completion("a")] == ["b"]
    assert isinstance(provider.asked[0], CompletionRequest)


async def test_another_model_or_base_url_is_not_meant() -> None:
    registered(Learning(TOLD))
    await llm().learn_capabilities()
    assert llm(api_base="https://other.test").capabilities() == KNOWN
    assert LLM("scripted/n").capabilities() == KNOWN


async def test_it_can_be_asked_again() -> None:
    again = attrs.evolve(TOLD, context_tokens=7)
    registered(Learning(TOLD, again))
    await llm().learn_capabilities()
    assert await llm().learn_capabilities(refresh=True) == again == llm().capabilities()


@pytest.mark.parametrize("told", [ServerError("down"), ValueError("broken"), "all of it"])
async def test_a_failure_leaves_what_is_known(told: Any, caplog: pytest.LogCaptureFixture) -> None:
    provider = Learning(told, TOLD)
    registered(provider)
    assert await llm().learn_capabilities() == KNOWN
    assert "what m accepts could not be learned" in caplog.text
    assert await llm().learn_capabilities() == TOLD


async def test_a_provider_that_cannot_tell_is_not_asked() -> None:
    registered(Scripted(capabilities=KNOWN))
    assert await llm().learn_capabilities() == KNOWN


def test_it_is_learned_synchronously_too() -> None:
    registered(Learning(TOLD))
    with SyncLLM("scripted/m") as model:
        assert model.capabilities() == KNOWN
        assert model.learn_capabilities() == model.capabilities() == TOLD


async def test_it_passes_the_hook_of_operations() -> None:
    registered(Learning(TOLD))
    seen: list[tuple[str, object]] = []

    class Watching:
        @hookimpl(wrapper=True)
        def dragoman_operation(self, binding: object, kind: str) -> Any:
            call = yield

            async def watched(request: object, context: CallContext) -> Any:
                seen.append((kind, request))
                return await call(request, context)

            return watched

    installed().register(Watching())
    await llm().learn_capabilities()
    assert seen == [("capabilities", "m")]


class Remembering(Learning):
    """Keep what was learned, as HTTP providers do."""

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self.kept: list[Capabilities] = []

    def capabilities(self, model: str) -> Capabilities:
        return self.kept[-1] if self.kept else KNOWN

    def remember_capabilities(self, model: str, capabilities: Capabilities) -> None:
        self.kept.append(capabilities)


async def test_a_provider_that_remembers_is_told_once() -> None:
    provider = Remembering(TOLD)
    registered(provider)
    model = llm()
    await model.learn_capabilities()
    assert model.capabilities() == model.capabilities() == TOLD
    assert provider.kept == [TOLD]


def test_a_provider_of_http_remembers_with_its_own_rules_for_conversations() -> None:
    near = http_provider("http://h")
    assert isinstance(near, RemembersCapabilities)
    near.remember_capabilities("m", TOLD)
    assert near.capabilities("m") == attrs.evolve(TOLD, history=near.history)
    ruled = attrs.evolve(TOLD, history=HistoryRules(call_id_length=7))
    near.remember_capabilities("m", ruled)
    assert near.capabilities("m") == ruled


def test_an_older_provider_keeps_its_protocols() -> None:
    assert isinstance(DowngradingProvider(Remembering(), (1, 0)), LearnsCapabilities)
    assert isinstance(DowngradingProvider(Remembering(), (1, 0)), RemembersCapabilities)
    assert not isinstance(DowngradingProvider(Scripted(), (1, 0)), LearnsCapabilities)


def test_the_oldest_models_are_forgotten() -> None:
    for number in range(1030):
        remember(("p", "", str(number)), KNOWN)
    assert learned(("p", "", "0")) is None
    assert learned(("p", "", "1029")) == KNOWN
