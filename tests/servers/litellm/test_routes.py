"""Which provider of LiteLLM's is asked, where, with which key: rules of ours, for which LiteLLM is not imported."""

from __future__ import annotations

import importlib.util
import json
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dragoman import (
    ConnectionFailedError,
    MissingCredentialError,
    ProtocolError,
    ProviderConfig,
    QuotaExceededError,
    RequestTimeoutError,
    Secret,
    StreamInterruptedError,
    UnknownModelError,
)

if importlib.util.find_spec("dragoman_litellm") is None:
    pytest.skip("dragoman-litellm has an environment of its own: nox -s servers", allow_module_level=True)

from dragoman_litellm.failures import failure
from dragoman_litellm.routes import VENDORS, place, route
from dragoman_litellm.truth import Witness, native_reason

PROJECT = Path(__file__).parents[3] / "plugins" / "litellm" / "pyproject.toml"
KNOWN = frozenset({"openai", "anthropic", "gemini", "vertex_ai", "azure", "groq", "openrouter", "mistral", "bedrock"})
AZURE = "https://your-resource-name.openai.azure.com"
OPENROUTER = "https://openrouter.ai/api/v1"


@pytest.mark.parametrize(
    ("model", "api_base", "provider", "sent"),
    [
        # the six configurations of the API reference
        ("gpt-4", None, "openai", "gpt-4"),
        ("claude-3-5-sonnet-20241022", None, "anthropic", "claude-3-5-sonnet-20241022"),
        ("gemini-pro", None, "gemini", "gemini-pro"),
        ("gpt-4", AZURE, "azure", "gpt-4"),
        ("llama2-70b-4096", None, "groq", "llama2-70b-4096"),
        ("openai/gpt-4", OPENROUTER, "openrouter", "openai/gpt-4"),
        # names that a price list does not hold, or holds under another provider
        ("claude-2", None, "anthropic", "claude-2"),
        ("claude-9-opus", None, "anthropic", "claude-9-opus"),
        ("gemini-2.5-pro", None, "gemini", "gemini-2.5-pro"),
        ("gpt-5-2099", None, "openai", "gpt-5-2099"),
        ("o3-mini", None, "openai", "o3-mini"),
        ("mixtral-8x7b-32768", None, "groq", "mixtral-8x7b-32768"),
        ("llama-3.3-70b-versatile", None, "groq", "llama-3.3-70b-versatile"),
        ("gpt-3.5-turbo-instruct", None, "text-completion-openai", "gpt-3.5-turbo-instruct"),
        # prefixes
        ("OPENAI/gpt-4", None, "openai", "gpt-4"),
        ("google/gemini-pro", None, "gemini", "gemini-pro"),
        ("bedrock/anthropic.claude-3", None, "bedrock", "anthropic.claude-3"),
        ("azure/demo3", None, "azure", "demo3"),
        # the host goes before the prefix
        ("anthropic/claude-3.5-sonnet", OPENROUTER, "openrouter", "anthropic/claude-3.5-sonnet"),
        ("openrouter/anthropic/claude-3.5-sonnet", OPENROUTER, "openrouter", "anthropic/claude-3.5-sonnet"),
        ("meta-llama/x", OPENROUTER, "openrouter", "meta-llama/x"),
        ("gpt-4", "https://openrouter.ai.evil.test/api/v1", "openai", "gpt-4"),
    ],
)
def test_the_provider_is_told_by_our_own_rules(model: str, api_base: str | None, provider: str, sent: str) -> None:
    way = route(model, api_base=api_base, named=None, known=KNOWN)
    assert (way.provider, way.model) == (provider, sent)
    assert way.reason


def test_a_named_provider_decides() -> None:
    way = route("azure/gpt-4", api_base=OPENROUTER, named="azure", known=KNOWN)
    assert (way.provider, way.model) == ("azure", "gpt-4")


@pytest.mark.parametrize("model", ["mymodel", "mistral", "meta-llama/x", "command-r"])
@pytest.mark.parametrize("api_base", [None, "http://localhost:8000/v1"])
def test_what_no_rule_tells_is_never_guessed(model: str, api_base: str | None) -> None:
    with pytest.raises(UnknownModelError, match="custom_llm_provider"):
        route(model, api_base=api_base, named=None, known=KNOWN)


