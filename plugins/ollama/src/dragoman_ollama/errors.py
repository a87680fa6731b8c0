"""The errors of Ollama, which have a status and a text: https://docs.ollama.com/api/errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import ProtocolError, ProviderError, ServerError
from dragoman.http import HttpReply, error_class, error_text, fields, may_retry, refined, retry_after, word

PARAMETERS: Mapping[str, str] = {
    "does not support thinking": "effort",
    "invalid think value": "effort",
    "does not support tools": "tools",
    "does not support insert": "suffix",
}
"""The settings that phrases of messages are about."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or a line of a stream as a reply with the status 200, reports."""
    body = _body(reply)
    message = error_text(reply)
    if address := word(body.get("signin_url")):
        message = f"{message} (sign in at {address})"
    chosen = refined(ServerError if reply.ok else error_class(reply.status), message)
    return chosen(
        message,
        status=reply.status,
        code=word(body.get("code")),
        parameter=next((name for phrase, name in PARAMETERS.items() if phrase in message), None),
        retry_after=retry_after(reply.headers),
        retryable=may_retry(chosen, reply.status, reply.headers),
        body=reply.excerpt,
    )


def _body(reply: HttpReply) -> Mapping[str, Any]:
    try:
        return fields(reply.json())
    except ProtocolError:
        return {}
