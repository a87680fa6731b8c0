from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import pytest

from core.scripted import Scripted, Site, say
from dragoman import LLM, InvalidRequestError, LLMConfig
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openrouter import OpenRouterOptions


@pytest.fixture
def key() -> dict[str, Any]:
    assert hasattr(OpenRouterOptions(), "prompt_cache_key")
    return {"prompt_cache_key": "x"}


async def test_an_option_of_another_provider_is_left_out_and_recorded(key: dict[str, Any]) -> None:
    for llm, more in (
        (LLM("echo"), {**key, "on_unsupported": "adjust"}),
        (LLM(LLMConfig(model="echo", on_unsupported="adjust")), key),
        (LLM(LLMConfig(model="echo", on_unsupported="adjust", stall=0.0, **key)), {}),
        (LLM("echo", options={"echo": key}, on_unsupported="adjust"), {}),
    ):
        response = await llm.generate("Hi", **more)
        assert response.text == "Hi"
        assert [each.feature for each in response.adjustments] == ["prompt_cache_key"]
        async with llm.stream("Hi", **more) as stream:
            assert [each.feature for each in (await stream.collect()).adjustments] == ["prompt_cache_key"]
    response = await LLM("echo").generate("Hi", on_unsupported="adjust", **key)
    assert response.adjustments[0].kind == "dropped"
    assert response.adjustments[0].asked == "x"
    assert "and echo has none of that name" in response.adjustments[0].reason


def test_a_request_that_is_only_shown_is_without_it_too(key: dict[str, Any]) -> None:
    llm = LLM("claude-sonnet-4-5", api_key="sk", on_unsupported="adjust")
    shown = llm.build_request("Hi", **key)
    assert shown.adjustments[0].feature == "prompt_cache_key"
    assert "prompt_cache_key" not in shown.body
    with pytest.raises(InvalidRequestError, match="anthropic has no option 'prompt_cache_key'"):
        llm.build_request("Hi", on_unsupported="raise", **key)


async def test_tokens_are_counted_without_it_too(key: dict[str, Any]) -> None:
    with LoopbackServer() as server:
        server.reply(Reply.json({"input_tokens": 3}))
        async with LLM("claude-sonnet-4-5", api_key="sk", api_base=server.url, on_unsupported="adjust") as llm:
            assert (await llm.count_tokens("Hi", **key)).input_tokens == 3
    assert "prompt_cache_key" not in server.requests[0].json


async def test_a_warning_says_so(key: dict[str, Any]) -> None:
    with pytest.warns(UserWarning, match="prompt_cache_key is dropped: it is an option of"):
        await LLM("echo").generate("Hi", on_unsupported="warn", **key)


@pytest.mark.parametrize("policy", [None, "raise"])
async def test_without_that_policy_it_is_an_error(key: dict[str, Any], policy: Any) -> None:
    with pytest.raises(InvalidRequestError, match="echo has no option 'prompt_cache_key'"):
        await LLM("echo").generate("Hi", on_unsupported=policy, **key)
    with pytest.raises(InvalidRequestError, match="echo has no option 'prompt_cache_key'"):
        await LLM(LLMConfig(model="echo", on_unsupported=policy, **key)).generate("Hi")


async def test_an_option_that_nobody_declares_stays_an_error() -> None:
    for wrong in (
        LLM("echo").generate("Hi", on_unsupported="adjust", options={"echo": {"prompt_cach_key": "x"}}),
        LLM("echo", on_unsupported="adjust", options={"echo": {"prompt_cach_key": "x"}}).generate("Hi"),
    ):
        with pytest.raises(InvalidRequestError, match="did you mean 'prompt_cache_key'"):
            await wrong


async def test_own_options_stay(key: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="broken"):
        await LLM("echo").generate("Hi", on_unsupported="adjust", options={"echo": {"fail": "broken", **key}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await LLM("echo").generate("Hi", on_unsupported="warn", options={"echo": {"stall": 0.0}})


async def test_a_provider_that_declares_no_options_gets_all(scripted: Scripted, key: dict[str, Any]) -> None:
    scripted.script = [say("Hi")]
    await LLM("scripted/m").generate("Hi", on_unsupported="adjust", **key)
    assert scripted.asked[0].options == {"scripted": key}


async def test_a_plugin_that_is_broken_declares_nothing(site: Site, key: dict[str, Any]) -> None:
    site.add("dragoman-aaa", source="raise ImportError('broken')", providers=("aaa",))
    response = await LLM("echo").generate("Hi", on_unsupported="adjust", **key)
    assert [each.feature for each in response.adjustments] == ["prompt_cache_key"]


@pytest.mark.parametrize("door", ["generate", "embed", "upload"])
async def test_a_misspelled_provider_of_options_is_refused(door: str) -> None:
    given = {"generate": "Hi", "embed": "Hi", "upload": b"%PDF-1.7"}[door]
    call = getattr(LLM("echo"), door)
    with pytest.raises(InvalidRequestError, match="there is no provider 'echoo'; did you mean 'echo'") as caught:
        await call(given, options={"echoo": {}})
    assert caught.value.parameter == "options.echoo"
    await call(given, options={"echo": {}, "a-provider-that-is-installed-elsewhere": {"a": 1}})


OWN_OPTIONS = """
    from core.scripted import Scripted, say
    from dragoman import hookimpl

    MADE = []

    @hookimpl
    def dragoman_provider(config):
        MADE.append((config, Scripted(*[say("Hi") for _ in range(9)], name=config.name)))
        return MADE[-1][1]
"""


@pytest.mark.parametrize("model", ["acme/m", "nearly/m", "nearest/m"])
@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"nearly": {"a": 1}}, {"a": 1}),
        ({"acme": {"a": 1}, "nearly": {"a": 2, "b": 2}}, {"a": 1, "b": 2}),
        ({"nearest": {"b": 3}, "nearly": {"c": 4}}, {"b": 3, "c": 4}),
        ({"acme_two": {"a": 1}}, {"a": 1}),
        ({"elsewhere": {"a": 1}}, {}),
    ],
)
async def test_options_may_have_any_name_of_their_provider(
    site: Site, model: str, given: dict[str, Any], read: dict[str, Any]
) -> None:
    two = {"acme": "stub_acme", "acme_two": "stub_acme"}
    aliases = {"nearly": "acme", "nearest": "acme"}
    site.add("dragoman-acme", source=OWN_OPTIONS, providers=two, aliases=aliases)
    if "acme_two" not in given:
        await LLM(model).generate("Hi", options=given)
    await LLM(LLMConfig(model=model, options=given)).generate("Hi")
    made = import_module("stub_acme").MADE
    assert dict(made[-1][0].options) == read
    for _, provider in made:
        assert {name: dict(own) for name, own in provider.asked[-1].options.items()}.get("acme", {}) == read
