"""Errors: classified by code, or by HTTP status if the code is unknown, but never by message.

https://docs.acme.example/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextWindowExceededError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import HttpReply, error_class, error_text, fields, may_retry, retry_after, word

CODES: Mapping[str, type[ProviderError]] = {
    "bad_request": BadRequestError,
    "too_long": ContextWindowExceededError,
    "filtered": ContentFilterError,
    "bad_key": AuthenticationError,
    "not_allowed": PermissionDeniedError,
    "not_found": NotFoundError,
    "no_credit": QuotaExceededError,
    "too_fast": RateLimitError,
    "busy": OverloadedError,
    "broken": ServerError,
}
"""The error class of each code."""

PARAMETERS: Mapping[str, str] = {
    "limits.tokens": "max_tokens",
    "limits.until": "stop",
    "tuning.heat": "temperature",
    "tuning.nucleus": "top_p",
    "tuning.seed": "seed",
}
"""The settings of Dragoman by the names of members in error reports."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports."""
    report = _report(reply)
    code = word(report.get("code"))
    chosen = CODES.get(code or "") or error_class(reply.status)
    field = word(report.get("field"))
    return chosen(
        word(report.get("message")) or error_text(reply),
        status=reply.status,
        code=code,
        parameter=PARAMETERS.get(field, field) if field else None,
        retry_after=retry_after(reply.headers),
        retryable=may_retry(chosen, reply.status, reply.headers),
        body=reply.excerpt,
    )


def _report(reply: HttpReply) -> Mapping[str, Any]:
    """Return the error report in the body; a proxy may send bodies of any format."""
    try:
        body = fields(reply.json())
    except ProtocolError:
        return {}
    return fields(body.get("failed")) or body
