"""Several answers to a request: by one request, or by several where that is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from dragoman.spec._value import changed
from dragoman.spec.capabilities import Capabilities, Policy
from dragoman.spec.provider import CallContext, new_call_id
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Adjustment, Response
from dragoman.spec.several_answers import N, fit_count, takes_count, together

R = TypeVar("R", ChatRequest, CompletionRequest)

_AT_ONCE = 8
"""How many requests run at once."""


async def answered(
    ask: Callable[[R, CallContext], Awaitable[Response]],
    request: R,
    context: CallContext,
    *,
    capabilities: Capabilities,
    policy: Policy | None,
    by: str,
) -> Response:
    """Return the answers to a request that says how many it asks for.

    Args:
        ask: sends a request.
        request: the request, whose setting ``n`` is set.
        context: the call, whose deadline holds for all requests together.
        capabilities: what its model accepts.
        policy: what to do where the API has no such setting.
        by: the provider's name, recorded where its server gives fewer answers.

    Raises:
        UnsupportedError: if the model gives one answer to a request, and the policy is not to send several.
        DragomanError: of the first request that fails; those that still run are given up.

    """
    asked = request.settings.n or 1
    if asked == 1 or takes_count(capabilities):
        return _checked(await ask(request, context), asked, by)
    single, notes = fit_count(request, capabilities, policy, "core")
    requests: list[R] = [_varied(single, number) for number in range(asked)]
    contexts = [context, *(changed(context, call_id=new_call_id(), observed={}) for _ in requests[1:])]
    limit = asyncio.Semaphore(_AT_ONCE)

    async def limited(request: R, context: CallContext) -> Response:
        async with limit:
            return await ask(request, context)

    response = together(await _all(limited(*each) for each in zip(requests, contexts, strict=True)))
    return changed(response, adjustments=response.adjustments + notes)


def _varied(request: R, number: int) -> R:
    """Return a request whose seed, if it has one, differs from that of the others: the same one gives the same answer.

    Raises:
        InvalidRequestError: for a seed that is too great to count up from.

    """
    seed = request.settings.seed
    return request if seed is None else changed(request, settings=changed(request.settings, seed=seed + number))


async def _all(calls: Iterable[Coroutine[Any, Any, Response]]) -> list[Response]:
    """Return what all calls return, in their order; after an error, those that still run are cancelled and awaited."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _checked(response: Response, asked: int, by: str) -> Response:
    """Return an answer with a note if fewer came than were asked for."""
    sent = next((note.sent for note in response.adjustments if note.feature == N), asked)
    came = 1 + len(response.alternatives)
    if not isinstance(sent, int) or came >= sent:
        return response
    reason = f"the server gave {came} of {sent} answers"
    note = Adjustment(kind="dropped", feature=N, asked=asked, sent=sent, reason=reason, by=by)
    return changed(response, adjustments=(*response.adjustments, note))


__all__ = ["answered"]
