from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import HttpReply
from dragoman_anthropic.dialect import AnthropicMessages
from plugins.anthropic_calls import decoded


def error(status: int, kind: str, message: str = "no", **headers: str) -> ProviderError:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return AnthropicMessages().error(HttpReply(status=status, headers=headers, body=json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected", "retryable"),
    [
        (400, "invalid_request_error", "messages: bad", BadRequestError, False),
        (400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum", ContextWindowExceededError, False),
        (400, "invalid_request_error", "Your credit balance is too low", QuotaExceededError, False),
        (400, "invalid_request_error", "You have reached your specified API usage limits.", QuotaExceededError, False),
        (401, "authentication_error", "invalid x-api-key", AuthenticationError, False),
        (402, "billing_error", "pay", QuotaExceededError, True),  # because the reply states a time to wait
        (403, "permission_error", "no", PermissionDeniedError, False),
        (404, "not_found_error", "model: x", NotFoundError, False),
        (413, "request_too_large", "big", BadRequestError, False),
        (429, "rate_limit_error", "slow", RateLimitError, True),
        (500, "api_error", "oops", ServerError, True),
        (504, "timeout_error", "late", ServerError, True),
        (529, "overloaded_error", "Overloaded", OverloadedError, True),
        (418, "brand_new_error", "tea", BadRequestError, False),
    ],
)
def test_error_classes(status: int, kind: str, message: str, expected: type, *, retryable: bool) -> None:
    found = error(status, kind, message, **{"retry-after": "7"})

    assert type(found) is expected
    assert (found.status, found.code, found.request_id, found.retry_after) == (status, kind, "req_1", 7)
    assert (found.message, found.retryable) == (message, retryable)


@pytest.mark.parametrize(
    ("message", "parameter"),
    [
        ("temperature: range: 0..1", "temperature"),
        ("`temperature` is deprecated for this model.", "temperature"),
        ("max_tokens: 9 > 8, which is the maximum", "max_tokens"),
        ("stop_sequences: each must hold non-whitespace", "stop"),
        ("messages.0: no", None),
    ],
)
def test_error_names_the_rejected_setting(message: str, parameter: str | None) -> None:
    assert error(400, "invalid_request_error", message).parameter == parameter


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "long", "type": "exceed_context_size_error"}}, ContextWindowExceededError),
        (401, {"error": {"code": 401, "message": "no", "type": "authentication_error"}}, AuthenticationError),
        (500, {"error": {"code": 500, "message": "no", "type": "server_error"}}, ServerError),
        (503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}, OverloadedError),
        (404, {"detail": "Not Found"}, NotFoundError),
        (403, {"error": "forbidden"}, PermissionDeniedError),
        (502, None, ServerError),
    ],
)
def test_errors_in_the_formats_of_other_servers(status: int, body: Any, kind: type) -> None:
    found = AnthropicMessages().error(HttpReply(status=status, body=json.dumps(body).encode()))

    assert type(found) is kind
    assert found.message


def test_error_with_status_200() -> None:
    with pytest.raises(OverloadedError):
        decoded({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