@pytest.mark.parametrize(
    ("provider", "api_base", "expected"),
    [
        ("openai", None, "https://api.openai.com/v1"),
        ("openai", "http://127.0.0.1:1", "http://127.0.0.1:1/v1"),
        ("anthropic", "https://api.anthropic.com/v1/", "https://api.anthropic.com"),
        ("anthropic", None, "https://api.anthropic.com"),
        ("gemini", "https://generativelanguage.googleapis.com", "https://generativelanguage.googleapis.com/v1beta"),
        ("azure", AZURE + "/openai/", AZURE),
        ("openrouter", "https://openrouter.ai", OPENROUTER),
        ("groq", "https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("ollama", None, None),
    ],
)
def test_every_form_of_an_address_is_the_one_that_litellm_wants(
    provider: str, api_base: str | None, expected: str | None
) -> None:
    config = ProviderConfig(name="litellm", api_key=Secret("sk-0123456789"), api_base=api_base)
    assert place(config, provider).api_base == expected


EVERYONES = {name: f"sk-{number}-0123456789" for number, v in enumerate(VENDORS.values()) for name in v.key_env}


@pytest.mark.parametrize("provider", VENDORS)
def test_a_key_goes_to_its_own_provider_alone(provider: str) -> None:
    vendor = VENDORS[provider]
    base = vendor.base or "https://name.openai.azure.com"
    config = ProviderConfig(name="litellm", api_base=base, environ=EVERYONES)
    key = place(config, provider).api_key
    assert key is not None
    assert key.reveal() == EVERYONES[vendor.key_env[0]]
    elsewhere = ProviderConfig(name="litellm", api_base=f"https://{vendor.hosts[0]}.evil.test/v1", environ=EVERYONES)
    with pytest.raises(MissingCredentialError):
        place(elsewhere, provider)


def test_a_provider_that_only_litellm_knows_gets_the_key_of_its_name() -> None:
    environ = {"COHERE_API_KEY": "sk-cohere-0123456789", **EVERYONES}
    key = place(ProviderConfig(name="litellm", environ=environ), "cohere").api_key
    assert key is not None
    assert key.reveal() == "sk-cohere-0123456789"
    assert place(ProviderConfig(name="litellm", environ=EVERYONES), "bedrock").api_key is None
    foreign = ProviderConfig(name="litellm", environ=environ, api_base="https://cohere.evil.test")
    assert place(foreign, "cohere").api_key is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"choices": [{"finish_reason": "length"}]}, "length"),
        ({"candidates": [{"finishReason": "SAFETY"}]}, "SAFETY"),
        ({"promptFeedback": {"blockReason": "OTHER"}}, "OTHER"),
        ({"stop_reason": "pause_turn"}, "pause_turn"),
        ({"type": "message_delta", "delta": {"stop_reason": "refusal"}}, "refusal"),
        ({"choices": [{"delta": {"content": "my finish_reason"}}]}, None),
        ([], None),
    ],
)
def test_a_reason_is_found_where_each_dialect_has_it(said: object, reason: str | None) -> None:
    assert native_reason(said) == reason
    witness = Witness()
    witness.hear("data: " + json.dumps(said))
    assert witness.reason == reason


def test_what_was_not_heard_was_not_said() -> None:
    witness = Witness()
    assert witness.finish("stop") == "stop"  # a dialect that is not known here: LiteLLM is believed
    witness.hear('data: {"candidates": [{"content": {}}]}')
    assert witness.finish("stop") is None
    witness.hear('data: {"candidates": [{"finishReason": "OTHER"}]}')
    assert witness.finish("stop") == "OTHER"


class APIConnectionError(Exception):
    status_code = 500


class LostError(Exception):
    """Stand for the errors of the HTTP client that LiteLLM uses, which are told by where they come from."""

    __module__ = "httpx"


class MidStreamFallbackError(Exception):
    status_code = 503

    def __init__(self, original: Exception | None) -> None:
        super().__init__("cut")
        self.original_exception = original


class BudgetExceededError(Exception):
    pass


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "phase", "kind"),
    [
        (APIConnectionError("bug"), "first_byte", ProtocolError),
        (caused(APIConnectionError("x"), LostError("x")), "first_byte", ConnectionFailedError),
        (caused(APIConnectionError("x"), LostError("x")), "mid_stream", StreamInterruptedError),
        (MidStreamFallbackError(None), "mid_stream", StreamInterruptedError),
        (MidStreamFallbackError(APIConnectionError("bug")), "mid_stream", ProtocolError),
        (BudgetExceededError("spent"), "first_byte", QuotaExceededError),
        (type("Timeout", (Exception,), {"status_code": 408})("late"), "first_byte", RequestTimeoutError),
        (KeyError("choices"), "first_byte", ProtocolError),
    ],
)
def test_a_class_says_what_a_made_up_status_hides(error: Exception, phase: str, kind: type[Exception]) -> None:
    assert type(failure(error, key=None, phase=phase)) is kind


def test_a_key_is_not_in_a_message() -> None:
    told = failure(APIConnectionError("wrong key sk-0123456789"), key=Secret("sk-0123456789"), phase="first_byte")
    assert "sk-0123456789" not in str(told)


def test_no_compromised_release_can_be_installed() -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    lines = [Requirement(line) for line in project["dependencies"]]
    [specifier] = [line.specifier for line in lines if line.name == "litellm"]
    assert not any(version in specifier for version in ("1.82.6", "1.82.7", "1.82.8", "1.83.9"))
    assert all(version in specifier for version in ("1.84.0", "1.106.2", "1.109.1", "2.0.0"))
