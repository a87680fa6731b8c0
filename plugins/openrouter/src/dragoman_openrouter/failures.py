"""Errors as OpenRouter reports them, which may come with any status and from a vendor behind it.

https://openrouter.ai/docs/api-reference/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman import ContentFilterError, ProtocolError, ProviderError
from dragoman.http import HttpReply, as_object, date_of, number_of, word, words
from dragoman_openai_compatible.errors import error_of

_SHOWN = 300


def failure(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports, with the words of the vendor behind it."""
    error = error_of(reply)
    about = _about(reply)
    if error.status == 403 and ("reasons" in about or "flagged_input" in about):  # noqa: PLR2004  # moderation
        error = ContentFilterError(error.message, status=error.status, code=error.code, body=error.body)
    vendor, raw = about.get("provider_name"), about.get("raw")
    if isinstance(raw, str) and raw:
        error.message = f"{error.message} ({word(vendor) or 'vendor'}: {raw[:_SHOWN]})"
    if error.retry_after is None and error.retryable:
        error.retry_after = _until_reset(reply.headers, about.get("headers"))
    return error


def _about(reply: HttpReply) -> Mapping[str, Any]:
    try:
        error = as_object(reply.json(), "the reply").get("error")
    except ProtocolError:
        return {}
    about = cast("dict[str, Any]", error).get("metadata") if isinstance(error, dict) else None
    return cast("dict[str, Any]", about) if isinstance(about, dict) else {}


def _until_reset(headers: Mapping[str, str], reported: Any) -> float | None:
    """Return the seconds from the reply's own date to the reset of the limit, which is in milliseconds since 1970."""
    inner = cast("dict[str, Any]", reported) if isinstance(reported, dict) else {}
    lower = {**headers, **{name.lower(): words(value) for name, value in inner.items()}}
    now, reset = date_of(lower.get("date")), number_of(lower.get("x-ratelimit-reset"))
    if now is None or reset is None:
        return None
    wait = reset / 1000 - now.timestamp()
    return wait if 0 < wait < 86_400 else None  # noqa: PLR2004  # a day; anything longer is another unit
