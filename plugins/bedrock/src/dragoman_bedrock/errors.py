"""The errors of Bedrock, by the type in a header or an exception of a stream, by message and by HTTP status.

https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    ServerError,
)
from dragoman.http import (
    Frame,
    HttpReply,
    dumps,
    error_class,
    error_from,
    error_text,
    object_in,
    refined,
    word,
    words,
)

TYPES: Mapping[str, type[ProviderError]] = {
    "ServiceQuotaExceededException": QuotaExceededError,
    "AccessDeniedException": PermissionDeniedError,
    "UnrecognizedClientException": AuthenticationError,
    "InvalidClientTokenId": AuthenticationError,
    "InvalidSignatureException": AuthenticationError,
    "IncompleteSignatureException": AuthenticationError,
    "SignatureDoesNotMatch": AuthenticationError,
    "MissingAuthenticationTokenException": AuthenticationError,
    "ExpiredTokenException": AuthenticationError,
    "ResourceNotFoundException": NotFoundError,
    "UnknownOperationException": NotFoundError,
    "ModelNotReadyException": OverloadedError,
    "ModelTimeoutException": ServerError,
}
"""Error classes by type, where the status says something else or nothing."""

STATUSES: Mapping[str, int] = {
    "ValidationException": 400,
    "ModelTimeoutException": 408,
    "ModelStreamErrorException": 424,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
"""The status that an exception within a stream stands for, or one that came with a good status."""

PHRASES: tuple[tuple[str, type[ProviderError]], ...] = (
    ("model identifier is invalid", NotFoundError),
    ("input tokens exceeded", ContextWindowExceededError),
)
"""Error classes by a phrase of the message, in lower case, of a request that is not valid."""

TYPE_HEADER = "x-amzn-errortype"


def error_of(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports, whatever its status."""
    body, message = object_in(reply), error_text(reply)
    raw = reply.headers.get(TYPE_HEADER) or word(body.get("__type")) or words(body.get("code"))
    kind = raw.partition(":")[0].rpartition("#")[2] or None  # without its namespace and what follows it
    status = STATUSES.get(kind or "", 500) if reply.ok else reply.status
    chosen = TYPES.get(kind or "") or error_class(status)
    if chosen is BadRequestError:
        chosen = next((found for phrase, found in PHRASES if phrase in message.lower()), chosen)
    return error_from(reply, refined(chosen, message), message, code=kind, status=status)


def error_of_frame(frame: Frame) -> ProviderError:
    """Return the error that a message of a stream reports, as if it were a reply."""
    raw = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or ""
    kind = raw[:1].upper() + raw[1:] if isinstance(raw, str) else ""
    told = frame.headers.get(":error-message")
    body = frame.data or dumps({"message": told if isinstance(told, str) else kind})
    return error_of(HttpReply(status=200, headers={TYPE_HEADER: kind}, body=body))
