"""Tests specific to Acme: the endpoint, headers, options and request bodies."""

from __future__ import annotations

from typing import Any

import pytest
from dragoman import (
    LLM,
    Bytes,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    Prepared,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
    explain,
)


def prepared(messages: str | list[Message] = "hi", *, stream: bool = False, **options: Any) -> Prepared:
    """Return the request without sending it."""
    options.setdefault("api_key", "test-key")
    tools = options.pop("tools", ())
    llm = LLM(LLMConfig(model="acme-large", **options))
    return llm.build_request(messages, stream=stream, tools=tools)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    monkeypatch.delenv("ACME_BASE_URL", raising=False)


@pytest.mark.parametrize("model", ["acme-large", "acme/anything"])
def test_the_model_name_leads_here(model: str) -> None:
    assert explain(LLMConfig(model=model)).provider == "acme"


def test_the_base_url_leads_here() -> None:
    config = LLMConfig(model="anything", api_base="https://api.acme.example/v1")
    assert explain(config).provider == "acme"


def test_a_request_goes_to_acme_with_the_key_masked() -> None:
    request = prepared()
    assert request.url == "https://api.acme.example/v1/talk"
    assert request.headers["x-acme-key"] == "********"


def test_the_key_of_the_environment_goes_to_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "test-key")
    assert prepared(api_key=None).headers["x-acme-key"] == "********"
    with pytest.raises(MissingCredentialError, match="is not a host of acme"):
        prepared(api_key=None, provider="acme", api_base="https://elsewhere.example/v1")


def test_options_reach_the_body() -> None:
    body = prepared(safety="strict", extra_body={"new": 1}).body
    assert {"safety_level": "strict", "new": 1}.items() <= body.items()


def test_a_misspelled_option_is_an_error() -> None:
    with pytest.raises(InvalidRequestError, match="did you mean 'safety'"):
        prepared(safty="strict")


def test_a_stream_is_requested() -> None:
    assert prepared(stream=True).body["live"] is True
    assert "live" not in prepared().body


def test_settings_are_renamed() -> None:
    body = prepared(max_tokens=5, stop="END", temperature=0.5, top_p=0.9, seed=7).body
    assert body["limits"] == {"tokens": 5, "until": ["END"]}
    assert body["tuning"] == {"heat": 0.5, "nucleus": 0.9, "seed": 7}


def test_a_conversation_with_tools_is_converted() -> None:
    messages = [
        Message("user", [Text(text="Look:"), Media(source=Bytes(data=b"png"), media_type="image/png")]),
        Message("assistant", [ToolCall(name="weather", call_id="c1", arguments='{"city": "Oslo"}')]),
        Message("tool", [ToolResult(call_id="c1", name="weather", content="rain")]),
    ]
    body = prepared(messages, tools=[Tool(name="weather", description="Return the weather.")]).body
    assert body["turns"] == [
        {
            "by": "user",
            "pieces": [{"kind": "text", "text": "Look:"}, {"kind": "image", "type": "image/png", "base64": "cG5n"}],
        },
        {"by": "model", "pieces": [{"kind": "call", "id": "c1", "tool": "weather", "input": {"city": "Oslo"}}]},
        {
            "by": "tool",
            "pieces": [{"kind": "result", "id": "c1", "pieces": [{"kind": "text", "text": "rain"}], "ok": True}],
        },
    ]
    assert body["tools"] == [
        {
            "name": "weather",
            "about": "Return the weather.",
            "takes": {"type": "object", "properties": {}},
        }
    ]


def test_unsupported_media_is_refused() -> None:
    audio = Media(source=Bytes(data=b"wav"), media_type="audio/wav")
    with pytest.raises(UnsupportedError, match="audio/wav"):
        prepared([Message("user", [audio])])
