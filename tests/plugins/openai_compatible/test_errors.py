from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
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
from dragoman_openai_compatible.errors import error_of


def error(status: int, body: Any, **headers: str) -> ProviderError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_of(HttpReply(status=status, body=data, headers={k.replace("_", "-"): v for k, v in headers.items()}))


@pytest.mark.parametrize(
    ("status", "code", "kind", "expected", "again"),
    [
        (400, "context_length_exceeded", "invalid_request_error", ContextWindowExceededError, False),
        (400, 400, "exceed_context_size_error", ContextWindowExceededError, False),
        (400, "content_policy_violation", "invalid_request_error", ContentFilterError, False),
        (400, "content_filter", None, ContentFilterError, False),
        (400, None, "invalid_request_error", BadRequestError, False),
        (400, "unsupported_value", "invalid_request_error", BadRequestError, False),
        (401, "invalid_api_key", "invalid_request_error", AuthenticationError, False),
        (400, None, "authentication_error", AuthenticationError, False),
        (403, None, "permission_error", PermissionDeniedError, False),
        (404, "model_not_found", "invalid_request_error", NotFoundError, False),
        (429, "rate_limit_exceeded", "tokens", RateLimitError, True),
        (429, "insufficient_quota", "insufficient_quota", QuotaExceededError, False),
        (429, None, "insufficient_quota", QuotaExceededError, False),
        (500, None, "server_error", ServerError, True),
        (503, None, "server_error", OverloadedError, True),
        (529, None, "overloaded_error", OverloadedError, True),
        (200, None, "server_error", ServerError, True),
        (200, None, "invalid_request_error", BadRequestError, False),
        (200, 502, None, ServerError, True),
        (200, "429", None, RateLimitError, True),
        (200, "700", None, ProviderError, False),
        (200, "²", None, ProviderError, False),
        (200, None, None, ProviderError, False),
        (500, "429", None, ServerError, True),
    ],
)
def test_the_class_comes_from_code_type_and_status(
    *, status: int, code: Any, kind: str | None, expected: type[ProviderError], again: bool
) -> None:
    found = error(status, {"error": {"message": "no", "type": kind, "code": code, "param": None}})
    assert type(found) is expected
    assert found.retryable is again
    assert (found.message, found.code) == ("no", str(code or kind) if code or kind else None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "said"}}, "said"),
        ({"error": "said"}, "said"),
        ({"message": "said", "code": 1}, "said"),
        ({"detail": "said"}, "said"),
        ({"detail": [{"loc": ["body"], "msg": "missing"}]}, "body: missing"),
        ([{"error": {"message": "said"}}], "said"),
        ({"error": {"error": "said"}}, "said"),
        ({"error": {"message": "", "detail": "said"}}, "said"),
        ({"error": {"message": {"deep": 1}}}, '{"error": {"message": {"deep": 1}}}'),
        (b"plain words ", "plain words"),
        (b"[]", "[]"),
        (b"", "I'm a Teapot without a message"),
        (b"<h1>", "<h1>"),
    ],
)
def test_the_message_is_found_wherever_it_is(body: Any, message: str) -> None:
    assert error(418, body).message == message


def test_the_parameter_has_our_name() -> None:
    assert error(400, {"error": {"param": "max_completion_tokens"}}).parameter == "max_tokens"
    assert error(400, {"error": {"param": "temperature"}}).parameter == "temperature"
    assert error(400, {"error": {}}).parameter is None


def test_a_status_in_the_body_counts_where_http_said_all_was_well() -> None:
    assert error(200, {"error": {"code": 503}}).status == 503
    assert error(400, {"error": {"code": 503}}).status == 400


def test_waits_are_read_from_the_headers() -> None:
    found = error(429, {"error": {"code": "insufficient_quota"}}, retry_after="2", x_should_retry="true")
    assert (found.retry_after, found.retryable) == (2.0, True)


def test_a_message_that_nests_too_deep_to_be_shown_is_left_out() -> None:
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    assert error(400, {"error": {"message": deep, "detail": "short"}}).message == "short"
