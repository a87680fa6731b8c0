from __future__ import annotations

import asyncio
import copy
import gc
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from core.scripted import Scripted, say
from dragoman import (
    LLM,
    AsyncLLM,
    ConfigurationError,
    LLMConfig,
    ProviderConfig,
    SharedConnections,
    SyncLLM,
    hookimpl,
)
from dragoman.client.binding import bind
from dragoman.http import HttpProvider
from dragoman.spec.secret import KeySource
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

__all__ = ["loopback"]

KEY, OTHER_KEY = "sk-marker-0123456789", "sk-marker-9876543210"


def chat(text: str, **more: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Reply.json({"id": "c", "model": "m", "choices": [choice], "usage": {"prompt_tokens": 1}}, **more)


def config(loopback: LoopbackServer, **more: Any) -> LLMConfig:
    given = {"model": "openai/gpt-4o", "api_key": KEY, "api_base": f"{loopback.url}/v1", "api": "chat", **more}
    return LLMConfig(**given)


async def test_a_derived_client_uses_the_connections_of_the_first_one(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    async with LLM(config(loopback)) as llm:
        await llm.generate("Hi")
        other = llm.with_(model="openai/gpt-4o-mini", temperature=0.5)
        await other.generate("Hi")
        await other.with_(seed=5).generate("Hi")
        await llm.generate("Hi")
        assert loopback.connections == 1
    asked = [(each.json["model"], each.json.get("temperature")) for each in loopback.requests]
    assert asked[:2] == [("gpt-4o", 0.7), ("gpt-4o-mini", 0.5)]
    assert loopback.requests[2].json["seed"] == 5
    assert llm.config.model == "openai/gpt-4o"


async def test_connections_are_closed_with_the_last_client_that_has_them(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    llm = LLM(config(loopback))
    other = llm.with_(temperature=1)
    await llm.generate("Hi")
    await other.generate("Hi")
    await llm.aclose()
    await other.generate("Hi")
    assert loopback.connections == 1
    await other.aclose()
    await other.generate("Hi")
    assert loopback.connections == 2
    await llm.generate("Hi")
    del other
    gc.collect()
    await llm.aclose()  # the deleted one needs them no more
    await llm.generate("Hi")
    assert loopback.connections == 3
    await llm.aclose()


async def test_other_ways_to_connect_are_other_connections(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    async with LLM(config(loopback)) as llm, llm.with_(max_reply_bytes=1000) as other:
        for each in (llm, other, llm, other):
            await each.generate("Hi")
    assert loopback.connections == 2


async def test_a_transport_that_a_plugin_has_passed_is_its_own(loopback: LoopbackServer) -> None:
    made: Any = bind(config(loopback)).provider
    own = HttpProvider(made.info, made.dialect, made.endpoint, transport=made.transport)
    shared = SharedConnections()
    own.share_connections(shared, ProviderConfig(name="openai"))
    assert own.transport is made.transport
    made.share_connections(shared, ProviderConfig(name="openai", client_cert=["a", "b"]))
    assert shared.take(("http", None, None, ("a", "b"), None), own, "another") is made.transport


async def test_closing_one_client_does_not_end_the_calls_of_another(loopback: LoopbackServer) -> None:
    loopback.reply(chat("first"), chat("slow", before_head=0.3))
    llm = LLM(config(loopback))
    other = llm.with_(temperature=1)
    await llm.generate("Hi")
    running = asyncio.create_task(other.generate("Hi"))
    await asyncio.sleep(0.05)
    await llm.aclose()
    assert (await running).text == "slow"
    await other.aclose()


KEPT_FOR: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "the same provider": (
        {"model": "gpt-4o", "api_key": KEY, "organization": "o", "headers": {"x": "y"}},
        {"model": "gpt-4o-mini"},
        {"api_key": KEY, "organization": "o", "headers": {"x": "y"}},
    ),
    "another provider": (
        {"model": "gpt-4o", "api_key": KEY, "organization": "o", "headers": {"x": "y"}, "timeout": 5.0, "seed": 1},
        {"model": "claude-sonnet-4-5"},
        {"api_key": None, "headers": None, "timeout": 5.0, "seed": 1},
    ),
    "another provider with a key of its own": (
        {"model": "gpt-4o", "api_key": KEY, "organization": "o"},
        {"model": "claude-sonnet-4-5", "api_key": OTHER_KEY},
        {"api_key": OTHER_KEY, "headers": None},
    ),
    "a gateway": (
        {"model": "gpt-4o", "api_key": KEY, "api_base": "http://localhost:4000", "provider": "litellm_proxy"},
        {"model": "claude-sonnet-4-5"},
        {"api_key": KEY, "api_base": "http://localhost:4000", "provider": "litellm_proxy"},
    ),
    "a host that names its provider": (
        {"model": "openai/gpt-4", "api_key": KEY, "api_base": "https://openrouter.ai/api/v1"},
        {"model": "anthropic/claude-3.5-sonnet"},
        {"api_key": KEY, "api_base": "https://openrouter.ai/api/v1"},
    ),
    "options by provider": (
        {"model": "gpt-4o", "options": {"openai": {"user": "u"}, "anthropic": {"betas": ["b"]}}},
        {"model": "claude-sonnet-4-5"},
        {"api_key": None, "headers": None, "options": {"openai": {"user": "u"}, "anthropic": {"betas": ["b"]}}},
    ),
}


@pytest.mark.parametrize("name", KEPT_FOR)
def test_what_belongs_to_a_provider_stays_with_it(name: str) -> None:
    given, changes, kept = KEPT_FOR[name]
    derived = LLM(LLMConfig(**given)).with_(**changes).config
    assert {"api_key": derived.api_key, **derived.kwargs} == {
        "api_key": None,
        **{name: value for name, value in kept.items() if name != "api_base"},
    }
    assert derived.api_base == kept.get("api_base")


def test_a_derived_client_is_of_the_same_class() -> None:
    class Own(AsyncLLM):
        def __init__(self, purpose: str) -> None:
            super().__init__(LLMConfig(model="echo"))
            self.purpose = purpose

    other = Own("tests").with_(max_tokens=1)
    assert (type(other), other.purpose, other.config.max_tokens) == (Own, "tests", 1)
    sync = SyncLLM("echo").with_(max_tokens=1)
    assert sync.generate("one two").text == "one"
    assert isinstance(sync.with_(), SyncLLM)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"temperature": "hot"}, "temperature must be a number"),
        ({"model": "mystery"}, "mystery"),
        ({"fallbacks": ["mystery"]}, "mystery"),
    ],
)
def test_wrong_changes_are_refused_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        LLM("echo").with_(**changes)


