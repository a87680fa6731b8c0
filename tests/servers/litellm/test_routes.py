"""Dragoman's own rules for LiteLLM's provider, base URL and key, for which LiteLLM is not imported."""

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
    pytest.skip("dragoman-litellm needs its own environment: nox -s servers", allow_module_level=True)

from dragoman_litellm.endpoint import VENDORS, resolve_endpoint
from dragoman_litellm.errors import typed_error
from dragoman_litellm.finish_reasons import FinishReasonObserver, native_reason
from dragoman_litellm.models import find_route

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
        # names that LiteLLM's price list does not have, or has under another provider
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
        # the host has priority over the prefix
        ("anthropic/claude-3.5-sonnet", OPENROUTER, "openrouter", "anthropic/claude-3.5-sonnet"),
        ("openrouter/anthropic/claude-3.5-sonnet", OPENROUTER, "openrouter", "anthropic/claude-3.5-sonnet"),
        ("meta-llama/x", OPENROUTER, "openrouter", "meta-llama/x"),
        ("gpt-4", "https://openrouter.ai.evil.test/api/v1", "openai", "gpt-4"),
    ],
)
def test_the_provider_is_found_by_dragomans_rules(model: str, api_base: str | None, provider: str, sent: str) -> None:
    route = find_route(model, api_base=api_base, provider=None, known=KNOWN)
    assert (route.provider, route.model) == (provider, sent)
    assert route.reason


def test_a_named_provider_decides() -> None:
    route = find_route("azure/gpt-4", api_base=OPENROUTER, provider="azure", known=KNOWN)
    assert (route.provider, route.model) == ("azure", "gpt-4")


@pytest.mark.parametrize("model", ["mymodel", "mistral", "meta-llama/x", "command-r"])
@pytest.mark.parametrize("api_base", [None, "http://localhost:8000/v1"])
def test_a_model_without_a_rule_is_refused(model: str, api_base: str | None) -> None:
    with pytest.raises(UnknownModelError, match="custom_llm_provider"):
        find_route(model, api_base=api_base, provider=None, known=KNOWN)


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
def test_every_form_of_a_base_url_is_converted_to_that_of_litellm(
    provider: str, api_base: str | None, expected: str | None
) -> None:
    config = ProviderConfig(name="litellm", api_key=Secret("sk-0123456789"), api_base=api_base)
    assert resolve_endpoint(config, provider).api_base == expected


ALL_KEYS = {name: f"sk-{number}-0123456789" for number, v in enumerate(VENDORS.values()) for name in v.key_env}


@pytest.mark.parametrize("provider", VENDORS)
def test_a_key_is_sent_only_to_its_own_provider(provider: str) -> None:
    vendor = VENDORS[provider]
    base = vendor.base or "https://name.openai.azure.com"
    config = ProviderConfig(name="litellm", api_base=base, environ=ALL_KEYS)
    key = resolve_endpoint(config, provider).api_key
    assert key is not None
    assert key.reveal() == ALL_KEYS[vendor.key_env[0]]
    elsewhere = ProviderConfig(name="litellm", api_base=f"https://{vendor.hosts[0]}.evil.test/v1", environ=ALL_KEYS)
    with pytest.raises(MissingCredentialError):
        resolve_endpoint(elsewhere, provider)


def test_a_provider_that_only_litellm_knows_gets_the_key_with_its_name() -> None:
    environ = {"COHERE_API_KEY": "sk-cohere-0123456789", **ALL_KEYS}
    key = resolve_endpoint(ProviderConfig(name="litellm", environ=environ), "cohere").api_key
    assert key is not None
    assert key.reveal() == "sk-cohere-0123456789"
    assert resolve_endpoint(ProviderConfig(name="litellm", environ=ALL_KEYS), "bedrock").api_key is None
    foreign = ProviderConfig(name="litellm", environ=environ, api_base="https://cohere.evil.test")
    assert resolve_endpoint(foreign, "cohere").api_key is None


@pytest.mark.parametrize(
    ("body", "reason"),
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
def test_the_finish_reason_of_each_dialect_is_found(body: object, reason: str | None) -> None:
    assert native_reason(body) == reason
    observer = FinishReasonObserver()
    observer.read_line("data: " + json.dumps(body))
    assert observer.reason == reason


def test_a_reason_that_the_provider_did_not_send_is_discarded() -> None:
    observer = FinishReasonObserver()
    assert observer.finish_reason("stop") == "stop"  # in an unknown dialect, LiteLLM's reason is used
    observer.read_line('data: {"candidates": [{"content": {}}]}')
    assert observer.finish_reason("stop") is None
    observer.read_line('data: {"candidates": [{"finishReason": "OTHER"}]}')
    assert observer.finish_reason("stop") == "OTHER"


class APIConnectionError(Exception):
    status_code = 500


class LostError(Exception):
    """Imitate an error of the HTTP client that LiteLLM uses, which is recognized by its module."""

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
def test_an_exception_without_reply_is_mapped_by_class(error: Exception, phase: str, kind: type[Exception]) -> None:
    assert type(typed_error(error, key=None, phase=phase)) is kind


def test_a_key_is_not_in_a_message() -> None:
    typed = typed_error(APIConnectionError("wrong key sk-0123456789"), key=Secret("sk-0123456789"), phase="first_byte")
    assert "sk-0123456789" not in str(typed)


def test_no_compromised_release_can_be_installed() -> None:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    lines = [Requirement(line) for line in project["dependencies"]]
    [specifier] = [line.specifier for line in lines if line.name == "litellm"]
    assert not any(version in specifier for version in ("1.82.6", "1.82.7", "1.82.8", "1.83.9"))
    assert all(version in specifier for version in ("1.84.0", "1.106.2", "1.109.1", "2.0.0"))
