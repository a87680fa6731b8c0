from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from core.scripted import PROVIDER, FakeClock, Scripted, Site, say, spoken
from dragoman import (
    LLM,
    Adjustment,
    Attempt,
    AuthenticationError,
    BadRequestError,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Event,
    LLMConfig,
    Message,
    Origin,
    OverloadedError,
    PartEnd,
    PartStart,
    Ping,
    PluginError,
    Response,
    ResponseSnapshot,
    ServerError,
    Settings,
    StreamEnd,
    StreamStart,
    Support,
    Text,
    TextDelta,
    Timeouts,
    UnsupportedError,
    UsageSnapshot,
    hookimpl,
)
from dragoman.client.binding import bind
from dragoman.client.managed_provider import ManagedProvider
from dragoman.plugins.registry import installed
from dragoman.spec.hookspecs import Binding
from dragoman.spec.response import Usage
from dragoman.spec.retry_policy import RetryPolicy

NO = Cap(support=Support.NO)
ORIGIN = Origin(provider="acme", distribution="acme-one", version="1", model="m")
ASK = ChatRequest(model="m", messages=[Message("user", "Hi")])
ASK_HOT = ChatRequest(model="m", messages=ASK.messages, settings=Settings(temperature=0.7, seed=1, explicit={"seed"}))


def guarded(provider: Scripted, policy: Any = None, retries: int = 2) -> ManagedProvider:
    return ManagedProvider(provider, ORIGIN, RetryPolicy(retries=retries, jitter=0), policy)


async def collect(guard: ManagedProvider, request: ChatRequest, context: CallContext) -> list[Event]:
    async with guard.stream(request, context) as events:
        return [event async for event in events]


def bad(parameter: str | None) -> BadRequestError:
    return BadRequestError(f"unsupported: {parameter}", parameter=parameter)


