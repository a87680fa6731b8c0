"""What an HTTP status and the headers beside it mean, whoever the provider is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from dragoman.errors import (
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
    429: RateLimitError,
    498: OverloadedError,
    503: OverloadedError,
    529: OverloadedError,
}
_RETRYABLE = frozenset({408, 409, 429, 498, 500, 502, 503, 504, 529})


def error_class(status: int) -> type[ProviderError]:
    """Return the class of error that *status* stands for."""
    if status in BY_STATUS:
        return BY_STATUS[status]
    if status >= 500:  # noqa: PLR2004  # HTTP's own border
        return ServerError
    return BadRequestError if status >= 400 else ProviderError  # noqa: PLR2004  # as above


def may_retry(kind: type[ProviderError], status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether to try again: the server's own word, else by the class of error and the status."""
    stated = headers.get("x-should-retry", "").strip().lower()
    if stated in {"true", "false"}:
        return stated == "true"
    if kind is QuotaExceededError:
        return status == 402 and "retry-after" in headers  # noqa: PLR2004  # "payment required", but with a time
    return kind.default_retryable or (status in _RETRYABLE and kind in {BadRequestError, ProviderError, ServerError})


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that a server asks to wait, ``None`` if it names none that make sense.

    ``retry-after-ms`` goes before ``retry-after``, which is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    milliseconds = _seconds(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    return _seconds(text) if text is None or _seconds(text) is not None else _until(text, now)


def _seconds(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _until(text: str, now: datetime | None) -> float | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    wait = (when - (now or datetime.now(UTC))).total_seconds()
    return wait if wait > 0 else None
