"""Errors: a table over codes, and over the HTTP status where the code is not known; never over the words.

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
from dragoman.http import HttpReply, error_class, may_retry, retry_after

from dragoman_acme import reading as read

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
"""What a code stands for."""

PARAMETERS: Mapping[str, str] = {
    "limits.tokens": "max_tokens",
    "limits.until": "stop",
    "tuning.heat": "temperature",
    "tuning.nucleus": "top_p",
    "tuning.seed": "seed",
}
"""Our names of the members that an error may complain about."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports."""
    report = _report(reply)
    code = read.word(report.get("code"))
    chosen = CODES.get(code or "") or error_class(reply.status)
    message = read.word(report.get("message")) or reply.excerpt.strip()
    field = read.word(report.get("field"))
    return chosen(
        message or f"HTTP status {reply.status} without a word",
        status=reply.status,
        code=code,
        parameter=PARAMETERS.get(field, field) if field else None,
        retry_after=retry_after(reply.headers),
        retryable=may_retry(chosen, reply.status, reply.headers),
        body=reply.excerpt,
    )


def _report(reply: HttpReply) -> Mapping[str, Any]:
    """Return what the body says of the failure; a proxy on the way may have sent anything."""
    try:
        body = read.fields(reply.json())
    except ProtocolError:
        return {}
    return read.fields(body.get("failed")) or body
