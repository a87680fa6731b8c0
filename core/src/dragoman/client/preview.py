"""The HTTP request that a call would send."""

from __future__ import annotations

from dragoman.client.binding import Bound
from dragoman.client.request_builder import refuse_several
from dragoman.spec._value import changed
from dragoman.spec.capabilities import Policy
from dragoman.spec.prepared import Prepared, Prepares
from dragoman.spec.request import ChatRequest


def prepared(bound: Bound, request: ChatRequest, policy: Policy | None, *, stream: bool) -> Prepared:
    """Return the HTTP request that would be sent, secrets masked.

    Args:
        bound: the provider.
        request: what is asked.
        policy: what to do with what its model does not accept.
        stream: whether the answer would be streamed.

    Raises:
        UnsupportedError: if the provider sends no HTTP requests, or does not support a setting.
        InvalidRequestError: if several answers would be streamed.

    """
    if not isinstance(bound.provider, Prepares):
        raise bound.cannot("show a request")
    if stream:
        refuse_several(request.settings, "a stream")
    fitted, adjustments = bound.fit(request, policy)
    shown = bound.provider.prepare(fitted, stream=stream)
    return changed(shown, adjustments=adjustments + shown.adjustments)


__all__ = ["prepared"]
