"""Claude in Microsoft Foundry: which configurations ask for it, where, as whom, and what is read."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dragoman import (
    LLM,
    BadRequestError,
    ConfigurationError,
    InvalidRequestError,
    LLMConfig,
    MissingCredentialError,
    NotFoundError,
    explain,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

RESOURCE = "https://r.services.ai.azure.com"
MESSAGES = f"{RESOURCE}/anthropic/v1/messages"
ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


def llm(model: str = "azure/claude-sonnet-4-5", **more: Any) -> LLM:
    given = {"api_key": "azure-test", "num_retries": 0, "temperature": None, **more}
    return LLM(LLMConfig(model=model, **given))


@pytest.mark.parametrize(
    "base",
    [
        RESOURCE,
        f"{RESOURCE}/",
        f"{RESOURCE}/anthropic",
        f"{RESOURCE}/anthropic/",
        f"{RESOURCE}/anthropic/v1",
        MESSAGES,
        f"{MESSAGES}/count_tokens",
        f"{RESOURCE}/openai/v1",
        f"{RESOURCE}/models",
        f"{RESOURCE}/api/projects/one",
    ],
)
def test_every_form_of_the_address(base: str) -> None:
    shown = llm(api_base=base).build_request("hi")

    assert shown.url == MESSAGES


@pytest.mark.parametrize("base", ["https://gateway.test/eu/anthropic", "https://gateway.test/eu"])
def test_a_gateway(base: str) -> None:
    shown = llm(model="claude-sonnet-4-5", provider="azure", api_base=base).build_request("hi")

    assert shown.url == "https://gateway.test/eu/anthropic/v1/messages"


def test_a_resource_by_its_name() -> None:
    assert llm(resource="r").build_request("hi").url == MESSAGES
    with pytest.raises(ConfigurationError, match="name of a resource"):
        llm(resource="r.test/x").build_request("hi")
    with pytest.raises(ConfigurationError, match="either api_base or resource"):
        llm(resource="r", api_base=RESOURCE).build_request("hi")


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("azure/claude-haiku-4-5", {"api_base": RESOURCE}),
        ("claude-haiku-4-5", {"api_base": RESOURCE}),
        ("azure/mine", {"api_base": f"{RESOURCE}/anthropic"}),
        ("azure/mine", {"api_base": RESOURCE, "api": "messages"}),
        ("azure/mine", {"api_base": RESOURCE, "base_model": "claude-haiku-4-5"}),
    ],
)
def test_what_asks_for_claude(model: str, more: dict[str, Any]) -> None:
    config = LLMConfig(model=model, api_key="k", **more)

    assert LLM(config).build_request("hi").url == MESSAGES
    assert explain(config).distribution == "dragoman-azure"


@pytest.mark.parametrize(
    ("model", "more"),
    [
        ("azure/gpt-4o", {}),
        ("azure/my-claude-like", {}),
        ("azure/claude-in-name-only", {"base_model": "gpt-4o"}),
        ("azure/claude-in-name-only", {"api": "chat"}),
    ],
)
def test_what_does_not(model: str, more: dict[str, Any]) -> None:
    assert "/anthropic/" not in llm(model, api_base=RESOURCE, **more).build_request("hi").url


def test_the_environment_names_resource_address_and_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_API_KEY", "k")
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_RESOURCE", "r")
    by_name = llm(api_key=None).build_request("hi")
    monkeypatch.setenv("AZURE_API_BASE", "https://a.services.ai.azure.com/anthropic")
    by_address = llm("azure/mine", api_key=None).build_request("hi")
    monkeypatch.setenv("ANTHROPIC_FOUNDRY_BASE_URL", "https://b.services.ai.azure.com/anthropic/")
    by_own_address = llm(api_key=None).build_request("hi")

    assert by_name.url == MESSAGES
    assert by_name.headers["x-api-key"] == "********"
    assert by_address.url == "https://a.services.ai.azure.com/anthropic/v1/messages"
    assert by_own_address.url == "https://b.services.ai.azure.com/anthropic/v1/messages"
    with pytest.raises(MissingCredentialError):
        llm(api_key=None, provider="azure", api_base="https://gateway.test").build_request("hi")


def test_a_host_without_claude_is_refused_with_the_one_that_has_it() -> None:
    with pytest.raises(ConfigurationError, match=r"services\.ai\.azure\.com/anthropic"):
        llm(api_base="https://r.openai.azure.com").build_request("hi")
    assert "/chat/" in llm(api_base="https://r.openai.azure.com", api="chat").build_request("hi").url


def test_the_body_is_that_of_anthropic_with_the_name_of_the_deployment() -> None:
    shown = llm("azure/mine", api_base=RESOURCE, base_model="claude-opus-4-6").build_request(
        "hi", effort="high", max_tokens=9000
    )

    assert shown.body == {
        "model": "mine",
        "max_tokens": 9000,
        "messages": [{"role": "user", "content": "hi"}],
        "thinking": {"type": "adaptive"},
        "output_config": {"effort": "high"},
    }
    assert shown.headers["anthropic-version"] == "2023-06-01"
    assert shown.headers["x-api-key"] == "********"


def test_tokens_of_entra() -> None:
    shown = llm(api_base=RESOURCE, api_key=None, azure_ad_token=lambda: "t").build_request("hi")

    assert shown.headers["authorization"] == "********"
    with pytest.raises(InvalidRequestError, match="not both"):
        llm(api_base=RESOURCE, api_key=None, azure_ad_token="t", entra=True).build_request("hi")
    with pytest.raises(InvalidRequestError, match="text or a function"):
        llm(api_base=RESOURCE, api_key=None, azure_ad_token=1).build_request("hi")


@pytest.mark.parametrize(("given", "scope"), [(None, "https://ai.azure.com/.default"), ("s", "s")])
async def test_the_scope_of_tokens(monkeypatch: pytest.MonkeyPatch, given: str | None, scope: str) -> None:
    asked: list[str] = []

    def get_token(name: str) -> Any:
        asked.append(name)
        return SimpleNamespace(token="jwt")

    identity = SimpleNamespace(DefaultAzureCredential=lambda: SimpleNamespace(get_token=get_token))
    monkeypatch.setitem(sys.modules, "azure.identity", identity)
    with LoopbackServer(Reply.json(ANSWER)) as server:
        monkeypatch.setenv("AZURE_API_BASE", server.url)
        async with llm(api_key=None, entra=True, **({} if given is None else {"entra_scope": given})) as model:
            await model.generate("hi")

    assert asked == [scope]
    assert server.requests[0].headers["authorization"] == "Bearer jwt"


def test_without_its_dialect_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dragoman_anthropic", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'dragoman-azure\[claude\]'"):
        llm(resource="r").build_request("hi")


async def test_an_answer_a_count_and_errors() -> None:
    overloaded = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    unknown = {"error": {"code": "DeploymentNotFound", "message": "There is none."}}
    with LoopbackServer() as server:
        server.reply(Reply.json(ANSWER), Reply.json({"input_tokens": 14}))
        server.reply(Reply.json(overloaded, status=400), Reply.json(unknown, status=404))
        server.reply(Reply(status=404, headers=(("content-type", "text/html"),), body=b"<title>Lost</title>"))
        async with llm(api_base=server.url, provider="azure", model="claude-sonnet-4-5") as model:
            response = await model.generate("hi")
            usage = await model.count_tokens("hi")
            with pytest.raises(BadRequestError) as refused:
                await model.generate("hi")
            with pytest.raises(NotFoundError, match="check the name of the deployment"):
                await model.generate("hi")
            with pytest.raises(NotFoundError, match="Lost"):
                await model.generate("hi")

    assert (response.text, response.origin.served_model, usage.input_tokens) == ("Hello.", ANSWER["model"], 14)
    assert refused.value.code == "invalid_request_error"
    assert [each.path for each in server.requests[:2]] == [
        "/anthropic/v1/messages",
        "/anthropic/v1/messages/count_tokens",
    ]
    assert json.loads(server.requests[1].body)["model"] == "claude-sonnet-4-5"
