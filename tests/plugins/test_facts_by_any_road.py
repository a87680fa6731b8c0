"""What is known of a model holds by whichever road it is reached."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, LLMConfig, Support, UnsupportedError
from dragoman_anthropic.models import capabilities as of_anthropic
from dragoman_google.models import capabilities as of_google
from dragoman_openai.models import capabilities as of_openai
from dragoman_openai_compatible import facts_of_model, reasoning_of_model

LOCAL = {"api_base": "http://127.0.0.1:9"}
ROADS: dict[str, dict[str, Any]] = {
    "litellm_proxy": LOCAL,
    "openrouter": {},
    "azure": {"api_base": "https://a.services.ai.azure.com"},
    "openai": LOCAL,
    "openai_compatible": LOCAL,
    "anthropic": LOCAL,
    "google": {},
    "groq": {},
}
REASONING = [
    *("gpt-5", "gpt-5.1", "gpt-5-mini-2025-08-07", "o3", "o4-mini", "openai/o3", "gpt-6-sol", "openai.gpt-6-sol"),
    *("claude-opus-4-7", "claude-opus-4.8", "claude-sonnet-5", "anthropic/claude-opus-4.7", "claude-fable-5-1"),
    *("us.anthropic.claude-opus-4-7-v1:0", "us-gov.anthropic.claude-sonnet-5-v1:0", "claude-opus-4-7@20260101"),
    *("claude-mythos-preview", "claude-opus-latest", "databricks-claude-opus-4-7", "vertex_ai/claude-opus-4-7"),
    *("gemini-3-pro-preview", "gemini-2.5-flash", "google/gemini-3.1-pro", "gemini-4-argon", "gemini-flash-latest"),
    *("deepseek-reasoner", "deepseek-v4-pro", "accounts/fireworks/models/deepseek-r1", "Qwen/QwQ-32B", "grok-4.5"),
    *("kimi-k2-thinking", "accounts/fireworks/models/glm-4p6", "accounts/fireworks/models/kimi-k2p5", "magistral-x"),
]
PLAIN = [
    *("gpt-4", "gpt-3.5-turbo", "gpt-4o", "openai/gpt-4", "gpt-4.1-mini", "gpt-5-chat-latest", "chatgpt-4o-latest"),
    *(
        "claude-2",
        "claude-instant-1",
        "claude-3-5-sonnet-20241022",
        "claude-3-opus",
        "claude-v2",
        "anthropic.claude-v2",
    ),
    *("gemini-pro", "gemini-1.5-pro", "gemini-2.0-flash", "google/gemini-2.0-flash-001", "gemini-2.5-flash-image"),
    *("llama2-70b-4096", "llama-3.3-70b-versatile", "mistral-large-latest", "deepseek-chat", "qwen3-coder", "my-own"),
]


VERTEX = {"project": "p", "credentials": {"type": "service_account"}, "api_key": None}
"""Where Google serves Claude, with which credentials."""


def body_of(road: str, model: str, **settings: Any) -> dict[str, Any]:
    more = VERTEX if road == "google" and model.rpartition("/")[2].startswith("claude-") else {}
    config = LLMConfig(model, provider=road, **{"api_key": "k", **ROADS[road], **more})
    body = LLM(config).build_request("hi", **settings).body
    return {**body, **body.get("generationConfig", {})}


def defaults_in(body: dict[str, Any]) -> tuple[float | None, bool]:
    """Return the temperature, and whether the default limit is there."""
    return body.get("temperature"), 4096 in body.values()


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("model", REASONING)
def test_a_model_that_reasons_gets_no_default(road: str, model: str) -> None:
    temperature, is_limited = defaults_in(body_of(road, model))
    assert temperature is None
    requires = road == "anthropic" or (road in {"azure", "google"} and "claude" in model)
    assert not is_limited or requires  # the Messages API requires a limit, and of a foreign name no other is known


@pytest.mark.parametrize("road", [road for road in ROADS if road not in {"anthropic", "google"}])
@pytest.mark.parametrize("model", PLAIN)
def test_any_other_model_gets_the_defaults(road: str, model: str) -> None:
    assert defaults_in(body_of(road, model)) == (0.7, True)


@pytest.mark.parametrize("model", [*REASONING, *PLAIN])
def test_what_a_name_says_agrees_with_what_its_own_vendor_says(model: str) -> None:
    owner = {"claude": of_anthropic, "gemini": of_google, "gpt": of_openai}
    own = next((known for word, known in owner.items() if word in model), None)
    if own is None or "openai." in model or "vertex" in model:
        return
    known = own(model.removeprefix("openai/"))
    supports = {Support.YES: Support.YES, Support.CONDITIONAL: Support.CONDITIONAL}
    assert reasoning_of_model(model).support is supports.get(known.reasoning.support, Support.UNKNOWN)
    if "claude" in model:
        fixed = [known.settings.get(name, None) for name in ("temperature", "top_p", "top_k")]
        refused = all(each is not None and each.support is Support.NO for each in fixed)
        assert bool(facts_of_model(model)["settings"]) is refused


@pytest.mark.parametrize("road", ["litellm_proxy", "openai_compatible"])
def test_what_a_family_refuses_is_not_sent_by_another_road(road: str) -> None:
    assert "temperature" not in body_of(road, "openai/gpt-5", temperature=0.2)
    assert "temperature" not in body_of(road, "claude-opus-4-7", temperature=0.2)
    assert body_of(road, "openai/gpt-5", temperature=1)["temperature"] == 1
    assert body_of(road, "gpt-5.1", temperature=0.2)["temperature"] == 0.2  # its default effort is none
    assert body_of(road, "gpt-5", effort="none")["reasoning_effort"] == "minimal"
    assert body_of(road, "claude-opus-4-6", temperature=0.2)["temperature"] == 0.2
    with pytest.raises(UnsupportedError, match="stop words"):
        body_of(road, "o3", stop=["a"])


def test_openrouter_itself_drops_what_a_vendor_does_not_support() -> None:
    body = body_of("openrouter", "openai/gpt-5", temperature=0.2, effort="none")
    assert (body["temperature"], body["reasoning"]) == (0.2, {"effort": "minimal"})
    assert body_of("openrouter", "openai/gpt-5.6-sol", effort="max")["reasoning"] == {"effort": "max"}
    assert body_of("openrouter", "openai/gpt-4", effort="high")["reasoning"] == {"effort": "high"}


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        ("openai/gpt-oss-120b", "none", "low"),
        ("gpt-oss-20b-Q4_K_M.gguf", "max", "high"),
        ("grok-code-fast-1", "low", None),
        ("grok-4.20-reasoning", "low", None),
        ("xai/grok-3-mini-fast", "medium", "high"),
        ("grok-4.3", "none", "none"),
        ("grok-4.5", "max", "high"),
        ("grok-4.7", "max", "xhigh"),
        ("kimi-k3", "medium", "high"),
        ("zai-glm-5.3", "none", "low"),
        ("mistral-small-latest", "low", "high"),
        ("mistral-medium-2601", "none", "none"),
        ("mistral-large-latest", "low", "low"),
        ("deepseek-v4-pro", "medium", "medium"),
        ("my-own", "xhigh", "xhigh"),
    ],
)
@pytest.mark.parametrize("road", ["litellm_proxy", "openai_compatible", "openai"])
def test_the_nearest_effort_of_other_vendors_is_sent(road: str, model: str, asked: str, expected: str | None) -> None:
    assert body_of(road, model, effort=asked).get("reasoning_effort") == expected
    passed_on = "low" if (model, asked) == ("openai/gpt-oss-120b", "none") else asked
    assert body_of("openrouter", model, effort=asked)["reasoning"] == {"effort": passed_on}