class Keys:
    """Give another key at each call."""

    def __init__(self, *keys: Any) -> None:
        self.keys = list(keys)
        self.asked = 0

    def __call__(self) -> Any:
        self.asked += 1
        return self.keys[min(self.asked, len(self.keys)) - 1]


async def test_a_callable_is_asked_for_the_key_of_each_call(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    keys = Keys(KEY, KEY, OTHER_KEY)
    async with LLM(config(loopback, api_key=keys)) as llm:
        for _ in range(3):
            await llm.generate("Hi")
        assert llm.capabilities() is not None
        assert llm.build_request("Hi").headers["authorization"] == "********"
    sent = [each.headers["authorization"] for each in loopback.requests]
    assert sent == [f"Bearer {KEY}", f"Bearer {KEY}", f"Bearer {OTHER_KEY}"]
    assert (keys.asked, loopback.connections) == (3, 1)


async def test_a_key_may_be_awaited_and_is_asked_by_every_door(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    asked: list[str] = []

    async def key() -> str:
        await asyncio.sleep(0)
        asked.append(KEY)
        return KEY

    async with LLM(config(loopback, api_key=key)) as llm:
        await llm.completion("Hi")
        async with llm.stream("Hi") as stream:
            await stream.collect()
        await llm.models()
    assert len(asked) == 3
    with SyncLLM(config(loopback, api_key=key)) as sync:
        assert sync.generate("Hi").text == "Hi"


async def test_a_fallback_of_the_same_provider_asks_too(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json({"error": {"message": "gone"}}, status=404), chat("Hi"))
    keys = Keys(KEY, OTHER_KEY)
    async with LLM(config(loopback, api_key=keys, fallbacks=["openai/gpt-4o-mini"])) as llm:
        assert (await llm.generate("Hi")).text == "Hi"
    assert [each.headers["authorization"] for each in loopback.requests] == [f"Bearer {KEY}", f"Bearer {OTHER_KEY}"]


async def test_calls_at_once_have_their_own_keys(loopback: LoopbackServer) -> None:
    loopback.always(chat("Hi"))
    keys = Keys(*(f"sk-{number:016}" for number in range(20)))
    async with LLM(config(loopback, api_key=keys)) as llm:
        await asyncio.gather(*(llm.generate("Hi") for _ in range(20)))
    assert {each.headers["authorization"] for each in loopback.requests} == {f"Bearer {key}" for key in keys.keys}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "a callable that returned NoneType; it must return a string"),
        ("", "is empty"),
        (KEY + "\n", "white space"),
    ],
)
async def test_a_callable_without_a_key_is_an_error(loopback: LoopbackServer, answer: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        await LLM(config(loopback, api_key=lambda: answer)).generate("Hi")
    assert "marker" not in repr(caught.value)
    assert loopback.requests == []


def test_a_callable_is_shown_and_pickled_nowhere() -> None:
    source = partial(str, KEY)
    given = LLMConfig(model="gpt-4o", api_key=source)
    for text in (repr(given), repr(LLM(given)), repr(given.api_key), repr(given.to_dict(redact=True))):
        assert "marker" not in text
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(given)
    assert given.to_dict()["api_key"] is source
    assert LLMConfig.from_dict(given.to_dict()) == given
    assert copy.deepcopy(given).api_key == given.api_key
    assert hash(KeySource(source)) == hash(KeySource(source))
    with pytest.raises(TypeError, match="give it to each process"):
        pickle.dumps(KeySource(source))
    assert given.api_key != KEY
    assert LLMConfig(model="gpt-4o", api_key=lambda: KEY) != given


class Wrapping:
    """Note the calls of each kind."""

    def __init__(self, name: str, notes: list[str]) -> None:
        self.name = name
        self.notes = notes

    def wrapped(self, kind: str, call: Callable[..., Any]) -> Callable[..., Any]:
        async def noted(request: Any, context: Any) -> Any:
            self.notes.append(f"{self.name} {kind}")
            return await call(request, context)

        return noted

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Any) -> Iterator[None]:
        return self.wrapped("chat", (yield))

    @hookimpl(wrapper=True)
    def dragoman_completion(self, binding: Any) -> Iterator[None]:
        return self.wrapped("completion", (yield))

    @hookimpl(wrapper=True)
    def dragoman_operation(self, binding: Any, kind: str) -> Iterator[None]:
        return self.wrapped(f"{kind} of {binding.provider}", (yield))

    @hookimpl(wrapper=True)
    def dragoman_stream(self, binding: Any) -> Iterator[None]:
        call = yield

        def noted(request: Any, context: Any) -> Any:
            self.notes.append(f"{self.name} stream")
            return call(request, context)

        return noted


