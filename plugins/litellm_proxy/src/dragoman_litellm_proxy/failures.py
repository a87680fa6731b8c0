"""Errors of the proxy, whose codes are statuses and whose messages begin with the class of the error it met.

https://docs.litellm.ai/docs/exception_mapping
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import (
    AuthenticationError,
    ContentFilterError,
    ContextWindowExceededError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
)
from dragoman.http import HttpReply, may_retry
from dragoman_openai_compatible.errors import CODES, error_of

_DENIED = ("key", "team", "user", "org", "project")
_CODES: Mapping[str, type[ProviderError]] = {
    **CODES,
    "budget_exceeded": QuotaExceededError,
    "throttling_error": RateLimitError,
    "auth_error": AuthenticationError,
    "expired_key": AuthenticationError,
    "token_not_found_in_db": AuthenticationError,
    "no_db_connection": AuthenticationError,
    **{f"{whose}_model_access_denied": PermissionDeniedError for whose in _DENIED},
}
_CLASSES: Mapping[str, type[ProviderError]] = {
    "ContextWindowExceededError": ContextWindowExceededError,
    "ContentPolicyViolationError": ContentFilterError,
    "BudgetExceededError": QuotaExceededError,
    "ServiceUnavailableError": OverloadedError,
    "RateLimitError": RateLimitError,
}
"""Classes that say more than the status; the message names them before its first words, each followed by a colon."""


def failure(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports."""
    error = error_of(reply, _CODES)
    named = _named(error.message)
    if named is None or type(error) in {named, QuotaExceededError}:
        return error
    return named(
        error.message,
        status=error.status,
        code=error.code,
        parameter=error.parameter,
        retry_after=error.retry_after,
        retryable=may_retry(named, error.status or reply.status, reply.headers),
        body=error.body,
    )


def _named(message: str) -> type[ProviderError] | None:
    """Return the first class named before the message proper, which ``litellm.`` introduces."""
    if not message.startswith("litellm."):
        return None
    for name in message.split(": "):
        plain = name.removeprefix("litellm.")
        if plain in _CLASSES:
            return _CLASSES[plain]
        if not plain.isidentifier():
            return None
    return None
