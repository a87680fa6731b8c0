"""A key is in nothing that is shown, logged, copied or pickled, whatever goes wrong, in whatever encoding."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import pytest

from core.http.faulty import NOWHERE, refusing, untrusted
from core.scripted import FakeClock
from dragoman import (
    LLM,
    ConfigurationError,
    DragomanError,
    LLMConfig,
    ProviderConfig,
    Secret,
    SyncLLM,
    TransportError,
)
from dragoman.client.binding import bind
from dragoman.spec import errors as kinds
from dragoman.spec.secret import MASK, RedactedDict, redact_secrets
from dragoman.spec.serialization import to_dict
from dragoman.testing.faults import FAULTS, SERVER_DIALECTS, FaultServer
from dragoman.testing.fixtures import faults
from faults.clients import CLIENTS, Client, Outcome, ask, with_fake_clock
from security.searching import FORBIDDEN, KEY, leaks, pickled, reported

__all__ = ["faults"]

DIALECTS = [client for client in CLIENTS.values() if client.both]
LOGGERS = ("asyncio", "aiohttp", "aiohttp.client", "aiohttp.access", "aiohttp.internal", "dragoman", "dragoman.http")
PATIENCE: dict[str, Any] = {"timeout": 5, "idle_timeout": 0.1, "first_byte_timeout": 0.1}
ENDLESS = {"drip_head", "comments_forever"}


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Log everything there is, and look into it after the test."""
    caplog.set_level(1)
    for name in LOGGERS:
        caplog.set_level(1, name)
    yield
    for record in caplog.records:
        assert not leaks(record.getMessage() + repr(vars(record)) + caplog.handler.format(record)), record


def own(server_dialect: object) -> set[str]:
    return {name for each in SERVER_DIALECTS if each is server_dialect for name in (*each.coded, *each.unusual_replies)}


def befall(client: Client, *, streamed: bool) -> Iterator[str]:
    """Yield the faults that can befall a client."""
    others = set[str]().union(*(own(server_dialect) for server_dialect in SERVER_DIALECTS)) - own(client.server_dialect)
    if streamed:
        others |= {name for name, fault in FAULTS.items() if fault.inapplicable(client.server_dialect.framing)}
        others |= set() if client.server_dialect.mark else {"no_done"}
    for name, fault in FAULTS.items():
        if name not in others and (fault.streams if streamed else fault.replies):
            yield name


async def met(client: Client, server: FaultServer, name: str, *, streamed: bool) -> Outcome:
    config = client.config(server.url_of(name), **{**PATIENCE, "timeout": 0.2 if name in ENDLESS else 5}, api_key=KEY)
    return await ask(config, streamed=streamed)


def test_the_search_would_find_every_form() -> None:
    assert all(leaks(f"so {form} it is") for form in FORBIDDEN)
    assert leaks(reported(ValueError("so", KEY)))
    assert leaks(pickle.dumps({"key": KEY}).decode("latin-1"))


# A server that more than a hundred clients left in the middle may keep some of their sockets; they are its own.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored.*Transport.__del__:pytest.PytestUnraisableExceptionWarning",
    "ignore:Exception ignored.*socket.socket:pytest.PytestUnraisableExceptionWarning",
)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("client", DIALECTS, ids=lambda client: client.name)
async def test_no_fault_brings_the_key_out(faults: FaultServer, client: Client, *, streamed: bool) -> None:
    found = set[str]()
    asyncio.get_running_loop().set_debug(True)  # which logs more
    for name in befall(client, streamed=streamed):
        outcome = await met(client, faults, name, streamed=streamed)
        shown = reported(outcome.error) if outcome.error else repr(outcome.response) + pickled(outcome.response)
        assert not leaks(shown), name
        found.add(type(outcome.error).__name__)
    await met(client, faults, "ok", streamed=streamed)  # by when the server has seen every connection before
    assert {kind.__name__ for kind in raised_by_servers(streamed=streamed)} <= found


def raised_by_servers(*, streamed: bool) -> Iterator[type[DragomanError]]:
    yield from (*kinds.ProviderError.__subclasses__(), kinds.ContextWindowExceededError)
    yield from (kinds.ConnectionFailedError, kinds.RequestTimeoutError, kinds.RedirectError)
    yield kinds.ProtocolError
    if streamed:
        yield kinds.StreamInterruptedError


async def test_no_missing_server_brings_the_key_out(tmp_path: Path) -> None:
    with refusing() as refused:
        async with untrusted(tmp_path) as distrusted:
            for client in DIALECTS:
                for url in (refused, distrusted, NOWHERE, "http://a..localhost"):
                    for streamed in (False, True):
                        try:
                            outcome = await ask(client.config(url, api_key=KEY, allow_insecure=True), streamed=streamed)
                        except ConfigurationError as error:
                            outcome = Outcome(slept=[], error=error)
                        assert isinstance(outcome.error, TransportError | ConfigurationError)
                        assert not leaks(reported(outcome.error))


