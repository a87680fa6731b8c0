from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from dragoman import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import error_class, may_retry, retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected", "again"),
    [
        (300, ProviderError, False),
        (400, BadRequestError, False),
        (401, AuthenticationError, False),
        (402, QuotaExceededError, False),
        (403, PermissionDeniedError, False),
        (404, NotFoundError, False),
        (408, BadRequestError, True),
        (409, BadRequestError, True),
        (413, BadRequestError, False),
        (422, BadRequestError, False),
        (429, RateLimitError, True),
        (498, OverloadedError, True),
        (500, ServerError, True),
        (501, ServerError, True),
        (503, OverloadedError, True),
        (529, OverloadedError, True),
    ],
)
def test_a_status_has_a_class_and_a_patience(*, status: int, expected: type[ProviderError], again: bool) -> None:
    kind = error_class(status)
    assert kind is expected
    assert may_retry(kind, status, {}) is again


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize(("word", "expected"), [("true", True), ("False", False)])
def test_the_server_has_the_last_word(*, status: int, word: str, expected: bool) -> None:
    assert may_retry(error_class(status), status, {"x-should-retry": word}) is expected


def test_another_word_of_the_server_is_none() -> None:
    assert may_retry(ServerError, 500, {"x-should-retry": "perhaps"})


def test_a_spent_budget_is_asked_again_only_where_a_time_is_named() -> None:
    assert may_retry(QuotaExceededError, 402, {"retry-after": "1"})
    assert not may_retry(QuotaExceededError, 429, {"retry-after": "1"})


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "1"}, 1.0),
        ({"retry-after": "0.2"}, 0.2),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": format_datetime(NOW + timedelta(seconds=30), usegmt=True)}, 30.0),
        ({"retry-after": (NOW + timedelta(seconds=5)).strftime("%a, %d %b %Y %H:%M:%S -0000")}, 5.0),
        ({"retry-after": format_datetime(NOW - timedelta(seconds=30), usegmt=True)}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "junk"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_a_wait_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected


def test_a_date_is_compared_with_the_clock_of_this_machine() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < (retry_after({"retry-after": soon}) or 0) < 3700
