"""Errors of the OpenAI dialects, in every shape in which servers report them.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

import re
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
from dragoman.http import (
    HttpReply,
    error_class,
    error_from,
    error_text,
    fields,
    objects,
    refined,
    text_in,
    word,
)

CHAT_CODES: Mapping[str, type[ProviderError]] = {
    "insufficient_quota": QuotaExceededError,
    "billing_hard_limit_reached": QuotaExceededError,
    "billing_not_active": QuotaExceededError,
    "exceeded_current_quota_error": QuotaExceededError,
    "credit_limit": QuotaExceededError,
    "Arrearage": QuotaExceededError,
    **dict.fromkeys(("1008", "1113"), QuotaExceededError),
    **dict.fromkeys(("1004", "2049"), AuthenticationError),
    "context_length_exceeded": ContextWindowExceededError,
    "exceed_context_size_error": ContextWindowExceededError,
    "model_max_prompt_tokens_exceeded": ContextWindowExceededError,
    "tokens_limit_reached": ContextWindowExceededError,
    "content_filter": ContentFilterError,
    "content_policy_violation": ContentFilterError,
    "data_inspection_failed": ContentFilterError,
    "invalid_api_key": AuthenticationError,
    "authentication_error": AuthenticationError,
    "permission_error": PermissionDeniedError,
    "model_not_found": NotFoundError,
    "model_not_available": NotFoundError,
    "invalid_model": NotFoundError,
    "unknown_model": NotFoundError,
    "not_found_error": NotFoundError,
    "rate_limit_exceeded": RateLimitError,
    "rate_limit_error": RateLimitError,
    "overloaded_error": OverloadedError,
    "engine_overloaded_error": OverloadedError,
    "queue_exceeded": OverloadedError,
    "server_error": ServerError,
    "api_error": ServerError,
    "invalid_request_error": BadRequestError,
}
"""Error classes by the code or the type of an error."""

_NAMED = re.compile(
    r"request argument supplied: (\w+)|"
    r"\b(max_?(?:completion|output|new)_?tokens|max_?tokens_?to_?sample|maxTokens)\b",
    re.IGNORECASE,
)
"""Messages that name a parameter where the member for it is empty, in the words of any vendor behind a gateway."""
PARAMETERS: Mapping[str, str] = {
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "reasoning_effort": "effort",
    "reasoning.effort": "effort",
}
"""Names of our settings by the names of the parameters that carry them."""

_VAGUE = frozenset({"invalid_request_error", "server_error", "api_error"})


def error_of(reply: HttpReply, codes: Mapping[str, type[ProviderError]] = CHAT_CODES) -> ProviderError:
    """Return the error that a reply reports.

    Args:
        reply: the reply, or one event of a stream as a reply with the status 200.
        codes: error classes by code and by type.

    """
    message, code, kind, parameter = _fields(reply)
    if parameter is None and (named := _NAMED.search(message)):
        parameter = named[1] or "max_tokens"
    status = _status(reply, code)
    chosen = refined(_class(status, code, kind, codes), message)
    setting = PARAMETERS.get(parameter, parameter) if parameter else None
    return error_from(reply, chosen, message, code=code or kind, parameter=setting, status=status)


def _fields(reply: HttpReply) -> tuple[str, str | None, str | None, str | None]:
    """Return message, code, type and parameter from any of the members in which servers send them."""
    try:
        body = reply.json()
    except ProtocolError:
        body = None
    known = fields((objects(body) or [body])[0])
    error = known.get("error")
    inner = fields(error) or fields((objects(known.get("errors")) or [known])[0])
    message = next((text for text in map(text_in, _messages(error, inner)) if text), None)
    return message or error_text(reply), word(inner.get("code")), word(inner.get("type")), word(inner.get("param"))


def _messages(error: Any, inner: Mapping[str, Any]) -> tuple[Any, ...]:
    return (error if isinstance(error, str) else None, inner.get("message"), inner.get("detail"), inner.get("error"))


def _status(reply: HttpReply, code: str | None) -> int:
    """Return the HTTP status or, where that reports success, the status that the body names as its code."""
    if not reply.ok or code is None or len(code) != 3 or not code.isdecimal():  # noqa: PLR2004  # digits of a status
        return reply.status
    return int(code) if 400 <= int(code) < 600 else reply.status  # noqa: PLR2004  # the statuses of errors


def _class(
    status: int, code: str | None, kind: str | None, codes: Mapping[str, type[ProviderError]]
) -> type[ProviderError]:
    by_code = codes.get(code or "")
    by_kind = codes.get(kind or "")
    for found, name in ((by_code, code), (by_kind, kind)):
        if found is not None and name not in _VAGUE:
            return found
    if status >= 400:  # noqa: PLR2004  # the statuses of errors
        return error_class(status)
    return by_code or by_kind or error_class(status)
