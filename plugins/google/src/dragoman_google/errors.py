"""The errors of Google, by reason, status code, message and HTTP status.

https://ai.google.dev/gemini-api/docs/troubleshooting and https://google.aip.dev/193
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from dragoman import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import (
    MAX_OBJECTS,
    HttpReply,
    error_class,
    error_text,
    fields,
    may_retry,
    objects,
    refined,
    retry_after,
    text_in,
    word,
    words,
)
from dragoman_google.response import integer

REASONS: Mapping[str, type[ProviderError]] = {
    "API_KEY_INVALID": AuthenticationError,
    "API_KEY_EXPIRED": AuthenticationError,
    "ACCESS_TOKEN_EXPIRED": AuthenticationError,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": AuthenticationError,
    "CREDENTIALS_MISSING": AuthenticationError,
    "API_KEY_SERVICE_BLOCKED": PermissionDeniedError,
    "SERVICE_DISABLED": PermissionDeniedError,
    "BILLING_DISABLED": PermissionDeniedError,
}
"""Error classes by the ``reason`` of an ``ErrorInfo``."""

STATUSES: Mapping[str, type[ProviderError]] = {
    "INVALID_ARGUMENT": BadRequestError,
    "FAILED_PRECONDITION": BadRequestError,
    "OUT_OF_RANGE": BadRequestError,
    "UNAUTHENTICATED": AuthenticationError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "NOT_FOUND": NotFoundError,
    "RESOURCE_EXHAUSTED": RateLimitError,
    "INTERNAL": ServerError,
    "UNKNOWN": ServerError,
    "DEADLINE_EXCEEDED": ServerError,
    "UNAVAILABLE": OverloadedError,
}
"""Error classes by the ``status`` of an error, a name of ``google.rpc.Code``."""

PHRASES: Mapping[str, type[ProviderError]] = {
    "limit: 0,": QuotaExceededError,
    "limit: 0\n": QuotaExceededError,
}
"""Error classes by a phrase of the message, for errors that have no code of their own.

https://ai.google.dev/gemini-api/docs/rate-limits
"""

PARAMETERS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "top_k": "top_k",
    "topK": "top_k",
    "max_output_tokens": "max_tokens",
    "maxOutputTokens": "max_tokens",
    "stop_sequences": "stop",
    "stopSequences": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "presencePenalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "frequencyPenalty": "frequency_penalty",
    "thinking_config": "effort",
    "thinkingConfig": "effort",
    "thinking_budget": "effort",
    "thinking_level": "effort",
    "logprobs": "top_logprobs",
    "response_logprobs": "logprobs",
    "response_schema": "output",
    "response_json_schema": "output",
    "service_tier": "service_tier",
}
"""Setting names by the last name in the path of the field that Google rejects."""
_NAMED = re.compile(r"""\b([a-z]+(?:_[a-z]+)+|[a-z]+(?:[A-Z][a-z]+)+)\b|["'`](\w+)["'`]""")
"""Words of a message that may be names of fields: those that are no words of English, and those in quotes."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or a chunk of a stream with the status 200, reports."""
    error = _error(reply)
    details = objects(error.get("details"), MAX_OBJECTS)
    message = _message(error, reply)
    status = _status(reply.status, error.get("code"))
    name = word(error.get("status"))
    reason = next((found for info in _of_type(details, "ErrorInfo") if (found := word(info.get("reason")))), None)
    chosen = _class(status, name, reason, details, message)
    return chosen(
        message,
        status=status,
        code=reason or name,
        parameter=_parameter(details) or _named_in(message),
        retry_after=_retry_after(reply, details),
        retryable=may_retry(chosen, status, reply.headers),
        body=reply.excerpt,
    )


def _error(reply: HttpReply) -> dict[str, Any]:
    """Return the error object of a body, or of the first item if the body is an array; empty if there is none."""
    try:
        body = reply.json()
    except ProtocolError:
        return {}
    if isinstance(body, list) and body:
        body = cast("Sequence[Any]", body)[0]
    known = fields(body)
    error = known.get("error")
    return {"message": error} if isinstance(error, str) else fields(error) or known


def _message(error: Mapping[str, Any], reply: HttpReply) -> str:
    return text_in(error.get("message")) or error_text(reply)


def _status(status: int, code: Any) -> int:
    """Return the HTTP status, or the code in the body if the HTTP status is not an error."""
    stated = integer(code)
    return stated if status < 400 <= stated < 600 else status  # noqa: PLR2004  # the error statuses of HTTP


def _of_type(details: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [detail for detail in details if words(detail.get("@type")).endswith(f".{name}")]


def _class(
    status: int, name: str | None, reason: str | None, details: list[dict[str, Any]], message: str
) -> type[ProviderError]:
    if found := REASONS.get(reason or ""):
        return found
    chosen = STATUSES.get(name or "") or error_class(status)
    if chosen is RateLimitError and _is_quota_exhausted(details):
        return QuotaExceededError
    if chosen is RateLimitError:
        return next((kind for phrase, kind in PHRASES.items() if phrase in f"{message}\n"), chosen)
    chosen = chosen if status < 400 or name in STATUSES else error_class(status)  # noqa: PLR2004  # not an error of HTTP
    return refined(chosen, message)


def _is_quota_exhausted(details: list[dict[str, Any]]) -> bool:
    """Return whether a retry cannot help soon: a daily quota is exhausted, or the quota is 0."""
    violations = [
        each
        for failure in _of_type(details, "QuotaFailure")
        for each in objects(failure.get("violations"), MAX_OBJECTS)
    ]
    return any("PerDay" in words(each.get("quotaId")) or word(each.get("quotaValue")) == "0" for each in violations)


def _retry_after(reply: HttpReply, details: list[dict[str, Any]]) -> float | None:
    """Return the seconds to wait, from a header or from ``RetryInfo``, whose durations have the form ``34.4s``."""
    delays = [words(info.get("retryDelay")) for info in _of_type(details, "RetryInfo")]
    stated = next((delay.removesuffix("s") for delay in delays if delay), "")
    return retry_after(reply.headers) or retry_after({"retry-after": stated})


def _named_in(message: str) -> str | None:
    """Return the first setting that a message names."""
    names = (found[1] or found[2] for found in _NAMED.finditer(message))
    return next((PARAMETERS[name] for name in names if name in PARAMETERS), None)


def _parameter(details: list[dict[str, Any]]) -> str | None:
    for request in _of_type(details, "BadRequest"):
        for violation in objects(request.get("fieldViolations"), MAX_OBJECTS):
            steps = words(violation.get("field")).split(".")
            if found := next((PARAMETERS[step] for step in reversed(steps) if step in PARAMETERS), None):
                return found
    return None
