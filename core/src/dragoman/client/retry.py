"""Retries and the total deadline of a call, which are decided in this module only.

The provider says whether an error may be retried (``error.retryable``) and how long to wait (``error.retry_after``);
this module decides whether that fits the caller's patience. Nothing is retried after the first event was delivered.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import attrs
from attrs import field

from dragoman.client.retry_budget import RetryBudget
from dragoman.spec._value import value
from dragoman.spec.argument_checks import MAX_SECONDS, plain_number, shown
from dragoman.spec.config_rules import MOST_RETRIES
from dragoman.spec.errors import ConfigurationError, DragomanError, RequestTimeoutError
from dragoman.spec.provider import CallContext, new_call_id
from dragoman.spec.response import Attempt

T = TypeVar("T")


_DOUBLINGS = 60  # beyond which any backoff is the longest one


def _in_range(policy: Any, name: str, value: object, high: float, wanted: str) -> None:
    number = plain_number(value)
    if number is None or not 0 <= number <= high:
        message = f"{name} must be {wanted}, not {shown(value)}"
        raise ConfigurationError(message, parameter=name)
    object.__setattr__(policy, name, number)


def _wait(policy: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    _in_range(policy, attribute.name, value, MAX_SECONDS, "a number of seconds from 0")


def _share(policy: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    _in_range(policy, attribute.name, value, 1, "a share between 0 and 1")


def _whole(policy: Any, attribute: attrs.Attribute[Any], value: object) -> None:
    if isinstance(plain_number(value), float):
        value = None
    _in_range(policy, attribute.name, value, MOST_RETRIES, f"a whole number from 0 to {MOST_RETRIES}")


@value(kw_only=True)
class RetryPolicy:
    """Say how often and how patiently to try again.

    Args:
        retries: the most tries after the first.
        first_wait: seconds before the first retry, doubled for each further one.
        longest_backoff: seconds that the doubling ends at.
        longest_wait: seconds of a wait named by the provider that are still waited; a longer one is raised at once.
        jitter: the share of a backoff that is left to chance.
        budget: what all calls to one endpoint may spend on retries; see :class:`RetryBudget`.

    Raises:
        ConfigurationError: for a value that is not a number, not finite or out of range.

    """

    retries: int = field(default=2, validator=_whole)
    first_wait: float = field(default=0.5, validator=_wait)
    longest_backoff: float = field(default=8.0, validator=_wait)
    longest_wait: float = field(default=60.0, validator=_wait)
    jitter: float = field(default=0.25, validator=_share)
    budget: RetryBudget = field(factory=RetryBudget, repr=False, eq=False)

    def wait(self, retry: int, error: DragomanError) -> float | None:
        """Return the seconds to wait before retry number *retry* (from 0), ``None`` for not at all."""
        if retry >= self.retries or not error.retryable:
            return None
        hint = error.retry_after
        if hint is None or not math.isfinite(hint) or hint < 0:
            from random import random  # noqa: PLC0415  # not paid for at import

            backoff = min(self.first_wait * 2.0 ** min(retry, _DOUBLINGS), self.longest_backoff)
            return backoff * (1 - self.jitter * random())  # noqa: S311  # spreads load, guards nothing
        return hint if hint <= self.longest_wait else None


class Attempts:
    """Keep count of the tries of one call and decide about the next one.

    Args:
        policy: the patience.
        context: the call.

    """

    __slots__ = ("_began", "_context", "_earlier", "_policy", "_records", "_taken", "_waited")

    def __init__(self, policy: RetryPolicy, context: CallContext) -> None:
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
        await self._context.clock.sleep(wait)
        self._waited = wait

    def _take(self, error: DragomanError) -> None:
        if not self._policy.budget.take(self._context.clock.monotonic()):
            error.add_note("not tried again: too many calls to this endpoint fail, and retries would add to its load")
            raise error
        self._taken += 1

    def succeeded(self) -> tuple[Attempt, ...]:
        """Return the record of all tries, the successful one last."""
        self._record(None)
        self._policy.budget.give(self._taken)
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
    policy: RetryPolicy,
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
