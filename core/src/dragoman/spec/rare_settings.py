"""The settings that few requests have, and that have rules of their own."""

from __future__ import annotations

from typing import TypeVar

import attrs

from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)


def fit_rare(request: R, capabilities: Capabilities, policy: Policy | None, by: str) -> tuple[R, list[Adjustment]]:
    """Return *request* with ``cache`` and ``n`` as its model accepts them, and what that changed.

    Raises:
        UnsupportedError: for one that is not supported, as *policy* says.

    """
    adjustments = list[Adjustment]()
    if request.settings.cache is not None:
        from dragoman.spec.cache_marks import fit_cache  # noqa: PLC0415  # few requests need it

        request, notes = fit_cache(request, capabilities, policy, by)
        adjustments += notes
    if request.settings.n is not None:
        from dragoman.spec.several_answers import fit_count  # noqa: PLC0415  # few requests need it

        request, notes = fit_count(request, capabilities, policy, by)
        adjustments += notes
    return request, adjustments


def with_logprobs(request: R, by: str) -> tuple[R, Adjustment]:
    """Return *request* with the ``logprobs`` that its ``top_logprobs`` need at every vendor, and the note of that.

    Raises:
        InvalidRequestError: if the caller wants no ``logprobs``.

    """
    if request.settings.logprobs is False:
        message = "top_logprobs are the alternatives to logprobs, which are turned off; leave out logprobs=False"
        raise InvalidRequestError(message, parameter="top_logprobs")
    reason = "top_logprobs are only reported together with logprobs"
    note = Adjustment(kind="coerced", feature="logprobs", asked=None, sent=True, reason=reason, by=by)
    return attrs.evolve(request, settings=attrs.evolve(request.settings, logprobs=True)), note


__all__ = ["fit_rare", "with_logprobs"]
