"""The errors of Ollama, which have a status and a text: https://docs.ollama.com/api/errors."""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import ProviderError, ServerError
from dragoman.http import HttpReply, error_class, error_from, error_text, object_in, refined, word

PARAMETERS: Mapping[str, str] = {
    "does not support thinking": "effort",
    "invalid think value": "effort",
    "does not support tools": "tools",
    "does not support insert": "suffix",
}
"""The settings that phrases of messages are about."""


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply, or a line of a stream as a reply with the status 200, reports."""
    body = object_in(reply)
    message = error_text(reply)
    if address := word(body.get("signin_url")):
        message = f"{message} (sign in at {address})"
    chosen = refined(ServerError if reply.ok else error_class(reply.status), message)
    parameter = next((name for phrase, name in PARAMETERS.items() if phrase in message), None)
    return error_from(reply, chosen, message, code=word(body.get("code")), parameter=parameter)