def account(**fields: str) -> dict[str, str]:
    return {"type": "service_account", "private_key": KEY, **fields}


def openai(**more: Any) -> LLMConfig:
    return LLMConfig(**{"model": "gpt-4o", "provider": "openai", "api_key": KEY, **more})


def azure(**more: Any) -> LLMConfig:
    given = {"azure_ad_token": KEY, "api_base": "https://x.test", **more}
    return LLMConfig(model="m", provider="azure", **given)


def vertex(**more: Any) -> LLMConfig:
    given = {"credentials": account(), "project": "p", "location": "us-central1", **more}
    return LLMConfig(model="gemini-2.5-flash", provider="google", **given)


def ask_once(config: LLMConfig, **overrides: Any) -> None:
    with closing(SyncLLM(config)) as llm:
        with_fake_clock(llm._llm, FakeClock())  # noqa: SLF001  # a configuration cannot set a clock
        llm.generate("hi", **overrides)


MISTAKES: dict[str, Callable[[], object]] = {
    "a setting, beside a header": lambda: LLMConfig(model="m", temperature="hot", headers={"Authorization": KEY}),
    "a limit, beside a token": lambda: LLMConfig(model="m", timeout="long", azure_ad_token=KEY),
    "headers that are a text": lambda: LLMConfig(model="m", headers=f"authorization: {KEY}"),
    "fallbacks that are a text": lambda: LLMConfig(model="m", fallbacks=KEY),
    "a key with a line end": lambda: LLMConfig("m", f"{KEY}\n"),
    "a key in another alphabet": lambda: LLMConfig("m", f"{KEY}\u00e9"),
    "a header with a line end": lambda: LLMConfig(model="m", headers={"x-api-key": f"{KEY}\n"}),
    "a copy with a line end": lambda: openai().replace(api_key=f"{KEY}\n"),
    "a header of no name, beside a good one": lambda: bind(openai(headers={"authorization": KEY, "a b": "c"})),
    "a header of the connection": lambda: bind(openai(headers={"authorization": KEY, "host": "x.test"})),
    "a header in the clear": lambda: bind(openai(headers={"authorization": KEY}, api_base="http://x.test")),
    "an option that is none": lambda: bind(openai(fial=1)),
    "a wish that is wrong": lambda: ask_once(openai(), seed="x"),
    "a password in the base URL": lambda: LLMConfig("m", api_base=f"https://user:{KEY}@x.test", temperature="hot"),
    "a token and a key": lambda: bind(azure(api_key=KEY)),
    "a token with a line end": lambda: ask_once(azure(azure_ad_token=f"{KEY}\n")),
    "a token from a function with a line end": lambda: ask_once(azure(azure_ad_token=lambda: f"{KEY}\n")),
    "a token, misspelled": lambda: bind(azure(fial=1)),
    "a token in the clear": lambda: bind(azure(api_base="http://x.test")),
    "a token and no address": lambda: bind(azure(api_base=None)),
    "a token and nobody there": lambda: ask_once(azure(api_base="http://127.0.0.1:1", num_retries=0)),
    "credentials of no sense": lambda: ask_once(vertex()),
    "credentials of no kind": lambda: ask_once(vertex(credentials={"private_key": KEY})),
    "credentials as a text": lambda: ask_once(vertex(credentials=json.dumps(account()))),
    "credentials as half a text": lambda: ask_once(vertex(credentials="{" + KEY)),
    "credentials, misplaced": lambda: bind(vertex(location="//")),
    "credentials, misspelled": lambda: bind(vertex(fial=1)),
    "no such model": lambda: bind(LLMConfig("mystery", KEY)),
    "no such provider": lambda: bind(LLMConfig("m", KEY, provider="nobody")),
}


def mistake(action: Callable[[], object]) -> BaseException:
    with pytest.raises((DragomanError, OSError)) as caught:
        action()
    return caught.value


@pytest.mark.parametrize("name", MISTAKES)
def test_no_mistake_brings_the_key_out(name: str) -> None:
    assert not leaks(reported(mistake(MISTAKES[name])))


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GROQ_API_KEY"])
@pytest.mark.parametrize("end", ["\n", " ", "\u00e9", "\r\nx-evil: 1"])
def test_no_variable_that_no_header_can_carry_is_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, end: str
) -> None:
    models = {"OPENAI": "gpt-4o", "ANTHROPIC": "claude-sonnet-4-5", "GEMINI": "gemini-2.5-flash", "GROQ": "groq/any"}
    monkeypatch.setenv(variable, KEY + end)
    error = mistake(lambda: bind(LLMConfig(model=models[variable.partition("_")[0]])))
    assert isinstance(error, ConfigurationError)
    assert variable in str(error)
    assert not leaks(reported(error))


