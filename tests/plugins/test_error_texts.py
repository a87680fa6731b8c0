"""The text of an error names provider, model, status, attempts and request, whatever was asked in whichever dialect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, ServerError, UnsupportedError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

MODELS = {
    "openai": "gpt-4",
    "azure": "gpt-4",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "groq": "llama-3.3-70b-versatile",
    "cohere": "command-a-03-2025",
    "mistral": "mistral-large-latest",
    "openrouter": "acme/m1",
    "litellm_proxy": "m1",
    "openai_compatible": "m1",
    "ollama": "m1",
}
BROKEN = Reply.json(
    {"error": {"message": "boom", "type": "api_error"}},
    status=500,
    headers={"x-request-id": "req_123", "retry-after": "0"},
)
LACKS = {("anthropic", "embed"), *((name, "count_tokens") for name in MODELS if name not in {"anthropic", "google"})}


async def _streamed(llm: LLM) -> None:
    async with llm.stream("Hi") as stream:
        await stream.collect()


CALLS: dict[str, Callable[[LLM], Awaitable[Any]]] = {
    "generate": lambda llm: llm.generate("Hi"),
    "completion": lambda llm: llm.completion("Hi"),
    "extract": lambda llm: llm.extract(int, "Hi"),
    "stream": _streamed,
    "models": lambda llm: llm.models(),
    "embed": lambda llm: llm.embed(["Hi"]),
    "count_tokens": lambda llm: llm.count_tokens("Hi"),
}


def config_of(vendor: str, server: LoopbackServer, **options: Any) -> LLMConfig:
    if vendor == "azure":
        options["api_version"] = "2024-10-21"
    options.setdefault("api_base", f"{server.url}/v1")
    return LLMConfig(model=MODELS[vendor], provider=vendor, api_key="sk-marker-0123456789", **options)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("vendor", MODELS)
async def test_an_error_says_who_answered_what_after_how_many_attempts(vendor: str, call: str) -> None:
    with LoopbackServer(BROKEN) as server:
        async with LLM(config_of(vendor, server, num_retries=2)) as llm:
            with pytest.raises(UnsupportedError if (vendor, call) in LACKS else ServerError) as caught:
                await CALLS[call](llm)
    if (vendor, call) not in LACKS:
        assert str(caught.value) == f"{vendor} ({MODELS[vendor]}) answered 500 after 3 attempts: boom [req_123]"


@pytest.mark.parametrize("call", ["generate", "stream", "models"])
@pytest.mark.parametrize("vendor", MODELS)
async def test_a_single_attempt_is_not_counted(vendor: str, call: str) -> None:
    with LoopbackServer(BROKEN) as server:
        async with LLM(config_of(vendor, server, num_retries=0)) as llm:
            with pytest.raises(ServerError) as caught:
                await CALLS[call](llm)
    assert str(caught.value) == f"{vendor} ({MODELS[vendor]}) answered 500: boom [req_123]"
