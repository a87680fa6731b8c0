"""The errors of AWS, by the type in a header or an exception of a stream, by message and by HTTP status.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import field, frozen

from dragoman import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
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
    reported_in,
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
}
"""Error classes by type, where the status says something else or nothing."""

STATUSES: Mapping[str, int] = {
    "ValidationException": 400,
    "ThrottlingException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
"""The status that an exception within a stream stands for, or one that came with a good status."""

TYPE_HEADER = "x-amzn-errortype"


def _and_common_types(own: Mapping[str, type[ProviderError]]) -> Mapping[str, type[ProviderError]]:
    return {**TYPES, **own}


def _and_common_statuses(own: Mapping[str, int]) -> Mapping[str, int]:
    return {**STATUSES, **own}


@frozen(kw_only=True)
class AwsErrors:
    """Read the errors of one service, which has types of its own beside those of all services.

    Args:
        types: error classes by type, where the status says something else or nothing.
        statuses: the status that a type stands for within a stream.
        phrases: error classes by a phrase of the message, in lower case, of a request that is not valid.

    """

    types: Mapping[str, type[ProviderError]] = field(factory=dict, converter=_and_common_types)
    statuses: Mapping[str, int] = field(factory=dict, converter=_and_common_statuses)
    phrases: Mapping[str, type[ProviderError]] = field(factory=dict)

    def of(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports, whatever its status."""
        body, message = object_in(reply), error_text(reply)
        raw = reply.headers.get(TYPE_HEADER) or word(body.get("__type")) or words(body.get("code"))
        kind = raw.partition(":")[0].rpartition("#")[2] or None  # without its namespace and what follows it
        status = self.statuses.get(kind or "", 500) if reply.ok else reply.status
        chosen = self.types.get(kind or "") or error_class(status)
        if chosen is BadRequestError:
            chosen = next((found for phrase, found in self.phrases.items() if phrase in message.lower()), chosen)
        return error_from(reply, refined(chosen, message), message, code=kind, status=status)

    def check_event(self, kind: str, payload: Mapping[str, Any], own: Collection[str]) -> None:
        """Raise the error that an event of a stream reports as its content, if it reports one.

        Args:
            kind: the name of the event, which may be that of an exception.
            payload: the object in the event.
            own: the members by which the events of the service are known.

        Raises:
            ProviderError: what is reported.

        """
        failed = reported_in(payload, own, kind)
        if failed is None:
            return
        named = {TYPE_HEADER: kind[:1].upper() + kind[1:]} if kind.endswith("Exception") else {}
        raise self.of(HttpReply(status=failed.status, headers=named, body=failed.body))

    def of_frame(self, frame: Frame) -> ProviderError:
        """Return the error that a message of a stream reports, as if it were a reply."""
        raw = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or ""
        kind = raw[:1].upper() + raw[1:] if isinstance(raw, str) else ""
        told = frame.headers.get(":error-message")
        body = frame.data or dumps({"message": told if isinstance(told, str) else kind})
        return self.of(HttpReply(status=200, headers={TYPE_HEADER: kind}, body=body))
