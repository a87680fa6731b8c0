from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

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

MONTH = 31 * 86_400.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected", "again"),
    [
        (0, ServerError, True),
        (99, ServerError, True),
        (101, ServerError, True),
        (300, ProviderError, False),
        (304, ProviderError, False),
        (600, ServerError, True),
        (999, ServerError, True),
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
        (501, ServerError, False),
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
        ({"retry-after": "-0"}, 0.0),
        ({"retry-after-ms": "-1", "retry-after": "2"}, 2.0),
        ({"retry-after": " +5\t"}, 5.0),
        ({"retry-after": "1e308"}, MONTH),
        ({"retry-after": "1e400"}, MONTH),
        ({"retry-after": "9" * 5000}, MONTH),
        ({"retry-after-ms": "1e400"}, MONTH),
        ({"retry-after": "1e-400"}, 0.0),
        ({"retry-after": "1_0"}, None),
        ({"retry-after": "0x10"}, None),
        ({"retry-after": "\u0967\u0966"}, None),
        ({"retry-after": "5, 6"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, MONTH),
        ({"retry-after": "junk"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_a_wait_is_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after(headers, NOW) == expected


DATES = (
    *("Mon, 01 Jan 2020 00:00:00 +99999999999999999999", "Mon, 01 Jan 2020 00:00:00 +9999"),
    *("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 99 Jan 2020 00:00:00 GMT"),
    *("Mon, 01 Jan 0000 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"),
    *("Mon, 01 Jan 2020 25:61:61 GMT", "Mon, 31 Feb 2020 00:00:00 GMT", "Mon,,,,,,", ": : : : :", "1-1-1 1:1"),
    *("(" * 5000, "((()))" * 100, "0 0 0 0 0 0", "1 Jan 20 0:0:", "Mon, 1 1 1 1 1", "a:b:c:d:e"),
)


@pytest.mark.parametrize("text", DATES)
def test_a_date_that_cannot_be_is_no_hint(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW) is None


@given(
    st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\A[0-9A-Za-z,:+\- ]{0,40}\Z"),
    st.sampled_from(["retry-after", "retry-after-ms"]),
)
def test_whatever_stands_there_is_a_wait_or_none(text: str, name: str) -> None:
    wait = retry_after({name: text}, NOW)
    assert wait is None or 0 <= wait <= MONTH


def test_a_date_is_compared_with_the_clock_of_this_machine() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < (retry_after({"retry-after": soon}) or 0) < 3700