async def test_middleware_of_one_object_wraps_its_calls_from_the_outside_in(scripted: Scripted) -> None:
    notes: list[str] = []
    outer, inner = Wrapping("outer", notes), Wrapping("inner", notes)
    llm = LLM("scripted/m", middleware=[outer, inner])
    scripted.script = [say("Hi"), say("Hi"), say("Hi")]
    await llm.generate("Hi")
    await llm.completion("Hi")
    with pytest.raises(Exception, match="does not list models"):
        await llm.models()
    await LLM("scripted/m").generate("Hi")
    kinds = ("chat", "completion", "models of scripted")
    assert notes == [f"{name} {kind}" for kind in kinds for name in ("outer", "inner")]


async def test_middleware_of_streams_of_derived_clients_and_of_fallbacks() -> None:
    notes: list[str] = []
    llm = LLM("echo", middleware=[Wrapping("own", notes)], fallbacks=["echo/other"], options={"echo": {"fail": "x"}})
    async with llm.with_(max_tokens=1, options=None).stream("a b") as stream:
        assert (await stream.collect()).text == "a"
    with pytest.raises(Exception, match="x"):
        await llm.generate("Hi")
    assert notes == ["own stream", "own chat", "own chat"]


def test_middleware_without_await_and_in_copies() -> None:
    notes: list[str] = []
    llm = SyncLLM("echo", middleware=[Wrapping("own", notes)])
    for each in (llm, copy.copy(llm), copy.deepcopy(llm), copy.copy(LLM("echo", middleware=(Wrapping("own", notes),)))):
        if isinstance(each, SyncLLM):
            assert each.generate("Hi").text == "Hi"
    assert notes == ["own chat"] * 3


