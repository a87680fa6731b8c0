"""Errors of Anthropic, and of servers that speak its dialect: tables over type and status.

https://docs.anthropic.com/en/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from dragoman_anthropic.response import as_mapping, word

TYPES: Mapping[str, type[ProviderError]] = {
    "authentication_error": AuthenticationError,
    "billing_error": QuotaExceededError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "request_too_large": BadRequestError,
    "rate_limit_error": RateLimitError,
    "api_error": ServerError,
    "timeout_error": ServerError,
    "overloaded_error": OverloadedError,
    "invalid_request_error": BadRequestError,
    # Of servers that speak the dialect and report errors in OpenAI's shape.
    "exceed_context_size_error": ContextWindowExceededError,
    "context_length_exceeded": ContextWindowExceededError,
    "server_error": ServerError,
    "unavailable_error": OverloadedError,
}
"""What a type of error stands for."""

PHRASES: tuple[tuple[str, type[ProviderError]], ...] = (
    ("prompt is too long", ContextWindowExceededError),
    ("exceed context limit", ContextWindowExceededError),
    ("credit balance is too low", QuotaExceededError),
    ("reached your specified API usage limits", QuotaExceededError),
)
"""What Anthropic tells apart by its words alone, all of them ``invalid_request_error``.

https://docs.anthropic.com/en/docs/build-with-claude/context-windows and https://docs.anthropic.com/en/api/rate-limits
"""

PARAMETERS: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
    "service_tier": "service_tier",
    "output_config.effort": "effort",
    "tool_choice": "tool_choice",
}
"""Our names of the members that a message may begin with, as ``temperature: ...`` or in backticks."""

_VAGUE = frozenset({"invalid_request_error", "api_error", "server_error"})


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or an event of a stream, reports."""
    body = _body(reply)
    error = body.get("error")
    fields = as_mapping(error) or body
    message = _message(reply, error, fields)
    kind = word(fields.get("type")) or word(fields.get("code"))
    chosen = _class(reply.status, kind, message)
    return chosen(
        message,
        status=reply.status,
        code=kind,
        parameter=_parameter(message) or word(fields.get("param")),
        request_id=word(body.get("request_id")),
        retry_after=retry_after(reply.headers),
        retryable=may_retry(chosen, reply.status, reply.headers),
        body=reply.excerpt,
    )


def _body(reply: HttpReply) -> Mapping[str, Any]:
    try:
        return as_mapping(reply.json())
    except ProtocolError:
        return {}


def _message(reply: HttpReply, error: Any, fields: Mapping[str, Any]) -> str:
    said = (fields.get("message"), error, fields.get("detail"))
    message = next((text for text in said if isinstance(text, str) and text), "")
    return message or reply.excerpt.strip() or f"HTTP status {reply.status} without a word"


def _class(status: int, kind: str | None, message: str) -> type[ProviderError]:
    known = TYPES.get(kind or "")
    if kind == "invalid_request_error" or (kind is None and status == 400):  # noqa: PLR2004  # where the words tell
        known = next((found for phrase, found in PHRASES if phrase in message), known)
    if known is not None and (kind not in _VAGUE or known not in {BadRequestError, ServerError}):
        return known
    if status >= 400:  # noqa: PLR2004  # HTTP's own border
        return error_class(status)
    return known or error_class(status)


def _parameter(message: str) -> str | None:
    """Return our name of the member that Anthropic names before its words."""
    quoted = message.startswith("`")
    member = message[1:].partition("`")[0] if quoted else message.partition(":")[0]
    return PARAMETERS.get(member)
