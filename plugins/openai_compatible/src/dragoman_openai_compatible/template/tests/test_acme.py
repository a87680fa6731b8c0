"""What is specific to Acme: its address, its key and its options."""

from __future__ import annotations

from typing import Any

import pytest
from dragoman import LLM, InvalidRequestError, LLMConfig, MissingCredentialError, Prepared, explain


def prepared(*, stream: bool = False, **options: Any) -> Prepared:
    """Return the request for a prompt, without sending it."""
    options.setdefault("api_key", "test-key")
    llm = LLM(LLMConfig(model="acme-large", **options))
    return llm.build_request("hi", stream=stream)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    monkeypatch.delenv("ACME_BASE_URL", raising=False)


@pytest.mark.parametrize("model", ["acme-large", "acme/anything"])
def test_the_name_of_a_model_leads_here(model: str) -> None:
    assert explain(LLMConfig(model=model)).provider == "acme"


def test_the_address_leads_here() -> None:
    config = LLMConfig(model="anything", api_base="https://api.acme.example/v1")
    assert explain(config).provider == "acme"


def test_a_request_goes_to_acme_with_a_redacted_key() -> None:
    request = prepared()
    assert request.url == "https://api.acme.example/v1/chat/completions"
    assert request.headers["authorization"] == "********"


def test_the_key_of_the_environment_goes_to_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "test-key")
    assert prepared(api_key=None).headers["authorization"] == "********"
    with pytest.raises(MissingCredentialError, match="is not a host of acme"):
        prepared(api_key=None, provider="acme", api_base="https://elsewhere.example/v1")


def test_options_reach_the_body() -> None:
    body = prepared(safety="strict", user="me", extra_body={"new": 1}, top_k=5).body
    assert {"safety_level": "strict", "user": "me", "new": 1, "top_k": 5}.items() <= body.items()


def test_a_misspelled_option_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'safety'"):
        prepared(safty="strict")


def test_a_stream_asks_for_its_usage() -> None:
    assert prepared(stream=True).body["stream_options"] == {"include_usage": True}
