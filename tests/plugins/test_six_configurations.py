"""The six provider configurations of the API reference, each sent in its vendor's own form."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import field, frozen

from dragoman import LLM, LLMConfig, explain
from dragoman.plugins.registry import installed
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

CHAT = {
    "id": "c1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "role": "assistant",
    "content": [{"type": "text", "text": "Hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
CANDIDATE = {"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": 0}


@frozen(kw_only=True)
class Case:
    """One configuration as printed, how the loopback takes the vendor's place, and what has to arrive there."""

    config: dict[str, Any]
    reply: dict[str, Any]
    path: str
    headers: dict[str, str]
    model: str | None
    environ: dict[str, str] = field(factory=dict)
    base: str | None = None
    provider: str | None = None


CASES = {
    "openai": Case(
        config={"model": "gpt-4", "api_key": "your-openai-api-key"},
        reply=CHAT,
        environ={"OPENAI_BASE_URL": "{url}"},
        path="/v1/chat/completions",
        headers={"authorization": "Bearer your-openai-api-key"},
        model="gpt-4",
    ),
    "anthropic": Case(
        config={"model": "claude-3-5-sonnet-20241022", "api_key": "your-anthropic-api-key"},
        reply=MESSAGE,
        environ={"ANTHROPIC_BASE_URL": "{url}"},
        path="/v1/messages",
        headers={"x-api-key": "your-anthropic-api-key", "anthropic-version": "2023-06-01"},
        model="claude-3-5-sonnet-20241022",
    ),
    "google": Case(
        config={"model": "gemini-pro", "api_key": "your-google-api-key"},
        reply={"candidates": [CANDIDATE]},
        environ={"GEMINI_API_BASE": "{url}"},
        path="/v1beta/models/gemini-pro:generateContent",
        headers={"x-goog-api-key": "your-google-api-key"},
        model=None,
    ),
    "azure": Case(
        config={"model": "gpt-4", "api_key": "your-azure-api-key", "api_version": "2023-05-15"},
        reply=CHAT,
        base="{url}",
        provider="azure",
        path="/openai/deployments/gpt-4/chat/completions?api-version=2023-05-15",
        headers={"api-key": "your-azure-api-key"},
        model="gpt-4",
    ),
    "groq": Case(
        config={"model": "llama2-70b-4096", "api_key": "your-groq-api-key"},
        reply=CHAT,
        environ={"GROQ_API_BASE": "{url}/openai/v1"},
        path="/openai/v1/chat/completions",
        headers={"authorization": "Bearer your-groq-api-key"},
        model="llama2-70b-4096",
    ),
    "openrouter": Case(
        config={"model": "openai/gpt-4", "api_key": "your-openrouter-api-key"},
        reply=CHAT,
        base="{url}/api/v1",
        provider="openrouter",
        path="/api/v1/chat/completions",
        headers={"authorization": "Bearer your-openrouter-api-key"},
        model="openai/gpt-4",
    ),
}


@pytest.mark.parametrize("vendor", CASES)
async def test_the_request_arrives_in_the_form_of_its_vendor(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[vendor]
    with LoopbackServer(Reply.json(case.reply)) as server:
        for name, value in case.environ.items():
            monkeypatch.setenv(name, value.format(url=server.url))
        config = dict(case.config)
        if case.base is not None:
            config |= {"api_base": case.base.format(url=server.url), "provider": case.provider}
        async with LLM(LLMConfig(**config)) as llm:
            assert llm.explain().provider == vendor
            assert await llm.completion("Hello") == "Hi"
    [arrived] = server.requests
    assert arrived.path == case.path
    assert {name: arrived.headers.get(name) for name in case.headers} == case.headers
    assert case.model is None or arrived.json["model"] == case.model
    assert "your-" not in arrived.path
    assert installed().provider_claim(vendor).name == vendor


def test_gemini_is_another_name_of_google() -> None:
    for config in (LLMConfig(model="gemini/gemini-pro"), LLMConfig(model="gemini-pro", provider="gemini")):
        explanation = explain(config)
        assert (explanation.provider, explanation.model) == ("google", "gemini-pro")
    assert explain(LLMConfig(model="gemini/gemini-pro", provider="google")).model == "gemini-pro"
