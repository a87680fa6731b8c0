"""Who tries again, when, and for how long: the one owner of retries and of the total deadline.

The provider says whether an error may be retried (``error.retryable``) and how long to wait (``error.retry_after``);
this module decides whether that fits the caller's patience. Nothing is retried after the first event was delivered.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import attrs
from attrs import field, frozen

from dragoman.budget import RetryBudget
from dragoman.errors import DragomanError, RequestTimeoutError, StreamInterruptedError
from dragoman.events import Event
from dragoman.provider import CallContext
from dragoman.response import Attempt

T = TypeVar("T")


@frozen(kw_only=True)
class RetryPolicy:
    """Say how often and how patiently to try again.

    Args:
        retries: the most tries after the first.
        first_wait: seconds before the first retry, doubled for each further one.
        longest_backoff: seconds that the doubling ends at.
        longest_wait: seconds of a wait named by the provider that are still waited; a longer one is raised at once.
        jitter: the share of a backoff that is left to chance.
        budget: what all calls to one endpoint may spend on retries; see :class:`RetryBudget`.

    """

    retries: int = 2
    first_wait: float = 0.5
    longest_backoff: float = 8.0
    longest_wait: float = 60.0
    jitter: float = 0.25
    budget: RetryBudget = field(factory=RetryBudget, repr=False, eq=False)

    def wait(self, retry: int, error: DragomanError) -> float | None:
        """Return the seconds to wait before retry number *retry* (from 0), ``None`` for not at all."""
        if retry >= self.retries or not error.retryable:
            return None
        hint = error.retry_after
        if hint is None or not math.isfinite(hint) or hint < 0:
            from random import random  # noqa: PLC0415  # not paid for at import

            backoff = min(self.first_wait * 2.0**retry, self.longest_backoff)
            return backoff * (1 - self.jitter * random())  # noqa: S311  # spreads load, guards nothing
        return hint if hint <= self.longest_wait else None


class Attempts:
    """Keep count of the tries of one call and decide about the next one."""

    __slots__ = ("_began", "_context", "_earlier", "_policy", "_records", "_taken", "_waited")

    def __init__(self, policy: RetryPolicy, context: CallContext, earlier: tuple[Attempt, ...] = ()) -> None:
        self._policy = policy
        self._context = context
        self._records = list(earlier)
        self._earlier = len(earlier)
        self._waited = 0.0
        self._taken = 0
        self._began = context.clock.monotonic()

    def context(self) -> CallContext:
        """Return the context of the current try."""
        number = len(self._records) + 1
        return self._context if number == 1 else attrs.evolve(self._context, attempt=number)

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
        self._began = self._context.clock.monotonic()

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
    earlier: tuple[Attempt, ...] = (),
) -> tuple[T, tuple[Attempt, ...]]:
    """Call until it succeeds or patience ends; return the result and the record of all tries.

    Args:
        call: makes one try.
        context: the call.
        policy: the patience.
        earlier: tries made before, which go into the record but do not use up patience.

    """
    attempts = Attempts(policy, context, earlier)
    while True:
        check_deadline(context)
        try:
            result = await call(attempts.context())
        except DragomanError as error:
            await attempts.failed(error)
        else:
            return result, attempts.succeeded()


class OpenedStream:
    """Iterate over a provider's stream whose first event has arrived.

    Args:
        manager: what closes the stream.
        events: the rest of the stream.
        first: the events that have arrived.
        attempts: the record of all tries.

    """

    __slots__ = ("_events", "attempts", "first", "manager")

    def __init__(
        self,
        manager: AbstractAsyncContextManager[AsyncIterator[Event]],
        events: AsyncIterator[Event],
        first: list[Event],
        attempts: tuple[Attempt, ...],
    ) -> None:
        self.manager = manager
        self._events = events
        self.first = first
        self.attempts = attempts

    def __aiter__(self) -> OpenedStream:
        return self

    def __anext__(self) -> Awaitable[Event]:
        return self._pending() if self.first else self._events.__anext__()

    async def _pending(self) -> Event:
        return self.first.pop(0)


async def opening(
    open_stream: Callable[[CallContext], AbstractAsyncContextManager[AsyncIterator[Event]]],
    context: CallContext,
    policy: RetryPolicy,
    is_opening: Callable[[Event], bool],
    earlier: tuple[Attempt, ...] = (),
) -> OpenedStream:
    """Open a stream until its first real event arrives or patience ends.

    Args:
        open_stream: opens the provider's stream.
        context: the call.
        policy: the patience.
        is_opening: whether an event still belongs to the opening, so that a failure after it may be retried.
        earlier: tries made before, as in :func:`retrying`.

    """
    attempts = Attempts(policy, context, earlier)
    while True:
        check_deadline(context)
        manager = open_stream(attempts.context())
        try:
            events, first = await _enter(manager, is_opening)
        except StreamInterruptedError as error:
            error.retryable = True  # nothing was delivered yet
            await attempts.failed(error)
        except DragomanError as error:
            await attempts.failed(error)
        else:
            return OpenedStream(manager, events, first, attempts.succeeded())


async def _enter(
    manager: AbstractAsyncContextManager[AsyncIterator[Event]], is_opening: Callable[[Event], bool]
) -> tuple[AsyncIterator[Event], list[Event]]:
    events = await manager.__aenter__()
    first: list[Event] = []
    try:
        async for event in events:
            first.append(event)
            if not is_opening(event):
                break
    except BaseException as error:
        await manager.__aexit__(type(error), error, error.__traceback__)
        raise
    return events, first


def _too_late(error: DragomanError, wait: float) -> RequestTimeoutError:
    """Return what is raised at once where the next try would begin after the deadline."""
    message = f"the deadline of the call (timeout) leaves no time for a try in {wait:.1f} s, after: {error.message}"
    late = RequestTimeoutError(message, phase="total", retryable=False)
    for name in ("provider", "model", "status", "code", "request_id", "retry_after", "attempts", "partial", "body"):
        setattr(late, name, getattr(error, name))
    return late


def check_deadline(context: CallContext) -> None:
    """Raise if the deadline of the call has passed.

    Raises:
        RequestTimeoutError: with the phase ``total``.

    """
    if context.remaining() == 0.0:
        message = "the deadline of the call has passed; raise timeout if it needs longer"
        raise RequestTimeoutError(message, phase="total", retryable=False)
