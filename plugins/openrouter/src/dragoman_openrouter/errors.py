"""Errors as OpenRouter reports them: with any status, and from the vendor behind it.

https://openrouter.ai/docs/api-reference/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import ContentFilterError, ProtocolError, ProviderError
from dragoman.http import HttpReply, as_object, date_of, fields, number_of, refined, retold, word, words
from dragoman_openai_compatible import error_of

_VENDOR_MESSAGE_CHARACTERS = 300


def openrouter_error(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports, with the message of the vendor behind OpenRouter."""
    error = error_of(reply)
    metadata = _metadata(reply)
    if error.status == 403 and ("reasons" in metadata or "flagged_input" in metadata):  # noqa: PLR2004  # moderation
        error = retold(error, ContentFilterError)
    vendor, raw = metadata.get("provider_name"), metadata.get("raw")
    if isinstance(raw, str) and raw:
        error = retold(error, refined(type(error), raw))
        error.parameter = error.parameter or error_of(HttpReply(status=reply.status, body=raw.encode())).parameter
        error.message = f"{error.message} ({word(vendor) or 'vendor'}: {raw[:_VENDOR_MESSAGE_CHARACTERS]})"
    if error.retry_after is None and error.retryable:
        error.retry_after = _until_reset(reply.headers, metadata.get("headers"))
    return error


def _metadata(reply: HttpReply) -> Mapping[str, Any]:
    try:
        error = fields(as_object(reply.json(), "the reply").get("error"))
    except ProtocolError:
        return {}
    return fields(error.get("metadata"))


def _until_reset(headers: Mapping[str, str], reported: Any) -> float | None:
    """Return the seconds from the date of the reply to the reset of the limit, which is in milliseconds since 1970."""
    lower = {**headers, **{name.lower(): words(value) for name, value in fields(reported).items()}}
    now, reset = date_of(lower.get("date")), number_of(lower.get("x-ratelimit-reset"))
    if now is None or reset is None:
        return None
    wait = reset / 1000 - now.timestamp()
    return wait if 0 < wait < 86_400 else None  # noqa: PLR2004  # the seconds of a day; a longer wait means another unit
