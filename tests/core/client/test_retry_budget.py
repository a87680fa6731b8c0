from __future__ import annotations

import gc

import pytest

from core.scripted import FakeClock
from dragoman import CallContext, OverloadedError, RateLimitError
from dragoman.client.retry import retrying
from dragoman.spec.retry_budget import RetryBudget, budget_of
from dragoman.spec.retry_policy import RetryPolicy


def test_a_bucket_that_is_empty_gives_nothing() -> None:
    budget = RetryBudget(tokens=2)
    assert [budget.take(0.0) for _ in range(3)] == [True, True, False]


def test_an_answer_gives_back_what_its_call_took_and_a_little_besides() -> None:
    budget = RetryBudget(tokens=2)
    assert all(budget.take(0.0) for _ in range(2))
    for _ in range(4):
        budget.give(0)
    assert not budget.take(0.0)
    budget.give(0)
    assert budget.take(0.0)
    budget.give(1)
    assert budget.take(0.0)


def test_time_fills_the_bucket_and_a_clock_that_goes_back_empties_nothing() -> None:
    budget = RetryBudget(tokens=1)
    assert budget.take(100.0)
    assert not budget.take(109.0)
    assert budget.take(119.5)
    assert not budget.take(50.0)
    assert budget.take(60.5)


def test_calls_to_one_endpoint_share_a_budget_as_long_as_anyone_holds_it() -> None:
    budget = budget_of("one", 2)
    assert budget_of("one", 2) is budget
    assert budget_of("another", 2) is not budget
    assert budget.take(0.0)
    del budget
    gc.collect()
    assert all(budget_of("one", 2).take(0.0) for _ in range(1))


def test_the_bucket_holds_what_one_call_is_allowed() -> None:
    budget = budget_of("patient", 30)
    assert budget.tokens == 60
    assert budget_of("patient", 2).tokens == 60


async def fails(errors: list[Exception]) -> str:
    if errors:
        raise errors.pop(0)
    return "answer"


async def test_without_budget_the_error_comes_at_once_and_says_so(clock: FakeClock) -> None:
    policy = RetryPolicy(budget=RetryBudget(tokens=1))
    with pytest.raises(OverloadedError) as caught:
        await retrying(lambda _: fails([OverloadedError("full")] * 3), CallContext(clock=clock), policy)
    assert len(clock.slept) == 1
    assert len(caught.value.attempts) == 2
    assert "too many calls" in "".join(caught.value.__notes__)


async def test_a_wait_that_the_server_names_is_not_charged(clock: FakeClock) -> None:
    policy = RetryPolicy(budget=RetryBudget(tokens=0))
    errors: list[Exception] = [RateLimitError("slow down", retry_after=3.0)] * 2
    assert (await retrying(lambda _: fails(errors), CallContext(clock=clock), policy))[0] == "answer"
    assert clock.slept == [3.0, 3.0]


async def test_an_answer_after_a_retry_leaves_the_bucket_full(clock: FakeClock) -> None:
    policy = RetryPolicy(budget=RetryBudget(tokens=1), first_wait=0.0)
    for _ in range(5):
        errors: list[Exception] = [OverloadedError("full")]
        assert (await retrying(lambda _, errors=errors: fails(errors), CallContext(clock=clock), policy))[0] == "answer"