def test_the_provider_is_given_all_it_needs(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRIPTED_REGION", "eu")
    bound = bind(
        LLMConfig(
            model="scripted/m",
            api_key="sk-12345678",
            api_base="http://localhost:1",
            timeout=5,
            connect_timeout=1,
            first_byte_timeout=2,
            idle_timeout=3,
            headers={"x": "y"},
            allow_insecure=True,
            region="eu",
        )
    )
    (config,) = scripted.configs
    assert (config.name, config.model, config.distribution) == ("scripted", "m", "registered")
    assert config.api_key == "sk-12345678"
    assert (config.api_base, config.headers, config.allow_insecure) == ("http://localhost:1", {"x": "y"}, True)
    assert config.timeouts == bound.timeouts == Timeouts(total=5, connect=1, first_byte=2, idle=3)
    assert config.options == {"region": "eu"}
    assert config.env(["SCRIPTED_REGION"]) == "eu"
    assert config.secrets("scripted", "api_key") is None


def test_a_distribution_tells_its_hosts_and_version(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-one")
    site.add("acme-one", "stub_hosts", PROVIDER, providers=("acme",), hosts=("acme.test",), version="7.0")
    bound = bind(LLMConfig(model="acme/m"))
    provider: Any = bound.provider
    (config,) = provider.configs
    assert (config.hosts, config.distribution, config.version) == (("acme.test",), "acme-one", "7.0")
    assert bound.origin == Origin(provider="acme", distribution="acme-one", version="7.0", model="m")


async def test_an_answer_says_where_it_came_from_and_what_it_took(clock: FakeClock) -> None:
    answer = say("Hi")
    response = await guarded(Scripted(OverloadedError("full", status=503), answer)).chat(ASK, CallContext(clock=clock))
    assert response.origin == ORIGIN
    assert response.attempts == (
        Attempt(number=1, error="OverloadedError", status=503),
        Attempt(number=2, waited=0.5),
    )
    prompt = CompletionRequest(model="m", prompt="Go")
    assert (await guarded(Scripted(answer)).complete(prompt, CallContext(clock=clock))).text == "Hi"


async def test_an_error_says_which_provider_and_model(clock: FakeClock) -> None:
    for step in (AuthenticationError("who?"), bad(None), bad("messages")):
        with pytest.raises(type(step)) as caught:
            await guarded(Scripted(step)).chat(ASK, CallContext(clock=clock))
        assert (caught.value.provider, caught.value.model) == ("acme", "m")
    with pytest.raises(ServerError) as broken:
        await collect(guarded(Scripted(ServerError("broken", retryable=False))), ASK, CallContext(clock=clock))
    assert (broken.value.provider, broken.value.model) == ("acme", "m")


async def test_a_stream_begins_with_all_that_is_known(clock: FakeClock) -> None:
    provider = Scripted(
        ServerError("broken"),
        [StreamStart(origin=Origin(request_id="r-1"), headers={"x": "y"}), Ping(), *spoken("Hi")],
        capabilities=Capabilities(settings={"temperature": NO}),
    )
    first, *rest = await collect(guarded(provider), ASK_HOT, CallContext(clock=clock))
    assert isinstance(first, StreamStart)
    assert (first.origin.request_id, first.origin.provider, first.headers) == ("r-1", "acme", {"x": "y"})
    assert [each.error for each in first.attempts] == ["ServerError", None]
    assert [each.feature for each in first.adjustments] == ["temperature"]
    assert rest[:-2] == [Ping(), *spoken("Hi")]
    assert isinstance(rest[-2], PartEnd)
    assert isinstance(rest[-1], StreamEnd)
    assert (rest[-1].response.text, rest[-1].response.adjustments) == ("Hi", first.adjustments)
    assert rest[-1].response.origin == first.origin
    assert provider.left == [None]


async def test_a_stream_that_fails_within_its_opening_is_tried_again(clock: FakeClock) -> None:
    opening: list[Event | BaseException] = [
        StreamStart(),
        UsageSnapshot(Usage(input_tokens=1)),
        ResponseSnapshot(response_id="r"),
        ServerError("broken"),
    ]
    first, *rest = await collect(guarded(Scripted(opening, spoken("Hi"))), ASK, CallContext(clock=clock))
    assert isinstance(first, StreamStart)
    assert len(first.attempts) == 2
    assert rest[:-2] == spoken("Hi")


async def test_leaving_a_stream_by_an_error_tells_the_provider(clock: FakeClock) -> None:
    provider = Scripted(spoken("Hi"))
    with pytest.raises(KeyError):
        async with guarded(provider).stream(ASK, CallContext(clock=clock)):
            raise KeyError
    assert provider.left == [KeyError]


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_default_that_the_provider_refuses_is_left_out_and_remembered(clock: FakeClock, streamed: bool) -> None:  # noqa: FBT001
    answers: list[Any] = [spoken("Hi")] * 2 if streamed else [say("Hi")] * 2
    provider = Scripted(bad("temperature"), *answers)
    guard = guarded(provider)
    for _ in range(2):
        if streamed:
            first, *_rest = await collect(guard, ASK_HOT, CallContext(clock=clock))
            assert isinstance(first, StreamStart)
            adjustments = first.adjustments
        else:
            adjustments = (await guard.chat(ASK_HOT, CallContext(clock=clock))).adjustments
        assert adjustments == (
            Adjustment(
                kind="dropped",
                feature="temperature",
                asked=0.7,
                reason="unsupported: temperature",
                by="scripted",
            ),
        )
    assert [request.settings.temperature for request in provider.asked] == [0.7, None, None]
    assert clock.slept == []


async def test_what_was_learned_holds_for_that_model_only(clock: FakeClock) -> None:
    provider = Scripted(bad("temperature"), say("Hi"), say("Hi"))
    guard = guarded(provider)
    await guard.chat(ASK_HOT, CallContext(clock=clock))
    other = ChatRequest(model="n", messages=ASK.messages, settings=ASK_HOT.settings)
    await guard.chat(other, CallContext(clock=clock))
    assert [request.settings.temperature for request in provider.asked] == [0.7, None, 0.7]


async def test_several_defaults_may_be_refused_one_after_the_other(clock: FakeClock) -> None:
    settings = Settings(temperature=0.7, max_tokens=4096)
    provider = Scripted(bad("temperature"), bad("max_tokens"), say("Hi"))
    request = ChatRequest(model="m", messages=ASK.messages, settings=settings)
    response = await guarded(provider).chat(request, CallContext(clock=clock))
    assert [each.feature for each in response.adjustments] == ["temperature", "max_tokens"]


@pytest.mark.parametrize("parameter", ["seed", "top_p", "messages", None])
async def test_what_the_caller_gave_or_never_sent_is_not_left_out(clock: FakeClock, parameter: str | None) -> None:
    provider = Scripted(bad(parameter))
    with pytest.raises(BadRequestError):
        await guarded(provider).chat(ASK_HOT, CallContext(clock=clock))
    assert len(provider.asked) == 1


async def test_a_learned_default_does_not_touch_what_is_given_later(clock: FakeClock) -> None:
    provider = Scripted(bad("temperature"), say("Hi"), say("Hi"))
    guard = guarded(provider)
    await guard.chat(ASK_HOT, CallContext(clock=clock))
    given = Settings(temperature=0.1, explicit={"temperature"})
    response = await guard.chat(ChatRequest(model="m", messages=ASK.messages, settings=given), CallContext(clock=clock))
    assert provider.asked[-1].settings.temperature == 0.1
    assert response.adjustments == ()


async def test_adjustments_of_the_core_stand_before_those_of_the_provider(clock: FakeClock) -> None:
    theirs = Adjustment(kind="emulated", feature="output", by="acme")
    answer = Response(message=say("Hi").message, finish=say("Hi").finish, adjustments=(theirs,))
    provider = Scripted(answer, capabilities=Capabilities(settings={"temperature": NO}))
    response = await guarded(provider).chat(ASK_HOT, CallContext(clock=clock))
    assert [each.feature for each in response.adjustments] == ["temperature", "output"]


async def test_the_policy_of_a_call_comes_before_the_configured_one(clock: FakeClock) -> None:
    capabilities = Capabilities(settings={"seed": NO})
    with pytest.raises(UnsupportedError):
        await guarded(Scripted(capabilities=capabilities), "raise").chat(ASK_HOT, CallContext(clock=clock))
    context = CallContext(clock=clock, on_unsupported="adjust")
    response = await guarded(Scripted(say("Hi"), capabilities=capabilities), "raise").chat(ASK_HOT, context)
    assert [each.feature for each in response.adjustments] == ["seed"]


async def test_guarded_is_a_provider_like_the_one_it_guards(clock: FakeClock) -> None:
    provider = Scripted(capabilities=Capabilities(context_tokens=5))
    guard = guarded(provider)
    assert (guard.info, guard.capabilities("m")) == (provider.info, provider.accepts)
    await guard.aclose()
    assert provider.closed == 1


class Cache:
    """Keep answers, as in the architecture's example."""

    def __init__(self) -> None:
        self.store: dict[str, Response] = {}

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Any:
        call = yield

        async def cached(request: ChatRequest, context: CallContext) -> Response:
            key = repr(request)
            if key not in self.store:
                self.store[key] = await call(request, context)
            return self.store[key]

        return cached


async def test_a_cache_is_a_wrapper_around_the_call(scripted: Scripted) -> None:
    installed().register(Cache())
    scripted.script = [OverloadedError("full", retry_after=0.0), say("one"), say("two")]
    llm = LLM(LLMConfig(model="scripted/m"))
    assert [(await llm.generate(text)).text for text in ("a", "a", "b", "a")] == ["one", "one", "two", "one"]
    assert len(scripted.asked) == 3  # the retry stays within the wrapper


class Named:
    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    def _wrapped(self, call: Any) -> Any:
        async def logged(request: Any, context: CallContext) -> Response:
            self.log.append(f"{self.name} in")
            response: Response = await call(request, context)
            self.log.append(f"{self.name} out")
            return response

        return logged

    @hookimpl(wrapper=True)
    def dragoman_completion(self, binding: Binding) -> Any:
        return self._wrapped((yield))

    @hookimpl(wrapper=True)
    def dragoman_stream(self, binding: Binding) -> Any:
        call = yield

        @asynccontextmanager
        async def announced(request: ChatRequest, context: CallContext) -> AsyncIterator[AsyncIterator[Event]]:
            self.log.append(f"{self.name} in")
            async with call(request, context) as events:
                yield events
            self.log.append(f"{self.name} out")

        return announced


class Outermost(Named):
    @hookimpl(wrapper=True, tryfirst=True)
    def dragoman_completion(self, binding: Binding) -> Any:
        return self._wrapped((yield))


async def test_wrappers_stand_around_each_other_the_last_registered_outside(scripted: Scripted) -> None:
    log: list[str] = []
    for wrapper in (Outermost("c", log), Named("a", log), Named("b", log)):
        installed().register(wrapper)
    scripted.script = [say("Hi"), spoken("Hi")]
    llm = LLM(LLMConfig(model="scripted/m"))
    await llm.completion("Hi")
    assert log == ["c in", "b in", "a in", "a out", "b out", "c out"]
    log.clear()
    async with llm.stream("Hi") as stream:
        await stream.collect()
    assert log == ["b in", "a in", "c in", "c out", "a out", "b out"]


class Instead:
    @hookimpl
    def dragoman_chat(self, binding: Binding) -> Any:
        async def canned(request: ChatRequest, context: CallContext) -> Response:
            return say(f"instead of {binding.provider}")

        return canned


async def test_an_extension_may_answer_in_place_of_the_provider(scripted: Scripted) -> None:
    installed().register(Instead())
    assert (await LLM(LLMConfig(model="scripted/m")).generate("Hi")).text == "instead of scripted"
    assert scripted.asked == []


async def test_a_broken_extension_stops_no_call_and_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "dragoman-echo,acme-one")
    site.add("acme-one", "stub_broken_budget", "1 / 0", extensions=("budget",))
    async with LLM(LLMConfig(model="echo")) as llm:
        response = await llm.generate("Hi")
        async with llm.stream("Hi") as stream:
            streamed = await stream.collect()
    assert response.text == "Hi"
    reported = [(each.kind, each.feature, each.asked) for each in response.adjustments]
    assert reported == [("dropped", "extension", "budget")]
    assert "'budget' of acme-one failed: ZeroDivisionError" in response.adjustments[0].reason
    assert streamed.adjustments == response.adjustments


class Odd(Scripted):
    def _answer(self, request: Any, context: Any) -> Any:
        return self._next(request, context)


async def test_what_a_provider_does_against_its_contract_is_laid_at_its_door() -> None:
    installed.cache_clear()
    lost: list[Event | BaseException] = [PartStart(0, Text(text="")), TextDelta(0, "Ha"), KeyError("lost")]
    installed().register(Odd(ValueError("odd"), [], ValueError("odd"), lost), provider="scripted")
    async with LLM(LLMConfig(model="scripted/m")) as llm:
        with pytest.raises(PluginError, match="'scripted' of registered failed with ValueError: odd") as raised:
            await llm.generate("Hi")
        assert isinstance(raised.value.__cause__, ValueError)
        with pytest.raises(PluginError, match="answered with list, not a Response"):
            await llm.generate("Hi")
        with pytest.raises(PluginError, match="failed with ValueError: odd"):
            async with llm.stream("Hi"):
                pass
        with pytest.raises(PluginError, match="the stream failed with KeyError: 'lost'") as cut:
            async with llm.stream("Hi") as stream:
                await stream.collect()
    assert cut.value.partial is not None
    assert cut.value.partial.text == "Ha"
    installed.cache_clear()


async def test_the_record_of_attempts_holds_the_try_that_was_learnt_from() -> None:
    installed.cache_clear()
    refused = BadRequestError("no temperature", status=400, parameter="temperature")
    installed().register(Scripted(refused, ServerError("broken", retry_after=0.0), say("Hi")), provider="scripted")
    response = await LLM(LLMConfig(model="scripted/m")).generate("Hi")
    assert [each.error for each in response.attempts] == ["BadRequestError", "ServerError", None]
    assert [each.number for each in response.attempts] == [1, 2, 3]
    installed.cache_clear()


class Patient(Scripted):
    default_retries = 0


async def test_a_provider_may_wish_for_its_own_number_of_retries() -> None:
    installed.cache_clear()
    provider = Patient(ServerError("broken", retry_after=0.0), ServerError("broken", retry_after=0.0), say("Hi"))
    installed().register(provider, provider="scripted")
    with pytest.raises(ServerError):
        await LLM(LLMConfig(model="scripted/m")).completion("Hi")
    assert (await LLM(LLMConfig(model="scripted/m", num_retries=1)).completion("Hi")) == "Hi"
    installed.cache_clear()


class Stubborn(Scripted):
    """Fail when it is left."""

    def stream(self, request: Any, context: Any) -> Any:
        @asynccontextmanager
        async def stubborn() -> AsyncIterator[AsyncIterator[Event]]:
            yield self._events(spoken("Hi"))
            raise RuntimeError("cannot close")

        return stubborn()


async def test_what_a_provider_raises_when_it_is_left_is_not_hidden() -> None:
    installed.cache_clear()
    installed().register(Stubborn(), provider="scripted")
    async with LLM(LLMConfig(model="scripted/m")) as llm:
        with pytest.raises(RuntimeError, match="cannot close"):
            async with llm.stream("Hi") as stream:
                await stream.collect()
    installed.cache_clear()


async def test_a_generator_that_the_loop_has_closed_before_is_no_trouble() -> None:
    installed.cache_clear()
    installed().register(Scripted(spoken("Hi")), provider="scripted")
    manager = LLM(LLMConfig(model="scripted/m")).stream("Hi")
    stream = await manager.__aenter__()
    opened: Any = stream._manager._manager._opened._manager  # noqa: SLF001  # what a loop that ends would find
    await opened.gen.aclose()
    await manager.__aexit__(GeneratorExit, GeneratorExit(), None)
    installed.cache_clear()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ValueError("no table"), "the provider 'acme' of acme-one failed with ValueError: no table"),
        (UnsupportedError("not this one"), "not this one"),
    ],
)
async def test_a_provider_that_cannot_say_what_a_model_accepts_is_named(raised: Exception, expected: str) -> None:
    class Silent(Scripted):
        def capabilities(self, model: str) -> Capabilities:
            raise raised

    with pytest.raises((PluginError, UnsupportedError)) as caught:
        await guarded(Silent(say("hi"))).chat(ASK, CallContext())
    assert str(caught.value) == expected
