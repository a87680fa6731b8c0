"""Several answers to one request: the setting ``n``, and the answers to as many requests as one.

A model whose API has no such setting can be asked by that many requests, which the caller has to allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from dragoman.spec._value import changed
from dragoman.spec.capabilities import UNKNOWN, Capabilities, Policy, Support
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.request_fitting import enforce
from dragoman.spec.response import Adjustment, Response, Usage
from dragoman.spec.usage_totals import remaining_usage, total_usage

R = TypeVar("R", ChatRequest, CompletionRequest)

N = "n"
"""The setting, and the feature that an adjustment names."""
_NO_USAGE = Usage()


def takes_count(capabilities: Capabilities) -> bool:
    """Return whether one request can ask for several answers, which is assumed unless it is known not to."""
    cap = capabilities.settings.get(N, UNKNOWN)
    return cap.support is not Support.NO and cap.only is None and (cap.maximum is None or cap.maximum > 1)


def fit_count(
    request: R, capabilities: Capabilities, policy: Policy | None, by: str
) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* with the setting ``n`` only where its model takes it, and what differs from what was asked.

    One answer is what every model gives, so that ``n=1`` is not sent.

    Args:
        request: the request, whose setting ``n`` is set.
        capabilities: what its model accepts.
        policy: what to do where the API has no such setting: ``adjust`` or ``warn`` to send several requests.
        by: recorded in each adjustment as the component that decided.

    Raises:
        UnsupportedError: without a policy, or under ``raise``, if its model gives one answer to a request.

    """
    asked = request.settings.n
    if asked is None or (asked > 1 and takes_count(capabilities)):
        return request, ()
    single = with_count(request, None)
    if asked == 1:
        return single, ()
    reason = capabilities.settings.get(N, UNKNOWN).note or f"{request.model} gives one answer to a request"
    if policy is None or policy == "raise":
        message = (
            f"{request.model} does not accept n={asked} ({reason}); leave it out, or set on_unsupported='adjust' "
            f"to send {asked} requests"
        )
        raise UnsupportedError(message, model=request.model, parameter=N)
    reason = f"{reason}, so that {asked} requests are sent"
    note = Adjustment(kind="emulated", feature=N, asked=asked, sent=1, reason=reason, by=by)
    enforce((note,), policy)
    return single, (note,)


def with_count(request: R, count: int | None) -> R:
    """Return *request* with another number of answers."""
    return changed(request, settings=changed(request.settings, n=count))


def together(responses: Sequence[Response]) -> Response:
    """Return the answers to several requests as the first of them, with the others as its alternatives.

    Its usage is that of all; each of the others keeps its own, which is a part of it.
    """
    first, *others = responses
    reports = [each.usage for each in responses]
    usage = changed(total_usage(reports), raw=[each.raw for each in reports])
    return changed(first, usage=usage, alternatives=tuple(others))


def apart(response: Response) -> tuple[Response, ...]:
    """Return the answers that :func:`together` has put together, each with its own usage; any other as it is."""
    others = response.alternatives
    if all(each.usage == _NO_USAGE for each in others):
        return (response,)
    own, reports = remaining_usage(response.usage, (each.usage for each in others)), response.usage.raw
    if isinstance(reports, list) and reports:
        own = changed(own, raw=reports[0])
    return (changed(response, usage=own, alternatives=()), *others)


def with_common_facts(response: Response) -> Response:
    """Return *response* with what it has in common with its alternatives on each of them, if they lack it."""
    origin, notes, headers = response.origin, response.adjustments, response.headers
    alternatives = (
        changed(each, origin=origin, adjustments=notes + each.adjustments, headers=headers, timing=response.timing)
        for each in response.alternatives
    )
    return changed(response, alternatives=tuple(alternatives))


__all__ = ["N", "apart", "fit_count", "takes_count", "together", "with_common_facts", "with_count"]