FULL: dict[str, Any] = {
    "headers": {"Authorization": f"Bearer {KEY}", "x-team": "blue"},
    "azure_ad_token": KEY,
    "credentials": {"private_key": KEY},
    "fallbacks": [{"model": "n", "api_key": KEY}, LLMConfig("o", KEY)],
    "nested": {"client_secret": KEY, "list": [{"password": KEY}]},
    "prompt_cache_key": "no secret",
}


def full() -> LLMConfig:
    return LLMConfig(model="m", api_key=KEY, api_base=f"https://user:{KEY}@x.test", **FULL)


def test_a_configuration_shows_no_credential_wherever_it_stands() -> None:
    config = full()
    for shown in (repr(config), str(config), f"{config}", repr(config.kwargs), repr(config.provider_options())):
        assert not leaks(shown)
    assert not leaks(repr(config.to_dict(redact=True)))
    assert not leaks(json.dumps({**config.to_dict(redact=True), "fallbacks": None}))
    assert config.to_dict(redact=True)["api_base"] == f"https://{MASK}@x.test"
    assert repr(LLMConfig(api_base="me@x.test")).count(MASK) == 1
    assert config.to_dict(redact=True)["prompt_cache_key"] == "no secret"
    assert config.to_dict(redact=True)["headers"] == {"Authorization": MASK, "x-team": "blue"}


def test_a_configuration_gives_back_what_it_was_given() -> None:
    data = full().to_dict()
    assert data["headers"] == FULL["headers"]
    assert json.loads(json.dumps(data["headers"])) == FULL["headers"]
    assert (data["api_key"], data["azure_ad_token"], data["fallbacks"]) == (KEY, KEY, FULL["fallbacks"])
    assert LLMConfig.from_dict(data) == full()
    assert full().replace(model="m") == full()


def test_copies_keep_the_key_and_show_none() -> None:
    for twin in (copy.copy(full()), copy.deepcopy(full())):
        assert twin == full()
        assert not leaks(repr(twin))
    options = full().provider_options()
    for each in (copy.copy(options), copy.deepcopy(options)):
        assert each == options
        assert not leaks(repr(each))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["api_key", "headers", "azure_ad_token", "credentials", "fallbacks", "nested"])
def test_no_pickle_holds_the_key(name: str, protocol: int) -> None:
    given = {"api_key": KEY, **FULL}[name]
    for value in (
        LLMConfig(model="m", **{name: given}),
        RedactedDict({name: given}) if name != "api_key" else Secret(KEY),
    ):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(value, protocol)
    harmless = LLMConfig(model="m", prompt_cache_key="x", max_tokens=5, headers={"x-team": "blue"})
    assert pickle.loads(pickle.dumps(harmless, protocol)) == harmless  # noqa: S301  # our own bytes


def test_what_attrs_and_json_make_of_a_provider_configuration_is_masked() -> None:
    seen = list[ProviderConfig]()
    bound = bind(openai(headers={"authorization": f"Bearer {KEY}"}))
    endpoint = bound.provider.endpoint  # type: ignore[attr-defined]  # an HttpProvider's
    seen.append(ProviderConfig(name="x", api_key=Secret(KEY), headers=openai(**FULL).kwargs["headers"]))
    for each in (endpoint, *seen):
        plain = attrs.asdict(each, filter=lambda field, _: field.name not in {"authorize", "secrets"})
        assert not leaks(repr(plain))
        assert not leaks(json.dumps(plain, default=str))
        assert MASK in json.dumps(plain, default=str)


async def test_an_answer_holds_no_key(faults: FaultServer) -> None:
    for client in DIALECTS:
        async with LLM(client.config(faults.url_of("ok"), api_key=KEY)) as llm:
            response = await llm.generate("hi")
            shown = [response, llm, llm.config, llm.build_request("hi"), llm.explain(), bind(llm.config), vars(llm)]
        for each in shown:
            assert not leaks(f"{each!r} {each}"), type(each)
        assert not leaks(pickled(response) + json.dumps(to_dict(response), default=str))
        assert not leaks(repr(attrs.asdict(response)))


def test_a_mask_shows_nothing_of_the_key() -> None:
    for length in (1, 4, 8, 11, 12, 40, 200):
        secret = Secret("k" * length)
        assert {str(secret), f"{secret}", json.loads(json.dumps(secret)), str(redact_secrets(secret))} == {MASK}
        assert len(str(secret)) == len(MASK)
    assert redact_secrets((Secret("k"), ["x", {"token": None, "max_tokens": 5, "api_key": True}])) == (
        MASK,
        ["x", {"token": None, "max_tokens": 5, "api_key": True}],
    )
