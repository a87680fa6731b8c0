"""The default temperature and limit reach a vendor only where they cannot hurt; what the caller gives always does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Support
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible import reasoning_of_model
from plugins.vendors import OVER_HTTP, VENDORS

KEY = "sk-of-the-test"
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "max_tokens_to_sample")
LARGEST = {
    "claude-opus-4-7": 128_000,
    "claude-sonnet-5": 128_000,
    "claude-sonnet-4-5": 64_000,
    "claude-opus-4-1": 32_000,
    "claude-3-5-sonnet-20241022": 8192,
    "claude-3-haiku-20240307": 4096,
    "claude-2": 4096,
}


def sent(model: str | LLM, **given: Any) -> tuple[float | None, int | None]:
    """Return the temperature and the limit that a model gets: of a configuration, or of one call of an LLM."""
    llm = model if isinstance(model, LLM) else LLM(LLMConfig(model, api_key=KEY, **given))
    body = llm.build_request("hi", **(given if llm is model else {})).body
    settings = {**body, **body.get("generationConfig", {})}
    return settings.get("temperature"), next((settings[name] for name in LIMITS if name in settings), None)


REASONING = [
    ("openai", "o3", {}),
    ("openai", "o4-mini", {}),
    ("openai", "gpt-5", {}),
    ("openai", "gpt-5.1", {}),
    ("openai", "gpt-6-sol", {}),
    ("azure", "my", {"base_model": "gpt-5.2", "api_base": "https://a.openai.azure.com"}),
    ("openai", "gpt-5", {"api": "responses"}),
    ("azure", "my", {"base_model": "o3", "api_base": "https://a.openai.azure.com"}),
    ("google", "gemini-2.5-pro", {}),
    ("google", "gemini-2.5-flash", {}),
    ("google", "gemini-3-pro-preview", {}),
    ("groq", "openai/gpt-oss-120b", {}),
    ("groq", "qwen/qwen3-32b", {}),
    ("openrouter", "openai/o3", {}),
    ("openrouter", "deepseek/deepseek-r1:free", {}),
    ("openrouter", "x-ai/grok-4", {}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {"effort": "high"}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"max_tokens": 8000}}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"effort": "low"}, "api": "responses"}),
    ("litellm_proxy", "deepseek-reasoner", {"api_base": "http://127.0.0.1:9"}),
    ("openai_compatible", "Qwen/QwQ-32B", {"api_base": "http://127.0.0.1:9"}),
    ("openai_compatible", "my-own", {"api_base": "http://127.0.0.1:9", "effort": "high"}),
]
PLAIN = [
    ("openai", "gpt-4o", {}),
    ("openai", "gpt-5-chat-latest", {}),
    ("google", "gemini-2.0-flash", {}),
    ("google", "gemini-pro", {}),
    ("groq", "llama-3.3-70b-versatile", {}),
    ("openrouter", "openai/gpt-4o", {}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"enabled": False}}),
    ("openrouter", "anthropic/claude-sonnet-4.5", {"reasoning": {"effort": "none"}}),
    ("openrouter", "a/b", {"reasoning": {"exclude": True}}),
    ("litellm_proxy", "gpt-4o", {"api_base": "http://127.0.0.1:9"}),
    ("openai_compatible", "my-own", {"api_base": "http://127.0.0.1:9"}),
    ("openai_compatible", "my-own", {"api_base": "http://127.0.0.1:9", "effort": "none"}),
    ("anthropic", "claude-sonnet-4-5", {}),
    ("anthropic", "claude-3-haiku-20240307", {}),
    ("anthropic", "claude-2", {}),
]


@pytest.mark.parametrize(("provider", "model", "options"), REASONING)
def test_a_model_that_reasons_gets_no_default_and_every_given_limit(
    provider: str, model: str, options: dict[str, Any]
) -> None:
    assert sent(model, provider=provider, **options) == (None, None)
    assert sent(model, provider=provider, **options, max_tokens=4096) == (None, 4096)


@pytest.mark.parametrize("model", ["gpt-5.1-chat-latest", "gpt-5.3-chat-latest"])
def test_a_chat_model_that_reasons_gets_no_default_and_what_is_given(model: str) -> None:
    assert sent(model, provider="openai") == (None, None)
    assert sent(model, provider="openai", temperature=1, max_tokens=9) == (1, 9)


@pytest.mark.parametrize(("provider", "model", "options"), PLAIN)
def test_any_other_model_gets_the_defaults(provider: str, model: str, options: dict[str, Any]) -> None:
    assert sent(model, provider=provider, **options) == (0.7, 4096)
    assert sent(model, provider=provider, **options, temperature=0.2, max_tokens=9) == (0.2, 9)


@pytest.mark.parametrize(("model", "limit"), LARGEST.items())
def test_where_a_limit_is_required_it_is_the_greatest_of_the_model(model: str, limit: int) -> None:
    bare = LLM(model, api_key=KEY)
    assert sent(bare) == (None, limit)
    assert sent(bare, max_tokens=9) == (None, 9)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("claude-opus-4-7", {}),
        ("claude-sonnet-5", {}),
        ("claude-opus-4-7", {"effort": "high"}),
        ("claude-sonnet-4-5", {"effort": "high"}),
        ("claude-opus-4-1", {"effort": "max"}),
        ("claude-sonnet-4-5", {"thinking": {"type": "enabled", "budget_tokens": 20_000}}),
    ],
)
def test_a_claude_that_thinks_gets_its_greatest_limit_and_no_default_temperature(
    model: str, options: dict[str, Any]
) -> None:
    body = LLM(LLMConfig(model, api_key=KEY, **options)).build_request("hi").body
    assert "temperature" not in body
    assert body["max_tokens"] == LARGEST[model]
    assert body["max_tokens"] > body.get("thinking", {}).get("budget_tokens", 0)


@pytest.mark.parametrize("provider", ["openai", "google", "groq", "openrouter", "openai_compatible"])
@pytest.mark.parametrize("model", ["gpt-4o", "o3", "llama-3.3-70b-versatile"])
def test_a_bare_name_sends_nothing_that_was_not_given(provider: str, model: str) -> None:
    base = {"api_base": "http://127.0.0.1:9"} if provider == "openai_compatible" else {}
    llm = LLM(model, provider=provider, api_key=KEY, **base)
    assert sent(llm) == (None, None)
    assert sent(llm, max_tokens=7) == (None, 7)


@pytest.mark.parametrize("vendor", OVER_HTTP)
def test_a_default_that_is_left_out_is_recorded(vendor: str) -> None:
    known = VENDORS[vendor]
    with LoopbackServer(always=Reply.json(known.turns.first)) as server:

        async def ask() -> Any:
            async with known.llm(server) as llm:
                return await llm.generate("hi", effort="high")

        response = asyncio.run(ask())
        body = json.loads(server.requests[0].body)
    notes = {note.feature: note.kind for note in response.adjustments}
    settings = {**body, **body.get("generationConfig", {})}
    assert settings.get("temperature") == (None if notes.get("temperature") == "dropped" else 0.7)


def test_a_value_that_was_given_is_sent_even_if_it_equals_the_default(tmp_path: Path) -> None:
    file = tmp_path / "llm.toml"
    file.write_text('[llm]\nmodel = "gpt-5-chat"\n[llm.r]\nmodel = "o3"\nmax_tokens = 4096\n')
    same = {"model": "o3", "max_tokens": 4096}
    assigned = LLMConfig("o3")
    assigned.max_tokens = 4096
    ways = {
        "arguments": LLMConfig(**same),
        "assigned": assigned,
        "dict": LLMConfig.from_dict(same),
        "toml": LLMConfig.from_toml(file, "r"),
        "env": LLMConfig.from_env(environ={"DRAGOMAN_MODEL": "o3", "DRAGOMAN_MAX_TOKENS": "4096"}),
        "copy": LLMConfig(**same).replace(api_base=None),
    }
    for way, config in ways.items():
        llm = LLM(config.replace(api_key=KEY))
        assert sent(llm) == (None, 4096), way
        assert sent(LLM(LLMConfig("o3", api_key=KEY)), max_tokens=4096) == (None, 4096)
    for config in (LLMConfig("o3"), LLMConfig.from_dict(LLMConfig("o3").to_dict()), LLMConfig.from_toml(file)):
        assert config.max_tokens == 4096
        assert not config.settings().is_given("max_tokens")


@pytest.mark.parametrize(
    ("names", "support"),
    [
        (
            (
                *("o1", "o3-mini", "gpt-5", "GPT-5.1-codex", "gpt-6-sol", "codex-mini-latest", "gpt-oss-20b"),
                *("openai/o3", "accounts/acme/models/deepseek-r1", "us.anthropic.claude-sonnet-5-v1:0"),
                *("deepseek-r1-distill-llama-70b", "deepseek/deepseek-v4", "x-ai/grok-4-fast", "grok-3-mini"),
                *(
                    "qwen3-32b",
                    "Qwen/Qwen3-235B-A22B-Thinking-2507",
                    "QwQ-32B",
                    "z-ai/glm-4.6",
                    "moonshotai/kimi-k2-thinking",
                ),
                *("gemini-2.5-pro", "google/gemini-3-flash-preview", "gemini-flash-latest", "magistral-medium-2506"),
                *("anthropic/claude-3.7-sonnet:thinking", "gpt-oss-20b-Q4_K_M.gguf", "sonar-reasoning-pro"),
            ),
            Support.YES,
        ),
        (
            ("claude-sonnet-4", "claude-opus-4.6", "claude-3.7-sonnet", "deepseek/deepseek-chat-v3.1"),
            Support.CONDITIONAL,
        ),
        (
            (
                *(
                    "gpt-4o",
                    "gpt-5-chat-latest",
                    "gpt-4.1",
                    "chatgpt-4o-latest",
                    "claude-3-5-sonnet-20241022",
                    "mine",
                    "",
                ),
                *(
                    "gemini-2.0-flash",
                    "gemini-2.5-flash-image-preview",
                    "grok-4-fast-non-reasoning",
                    "grok-2",
                    "o",
                    "ox1",
                ),
                *("Qwen3-30B-A3B-Instruct-2507", "qwen3-coder", "deepseek-chat", "kimi-k2-instruct", "llama-3.3-70b"),
            ),
            Support.UNKNOWN,
        ),
    ],
)
def test_which_models_reason(names: tuple[str, ...], support: Support) -> None:
    assert {name: reasoning_of_model(name).support for name in names} == dict.fromkeys(names, support)