@hookimpl(wrapper=True)
def dragoman_chat(binding: Any) -> Iterator[None]:
    call = yield

    async def louder(request: Any, context: Any) -> Any:
        return say((await call(request, context)).text.upper())

    return louder


@hookimpl(wrapper=True, specname="dragoman_chat")
def quieter(binding: Any) -> Iterator[None]:
    call = yield

    async def quiet(request: Any, context: Any) -> Any:
        return say((await call(request, context)).text.lower())

    return quiet


async def test_middleware_may_be_one_function() -> None:
    assert (await LLM("echo", middleware=[dragoman_chat]).generate("Hi")).text == "HI"
    assert (await LLM("echo", middleware=[quieter, dragoman_chat]).generate("Hi")).text == "hi"
    remade: LLM = pickle.loads(pickle.dumps(LLM("echo", middleware=[dragoman_chat])))  # noqa: S301  # our own
    assert (await remade.generate("Hi")).text == "HI"
    sync: SyncLLM = pickle.loads(pickle.dumps(SyncLLM("echo", middleware=[dragoman_chat])))  # noqa: S301  # our own
    assert await asyncio.to_thread(lambda: sync.generate("Hi").text) == "HI"


class Answering:
    """Answer in place of the provider."""

    @hookimpl
    def dragoman_chat(self, binding: Any) -> Any:
        async def answer(request: Any, context: Any) -> Any:
            return say("mine")

        return answer


async def test_middleware_may_answer_itself() -> None:
    assert (await LLM("echo", middleware=[Answering()]).generate("Hi")).text == "mine"


class Resolving:
    @hookimpl
    def dragoman_resolve(self, query: Any) -> None: ...


class Unknown:
    @hookimpl
    def dragoman_chatt(self, binding: Any) -> None: ...


class Odd:
    @hookimpl
    def dragoman_chat(self, wrong: Any) -> None: ...


class Failing:
    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Any) -> Iterator[None]:
        yield
        raise KeyError("broken")


class Refusing:
    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Any) -> Iterator[None]:
        yield
        raise ConfigurationError("not today")


@pytest.mark.parametrize(
    ("middleware", "said"),
    [
        ([Failing], r"Failing is a class, and its dragoman_chat\(\) needs an object; give Failing\(\)"),
        ([object()], "object is not middleware: it implements none of dragoman_chat"),
        ([Resolving()], "Resolving implements dragoman_resolve, which is not asked for one client"),
        ([Unknown()], "Unknown implements 'dragoman_chatt', which is not a hook"),
        ([Odd()], "wrong"),
        (Wrapping("own", []), "middleware must be a list of objects with @hookimpl methods, not Wrapping"),
        ("logging", "not str"),
        ([Wrapping] * 2, "."),
    ],
)
def test_wrong_middleware_is_refused_at_once(middleware: Any, said: str) -> None:
    with pytest.raises(Exception, match=said) as caught:
        LLM("echo", middleware=middleware)
    assert type(caught.value).__module__ == "dragoman.spec.errors"


async def test_middleware_that_fails_is_named() -> None:
    with pytest.raises(Exception, match="the hook dragoman_chat failed: KeyError: 'broken'"):
        await LLM("echo", middleware=[Failing()]).generate("Hi")
    with pytest.raises(ConfigurationError, match="not today"):
        await LLM("echo", middleware=[Refusing()]).generate("Hi")
