"""Errors of Google as ours: a table over the reason, the status word and the HTTP status.

https://ai.google.dev/gemini-api/docs/troubleshooting and https://google.aip.dev/193
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from dragoman import (
    AuthenticationError,
    BadRequestError,
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
from dragoman_google.response import member, number, objects, word

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
"""What the ``reason`` of an ``ErrorInfo`` stands for."""

WORDS: Mapping[str, type[ProviderError]] = {
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
"""What the status words stand for."""

SAID: Mapping[str, type[ProviderError]] = {
    "exceeds the maximum number of tokens allowed": ContextWindowExceededError,
    "limit: 0,": QuotaExceededError,
    "limit: 0\n": QuotaExceededError,
}
"""Google's fixed words for what has no code of its own: https://ai.google.dev/gemini-api/docs/rate-limits."""

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
"""Settings by the last word of the field that Google complains about."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or a chunk of a stream with the status 200, reports."""
    error = _error(reply)
    details = objects(error.get("details"))
    message = _message(error, reply)
    status = _status(reply.status, error.get("code"))
    status_word = word(error.get("status"))
    reason = next((found for info in _of_type(details, "ErrorInfo") if (found := word(info.get("reason")))), None)
    chosen = _class(status, status_word, reason, details, message)
    return chosen(
        message,
        status=status,
        code=reason or status_word,
        parameter=_parameter(details),
        retry_after=_wait(reply, details),
        retryable=may_retry(chosen, status, reply.headers),
        body=reply.excerpt,
    )


def _error(reply: HttpReply) -> dict[str, Any]:
    """Return the error of a body, alone or as the first of a list; a body that is none is its message."""
    try:
        body = reply.json()
    except ProtocolError:
        return {}
    if isinstance(body, list) and body:
        body = cast("Sequence[Any]", body)[0]
    if not isinstance(body, dict):
        return {}
    known = cast("dict[str, Any]", body)
    error = known.get("error")
    return {"message": error} if isinstance(error, str) else member(known, "error") or known


def _message(error: Mapping[str, Any], reply: HttpReply) -> str:
    message = error.get("message")
    if isinstance(message, str) and message:
        return message
    return reply.excerpt.strip() or f"HTTP status {reply.status} without a word"


def _status(status: int, code: Any) -> int:
    """Return the HTTP status, or the one in the body where HTTP said that all was well."""
    stated = number(code)
    return stated if status < 400 <= stated < 600 else status  # noqa: PLR2004  # HTTP's own borders


def _of_type(details: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [detail for detail in details if (word(detail.get("@type")) or "").endswith(f".{name}")]


def _class(
    status: int, status_word: str | None, reason: str | None, details: list[dict[str, Any]], message: str
) -> type[ProviderError]:
    if found := REASONS.get(reason or ""):
        return found
    chosen = WORDS.get(status_word or "") or error_class(status)
    if chosen is RateLimitError and _is_spent(details):
        return QuotaExceededError
    if chosen in {RateLimitError, BadRequestError}:
        said = f"{message}\n"
        return next((kind for text, kind in SAID.items() if text in said and issubclass(kind, _FINER[chosen])), chosen)
    return chosen if status < 400 or status_word in WORDS else error_class(status)  # noqa: PLR2004  # as above


_FINER: Mapping[type[ProviderError], type[ProviderError]] = {
    RateLimitError: QuotaExceededError,
    BadRequestError: ContextWindowExceededError,
}
"""What a class may turn out to be by Google's words."""


def _is_spent(details: list[dict[str, Any]]) -> bool:
    """Tell whether waiting is in vain: the quota is one of a day, or there is none at all."""
    violations = [each for failure in _of_type(details, "QuotaFailure") for each in objects(failure.get("violations"))]
    return any(
        "PerDay" in (word(each.get("quotaId")) or "") or word(each.get("quotaValue")) == "0" for each in violations
    )


def _wait(reply: HttpReply, details: list[dict[str, Any]]) -> float | None:
    """Return the seconds to wait, from a header or from ``RetryInfo``, whose durations are written ``34.4s``."""
    waits = [word(info.get("retryDelay")) or "" for info in _of_type(details, "RetryInfo")]
    stated = next((wait.removesuffix("s") for wait in waits if wait), "")
    return retry_after(reply.headers) or retry_after({"retry-after": stated})


def _parameter(details: list[dict[str, Any]]) -> str | None:
    for request in _of_type(details, "BadRequest"):
        for violation in objects(request.get("fieldViolations")):
            steps = (word(violation.get("field")) or "").split(".")
            if found := next((PARAMETERS[step] for step in reversed(steps) if step in PARAMETERS), None):
                return found
    return None
