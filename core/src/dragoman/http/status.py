"""The meaning of an HTTP status and of response headers, for all providers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dragoman.spec.errors import (
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

BY_STATUS: dict[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: QuotaExceededError,
    403: PermissionDeniedError,
    404: NotFoundError,
    424: ServerError,
    429: RateLimitError,
    498: OverloadedError,
    503: OverloadedError,
    529: OverloadedError,
}
_RETRYABLE = frozenset({408, 409, 429, 498, 500, 502, 503, 504, 529})


_GOOD = range(200, 300)
_KNOWN = range(200, 600)
_NUMBER = r"(?a)[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_MAX_WAIT = 31 * 86_400.0
"""The longest wait in seconds, to which longer ones are limited."""


def is_good(status: int) -> bool:
    """Return whether *status* reports success."""
    return status in _GOOD


def error_class(status: int) -> type[ProviderError]:
    """Return the error class for *status*; an undefined status is an error of the server (RFC 9110, section 15)."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500 or status not in _KNOWN:  # noqa: PLR2004  # the first server error of HTTP
        return ServerError
    return BadRequestError if status >= 400 else ProviderError  # noqa: PLR2004  # the first client error of HTTP


def may_retry(kind: type[ProviderError], status: int, headers: Mapping[str, str]) -> bool:
    """Return whether to retry: what the server states in ``x-should-retry``, or else by error class and status."""
    stated = headers.get("x-should-retry", "").strip().lower()
    if stated in {"true", "false"}:
        return stated == "true"
    if status == 501:  # noqa: PLR2004  # "not implemented", which no other try changes
        return False
    if kind is QuotaExceededError:
        return status == 402 and "retry-after" in headers  # noqa: PLR2004  # "payment required", but with a time
    return kind.default_retryable or (status in _RETRYABLE and kind in {BadRequestError, ProviderError, ServerError})


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that a server asks to wait, ``None`` if it states no valid wait.

    ``retry-after-ms`` takes precedence over ``retry-after``, which is a number of seconds or an HTTP date (RFC 9110,
    section 10.2.3).
    """
    milliseconds = number_of(headers.get("retry-after-ms"))
    if milliseconds is not None and milliseconds >= 0:
        return _wait(milliseconds / 1000)
    text = headers.get("retry-after")
    seconds = number_of(text)
    return _until(date_of(text), now) if seconds is None else _wait(seconds)


def number_of(text: str | None) -> float | None:
    """Return the number in *text*, infinity if it exceeds a float; ``None`` if *text* is not a decimal number."""
    return None if text is None or not re.fullmatch(_NUMBER, text.strip(" \t")) else float(text)


def date_of(text: str | None) -> datetime | None:
    """Return the date of HTTP or email in *text*, with UTC as the default zone; ``None`` if it is not valid."""
    try:
        when = parsedate_to_datetime(text or "")
        # The conversion may overflow the range of years.
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # the parser does not validate
        return None


def _wait(seconds: float) -> float | None:
    """Return *seconds*, at most a month; ``None`` if negative."""
    return min(abs(seconds), _MAX_WAIT) if seconds >= 0 else None


def _until(when: datetime | None, now: datetime | None) -> float | None:
    """Return the seconds until a date; ``None`` if it has passed, which may also mean that the clocks differ."""
    seconds = 0.0 if when is None else (when - (now or datetime.now(UTC))).total_seconds()
    return _wait(seconds) if seconds > 0 else None
