"""The version of the API belongs to each request, and so does what it accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    DragomanError,
    LLMConfig,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    UnsupportedError,
)
from dragoman.http import HttpReply
from dragoman_anthropic.dialect import AnthropicMessages
from dragoman_anthropic.versions import FIRST, WITHOUT_SAMPLING, fit_to_version

MODEL = "claude-sonnet-4-5"
SAMPLING: dict[str, Any] = {"temperature": 0.5, "top_k": 5}


def llm(**options: Any) -> LLM:
    return LLM(LLMConfig(model=MODEL, provider="anthropic", api_key="k", max_tokens=9, **options))


@pytest.mark.parametrize(
    ("configured", "asked", "version"),
    [
        ({}, {}, FIRST),
        ({"api_version": WITHOUT_SAMPLING}, {}, WITHOUT_SAMPLING),
        ({}, {"api_version": WITHOUT_SAMPLING}, WITHOUT_SAMPLING),
        ({"api_version": WITHOUT_SAMPLING}, {"api_version": FIRST}, FIRST),
        ({"headers": {"Anthropic-Version": WITHOUT_SAMPLING}}, {}, WITHOUT_SAMPLING),
        ({"headers": {"anthropic-version": WITHOUT_SAMPLING}}, {"api_version": FIRST}, FIRST),
        ({"api_version": FIRST}, {"headers": {"anthropic-version": WITHOUT_SAMPLING}}, WITHOUT_SAMPLING),
    ],
)
def test_sampling_settings_are_sent_under_the_version_that_accepts_them(
    configured: dict[str, Any], asked: dict[str, Any], version: str
) -> None:
    sent = llm(**configured).build_request("hi", **SAMPLING, **asked)
    assert sent.headers["anthropic-version"] == version
    assert {name: sent.body[name] for name in SAMPLING if name in sent.body} == (SAMPLING if version == FIRST else {})


def test_an_unknown_model_is_called_with_the_first_version() -> None:
    model = LLM(LLMConfig(model="x", provider="anthropic", api_key="k"))
    assert model.build_request("hi").headers["anthropic-version"] == FIRST


def test_what_a_version_refuses_is_left_out_with_an_adjustment() -> None:
    cited = {"type": "text", "text": "a", "citations": [{"type": "char_location"}]}
    bare = {"type": "text", "text": "a"}
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [cited]},
        {"role": "user", "content": [cited, {"type": "search_result", "content": [cited]}, {**bare, "citations": []}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "x"}]},
    ]
    body: dict[str, Any] = {"temperature": 1, "messages": messages}
    before = json.dumps(messages)
    notes = fit_to_version(body, WITHOUT_SAMPLING, MODEL)
    assert [note.feature for note in notes] == ["temperature", "citations", "citations"]
    assert body["messages"][:2] == messages[:2]
    assert body["messages"][2]["content"] == [bare, {"type": "search_result", "content": [bare]}, bare]
    assert json.dumps(messages) == before  # encoded messages are kept for the next call
    assert "temperature" not in body
    assert fit_to_version({"temperature": 1}, FIRST, MODEL) == []


def test_a_document_of_the_assistant_is_refused() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}
    body = {"messages": [{"role": "assistant", "content": [document]}]}
    with pytest.raises(UnsupportedError, match="no document of the assistant"):
        fit_to_version(body, WITHOUT_SAMPLING, MODEL)


@pytest.mark.parametrize(
    ("status", "code", "kind", "known", "retryable"),
    [
        (429, "enforced_spend_limit_reached", QuotaExceededError, True, False),
        (429, "contract_spend_limit_reached", QuotaExceededError, True, False),
        (400, "linked_organization_spend_limit_reached", QuotaExceededError, True, False),
        (429, "ramp_limit_exceeded", RateLimitError, True, True),
        (403, "organization_on_hold", PermissionDeniedError, True, False),
        (400, "cmek_key_disabled", PermissionDeniedError, True, False),
        (429, "something_new", RateLimitError, True, True),
        (429, None, RateLimitError, False, True),
    ],
)
def test_details_say_what_an_error_is(
    status: int, code: str | None, kind: type[DragomanError], *, known: bool, retryable: bool
) -> None:
    types = {429: "rate_limit_error", 400: "invalid_request_error", 403: "permission_error"}
    details = None if code is None else {"error_code": code}
    body = {"type": "error", "error": {"type": types[status], "message": "no", "details": details}}
    error = AnthropicMessages().error(HttpReply(status=status, body=json.dumps(body).encode()))
    assert (type(error), error.code, error.retryable) == (kind, code if known else types[status], retryable)
