"""Stop sequences: none, blank ones, and more than a vendor takes."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import LLM, UnsupportedError

NAMES = ("stop", "stop_sequences", "stopSequences")
MODELS: dict[str, dict[str, Any]] = {
    "gpt-4o": {},
    "gpt-5.5": {"api": "responses"},
    "claude-sonnet-4-5": {},
    "gemini-2.5-flash": {},
    "mistral/mistral-large-latest": {},
    "cohere/command-a-03-2025": {},
    "ollama/llama3": {},
    "groq/llama-3.3-70b-versatile": {},
    "deepseek/deepseek-chat": {},
    "moonshot/moonshot-v1-8k": {},
    "moonshot/kimi-k2.5": {},
    "zai/glm-4.6": {},
    "openrouter/openai/gpt-4o": {},
    "azure/gpt-4o": {"api_base": "https://x.openai.azure.com"},
    "bedrock/amazon.nova-pro-v1:0": {"region": "us-east-1"},
    "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0": {"region": "us-east-1"},
    "bedrock/anthropic.claude-v2:1": {"region": "us-east-1", "api": "invoke"},
    "claude-2.1": {},
    "claude-of-another-name": {},
}
MOST = {"gpt-4o": 4, "azure/gpt-4o": 4, "groq/llama-3.3-70b-versatile": 4, "gemini-2.5-flash": 5}
MOST |= {"cohere/command-a-03-2025": 5, "deepseek/deepseek-chat": 16, "openrouter/openai/gpt-4o": 4, "zai/glm-4.6": 1}
MOST |= {"moonshot/moonshot-v1-8k": 5, "moonshot/kimi-k2.5": 5}
MOST |= dict.fromkeys([each for each in MODELS if each.startswith("bedrock/") and "api" not in MODELS[each]], 2500)


def sent(model: str, **settings: Any) -> Any:
    """Return what stops the answer, wherever in the body it stands."""

    def found(body: Any) -> Any:
        inner = [each for each in body.values() if isinstance(each, dict)]
        here = [body[name] for name in NAMES if name in body]
        return here[0] if here else next((each for each in map(found, inner) if each is not None), None)

    return found(LLM(model, api_key="k", **MODELS[model]).build_request("q", **settings).body)


@pytest.mark.parametrize("stop", [[], (), None, set[str]()], ids=repr)
@pytest.mark.parametrize("model", MODELS)
def test_no_stop_sequences_are_not_sent(model: str, stop: Any) -> None:
    assert sent(model, stop=stop, on_unsupported="raise") is None


@pytest.mark.parametrize("model", [each for each in MODELS if "claude" in each])
def test_blank_ones_leave_nothing_behind(model: str) -> None:
    assert sent(model, stop=[" ", "\n"]) is None
    assert sent(model, stop=[" ", "a"]) == ["a"]
    with pytest.raises(UnsupportedError, match="white space"):
        sent(model, stop=[" ", "a"], on_unsupported="raise")
    with pytest.warns(UserWarning, match="stop"):
        assert sent(model, stop=[" ", "a"], on_unsupported="warn") == ["a"]


@pytest.mark.parametrize("model", [each for each in MODELS if "claude" not in each and MODELS[each].get("api") is None])
def test_blank_ones_are_sent_to_others(model: str) -> None:
    assert sent(model, stop=["\n\n"]) == ["\n\n"]


@pytest.mark.parametrize("model", ["moonshot/moonshot-v1-8k", "moonshot/kimi-k2.5"])
def test_longer_ones_than_a_vendor_takes_are_refused_or_left_out(model: str) -> None:
    longest = "\N{LATIN SMALL LETTER E WITH ACUTE}" * 16
    assert sent(model, stop=[longest]) == [longest]
    with pytest.raises(UnsupportedError, match="32 bytes"):
        sent(model, stop=["a", longest + "e"])
    assert sent(model, stop=["a", longest + "e"], on_unsupported="adjust") == ["a"]
    assert sent(model, stop=[longest + "e"], on_unsupported="adjust") is None


@pytest.mark.parametrize("model", MOST)
def test_more_than_a_vendor_takes_are_refused_or_left_out(model: str) -> None:
    most = MOST[model]
    words = [str(number) for number in range(most + 1)]
    assert sent(model, stop=words[:most]) == words[:most]
    with pytest.raises(UnsupportedError, match=rf"takes {most} stop sequence") as caught:
        sent(model, stop=words)
    assert caught.value.parameter == "stop"
    assert sent(model, stop=words, on_unsupported="adjust") == words[:most]
