"""Retries and the total deadline of a call, which are decided in this module only.

The provider says whether an error may be retried (``error.retryable``) and how long to wait (``error.retry_after``);
this module decides whether that fits the caller's patience. Nothing is retried after the first output has arrived.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, TypeVar

import attrs

from dragoman.spec._value import changed
from dragoman.spec.config_rules import MOST_RETRIES
from dragoman.spec.errors import DragomanError, RequestTimeoutError
from dragoman.spec.provider import CallContext, Provider, new_call_id
from dragoman.spec.response import Attempt
from dragoman.spec.retry_budget import RetryBudget, budget_of

if TYPE_CHECKING:
    from dragoman.spec.config import LLMConfig
    from dragoman.spec.retry_policy import RetryPolicy

T = TypeVar("T")


class UsualPatience:
    """Be as patient as a policy of which only the retries are given, which is made when a try fails.

    Args:
        retries: the most tries after the first.
        budget: what calls may spend on retries together.

    """

    __slots__ = ("_retries", "budget")
    on_retry = None

    def __init__(self, retries: int, budget: RetryBudget) -> None:
        self._retries = retries
        self.budget = budget

    def wait(self, retry: int, error: DragomanError) -> float | None:
        """Return the seconds to wait before retry number *retry* (from 0), ``None`` for not at all."""
        from dragoman.spec.retry_policy import RetryPolicy  # noqa: PLC0415  # most calls succeed at once

        return RetryPolicy(retries=self._retries).wait(retry, error)


def policy_of(config: LLMConfig, provider: Provider, endpoint: str) -> RetryPolicy | UsualPatience:
    """Return how patiently to try again; without a budget of its own, a policy has that of the endpoint."""
    given, on_retry = config.kwargs.get("retry"), config.kwargs.get("on_retry")
    retries = config.kwargs.get("num_retries", getattr(provider, "default_retries", 2))
    if given is None and on_retry is None and type(retries) is int and 0 <= retries <= MOST_RETRIES:
        return UsualPatience(retries, budget_of(endpoint, retries))
    from dragoman.spec.retry_policy import RetryPolicy, read_policy  # noqa: PLC0415  # few configurations have one

    policy = RetryPolicy(retries=retries) if given is None else read_policy(given)
    if policy.budget is None:
        policy = changed(policy, budget=budget_of(endpoint, policy.retries))
    return policy if on_retry is None else changed(policy, on_retry=on_retry)


class Attempts:
    """Keep count of the tries of one call and decide about the next one.

    Args:
        policy: the patience.
        context: the call.

    """

    __slots__ = ("_began", "_context", "_earlier", "_policy", "_records", "_taken", "_waited")

    def __init__(self, policy: RetryPolicy | UsualPatience, context: CallContext) -> None:
        self._policy = policy
        self._context = context
        self._records: list[Attempt] = []
        self._earlier = 0
        self._waited = 0.0
        self._taken = 0
        self._began = 0.0

    def begin(self) -> CallContext:
        """Return the context of the try that begins now.

        Raises:
            RequestTimeoutError: if the deadline of the call has passed.

        """
        context = self._context
        self._began = now = context.clock.monotonic()
        if context.deadline is not None and now >= context.deadline:
            message = "the deadline of the call has passed; raise timeout if it needs longer"
            raise RequestTimeoutError(message, phase="total", retryable=False)
        number = len(self._records) + 1
        return context if number == 1 else attrs.evolve(context, attempt=number)

    def renew(self) -> None:
        """Let the next try be the first of another request, with a new name and all retries."""
        self._context = attrs.evolve(self._context, call_id=new_call_id())
        self._earlier = len(self._records)
        self._waited = 0.0
        self._taken = 0

    async def failed(self, error: DragomanError) -> None:
        """Wait until the next try, or raise *error* if there is none."""
        self._record(error)
        error.attempts = tuple(self._records)
        wait = self._policy.wait(len(self._records) - self._earlier - 1, error)
        if wait is None:
            raise error
        remaining = self._context.remaining()
        if remaining is not None and wait >= remaining:
            raise _too_late(error, wait) from error
        if wait != error.retry_after:
            self._take(error)
        if self._policy.on_retry is not None:
            await self._tell(error, wait)
        await self._context.clock.sleep(wait)
        self._waited = wait

    async def _tell(self, error: DragomanError, wait: float) -> None:
        from dragoman.spec.callbacks import noted  # noqa: PLC0415  # few policies tell

        assert self._policy.on_retry is not None  # noqa: S101  # its caller has looked
        with noted("on_retry", f"try {len(self._records)} of a call"):
            told = self._policy.on_retry(len(self._records), error, wait)
            if isawaitable(told):
                await told

    def _take(self, error: DragomanError) -> None:
        budget = self._policy.budget
        if budget and not budget.take(self._context.clock.monotonic()):
            error.add_note("not tried again: too many calls to this endpoint fail, and retries would add to its load")
            raise error
        self._taken += 1

    def succeeded(self) -> tuple[Attempt, ...]:
        """Return the record of all tries, the successful one last."""
        self._record(None)
        if budget := self._policy.budget:
            budget.give(self._taken)
        return tuple(self._records)

    def _record(self, error: DragomanError | None) -> None:
        self._records.append(
            Attempt(
                number=len(self._records) + 1,
                error=type(error).__name__ if error else None,
                status=error.status if error else None,
                waited=self._waited,
                duration=self._context.clock.monotonic() - self._began,
            )
        )


async def retrying(
    call: Callable[[CallContext], Awaitable[T]],
    context: CallContext,
    policy: RetryPolicy | UsualPatience,
    mend: Callable[[DragomanError], bool] | None = None,
    failed: Callable[[DragomanError], None] | None = None,
) -> tuple[T, tuple[Attempt, ...]]:
    """Call until it succeeds or patience ends; return the result and the record of all tries.

    Args:
        call: makes one try.
        context: the call.
        policy: the patience.
        mend: asked when patience ends; returns whether *call* asks for something else from now on, with new patience.
        failed: told of each try that fails.

    """
    attempts = Attempts(policy, context)
    while True:
        current = attempts.begin()
        try:
            result = await call(current)
        except DragomanError as error:
            if failed is not None:
                failed(error)
            try:
                await attempts.failed(error)
            except DragomanError as last:
                if mend is None or not mend(last):
                    raise
                attempts.renew()
        else:
            return result, attempts.succeeded()


def _too_late(error: DragomanError, wait: float) -> RequestTimeoutError:
    """Return what is raised at once where the next try would begin after the deadline."""
    message = f"the deadline of the call (timeout) leaves no time for a try in {wait:.1f} s, after: {error.message}"
    late = RequestTimeoutError(message, phase="total", retryable=False)
    kept = {"message", "phase", "retryable"}
    vars(late).update({name: value for name, value in vars(error).items() if name not in kept})
    return late
