"""Errors of the proxy: codes are statuses, and messages begin with the name of the exception class.

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
from dragoman.http import HttpReply, may_retry, retold
from dragoman_openai_compatible import CHAT_CODES, error_of

_LIMITED = ("key", "team", "user", "org", "project")
_CODES: Mapping[str, type[ProviderError]] = {
    **CHAT_CODES,
    "budget_exceeded": QuotaExceededError,
    "throttling_error": RateLimitError,
    "auth_error": AuthenticationError,
    "expired_key": AuthenticationError,
    "token_not_found_in_db": AuthenticationError,
    "no_db_connection": AuthenticationError,
    **{f"{owner}_model_access_denied": PermissionDeniedError for owner in _LIMITED},
}
_CLASSES: Mapping[str, type[ProviderError]] = {
    "ContextWindowExceededError": ContextWindowExceededError,
    "ContentPolicyViolationError": ContentFilterError,
    "BudgetExceededError": QuotaExceededError,
    "ServiceUnavailableError": OverloadedError,
    "RateLimitError": RateLimitError,
}
"""Error classes by exception classes that are more specific than the status.

A message begins with such names, each followed by a colon.
"""


def proxy_error(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports."""
    error = error_of(reply, _CODES)
    named = _named_class(error.message)
    if named is None or type(error) in {named, QuotaExceededError}:
        return error
    return retold(error, named, retryable=may_retry(named, error.status or reply.status, reply.headers))


def _named_class(message: str) -> type[ProviderError] | None:
    """Return the error class of the first known name at the beginning of a message of LiteLLM, ``None`` without one."""
    if not message.startswith("litellm."):
        return None
    for name in message.split(": "):
        plain = name.removeprefix("litellm.")
        if plain in _CLASSES:
            return _CLASSES[plain]
        if not plain.isidentifier():
            return None
    return None
