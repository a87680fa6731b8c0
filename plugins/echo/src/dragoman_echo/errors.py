"""The errors that the echo raises when its options require them."""

from __future__ import annotations

from dragoman import OverloadedError, ProviderError, RequestTimeoutError, ServerError


def requested_error(kind: str) -> ProviderError:
    """Return the error for the option ``fail``."""
    message = f"the echo fails because of its option fail={kind!r}"
    if kind == "overloaded":
        return OverloadedError(message, status=503)
    return ServerError(message, status=500, retryable=False)


def deadline_error() -> RequestTimeoutError:
    """Return the error for a call whose deadline passes while the echo stalls."""
    return RequestTimeoutError("the deadline of the call has passed (timeout)", phase="total", retryable=False)
