"""The errors of Anthropic and of compatible servers, by error type, message and HTTP status.

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
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import HttpReply, error_class, error_from, error_text, fields, object_in, refined, text_in, word

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
    # Compatible servers that report errors in the format of OpenAI.
    "exceed_context_size_error": ContextWindowExceededError,
    "context_length_exceeded": ContextWindowExceededError,
    "server_error": ServerError,
    "unavailable_error": OverloadedError,
}
"""Error classes by error type."""

CODES: Mapping[str, type[ProviderError]] = {
    "enforced_spend_limit_reached": QuotaExceededError,
    "contract_spend_limit_reached": QuotaExceededError,
    "linked_organization_spend_limit_reached": QuotaExceededError,
    "ramp_limit_exceeded": RateLimitError,
    "organization_on_hold": PermissionDeniedError,
}
"""Error classes by ``error.details.error_code``, read on 2026-11-28; an unknown code says what its type says.

https://docs.anthropic.com/en/api/errors
"""
_KEY_CODES = "cmek_key_"
"""The beginning of the codes for trouble with the customer's own encryption key."""

PHRASES: tuple[tuple[str, type[ProviderError]], ...] = (
    ("credit balance is too low", QuotaExceededError),
    ("reached your specified API usage limits", QuotaExceededError),
)
"""Error classes by a phrase of the message, for errors that all have the type ``invalid_request_error``.

https://docs.anthropic.com/en/api/rate-limits
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
"""Setting names by the member of the body that starts a message, as in ``temperature: ...`` or in backticks."""

_GENERIC = frozenset({"invalid_request_error", "api_error", "server_error"})


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply or a stream event reports."""
    body = object_in(reply)
    error = body.get("error")
    details = fields(error) or body
    message = _message(reply, error, details)
    kind = word(details.get("type")) or word(details.get("code"))
    chosen = refined(_class(reply.status, kind, message), message)
    specific = word(fields(details.get("details")).get("error_code"))
    if specific is not None:
        chosen = CODES.get(specific, PermissionDeniedError if specific.startswith(_KEY_CODES) else chosen)
    parameter = _parameter(message) or word(details.get("param"))
    found = error_from(reply, chosen, message, code=specific or kind, parameter=parameter)
    found.request_id = word(body.get("request_id"))
    return found


def _message(reply: HttpReply, error: Any, details: Mapping[str, Any]) -> str:
    candidates = (details.get("message"), error, details.get("detail"))
    message = next((text for text in candidates if isinstance(text, str) and text), "")
    return text_in(message) or error_text(reply)


def _class(status: int, kind: str | None, message: str) -> type[ProviderError]:
    known = TYPES.get(kind or "")
    if kind == "invalid_request_error" or (kind is None and status == 400):  # noqa: PLR2004  # Bad Request
        known = next((found for phrase, found in PHRASES if phrase in message), known)
    if known is not None and (kind not in _GENERIC or known not in {BadRequestError, ServerError}):
        return known
    if status >= 400:  # noqa: PLR2004  # the first error status of HTTP
        return error_class(status)
    return known or error_class(status)


def _parameter(message: str) -> str | None:
    """Return the setting that the start of a message names, ``None`` if it does not name one."""
    quoted = message.startswith("`")
    member = message[1:].partition("`")[0] if quoted else message.partition(":")[0]
    return PARAMETERS.get(member)
