"""The errors of Cohere, which have a status and a text: https://docs.cohere.com/reference/errors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dragoman import AuthenticationError, ProviderError, QuotaExceededError, RateLimitError, ServerError
from dragoman.http import HttpReply, error_class, error_text, may_retry, refined, retry_after

STATUSES: Mapping[int, type[ProviderError]] = {
    498: AuthenticationError,
    499: ServerError,
}
"""Error classes by statuses of Cohere's own: an invalid token, and a request that was cancelled."""

PARAMETERS: Mapping[str, str] = {
    "frequency_penalty": "frequency_penalty",
    "max_tokens": "max_tokens",
    "presence_penalty": "presence_penalty",
    "response_format": "output",
    "seed": "seed",
    "stop_sequences": "stop",
    "temperature": "temperature",
    "thinking": "effort",
    "tool_choice": "tool_choice",
}
"""Our settings by the members of a request that a message may name."""

_NAMED = re.compile(rf"^(?:invalid request: )?[\W]*({'|'.join(PARAMETERS)})\b")
_MONTHLY = re.compile(r"(?:/|per) ?month", re.IGNORECASE)
"""How a message says that the calls of a trial key are used up, which no wait of minutes changes."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or an event of a stream as a reply with the status 200, reports."""
    message = error_text(reply)
    chosen = refined(_class(reply, message), message)
    named = _NAMED.search(message)
    return chosen(
        message,
        status=reply.status,
        parameter=PARAMETERS[named[1]] if named else None,
        retry_after=retry_after(reply.headers),
        retryable=may_retry(chosen, reply.status, reply.headers),
        body=reply.excerpt,
    )


def _class(reply: HttpReply, message: str) -> type[ProviderError]:
    if reply.ok:
        return ServerError if reply.body.lstrip()[:1] == b"{" else ProviderError  # other text is not Cohere's
    known = STATUSES.get(reply.status) or error_class(reply.status)
    return QuotaExceededError if known is RateLimitError and _MONTHLY.search(message) else known
