"""The settings that few requests have, and that have rules of their own."""

from __future__ import annotations

from typing import TypeVar

from dragoman.spec.capabilities import Capabilities, Policy
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


__all__ = ["fit_rare"]
