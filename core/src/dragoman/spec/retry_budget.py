"""What the calls to one endpoint may spend on retries together."""

from __future__ import annotations

from weakref import WeakValueDictionary


class RetryBudget:
    """Let calls that fail share what they may spend on retries, so that many at once do not overload a server.

    It is a bucket of tokens: a retry takes one, an answer gives back those that its call took and a fifth of one
    besides, and time fills the rest. A retry after a wait that the server named takes none: the server has spread the
    load itself. One call alone never finds the bucket empty of what it is allowed.

    Args:
        tokens: how many the bucket holds.

    """

    PER_ANSWER = 0.2
    PER_SECOND = 0.1

    __slots__ = ("__weakref__", "_at", "_spent", "tokens")

    def __init__(self, tokens: float = 10.0) -> None:
        self.tokens = tokens
        self._spent = 0.0
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take a token for a retry at *now*, in seconds on a clock that never jumps; tell whether there was one."""
        self._spent = max(0.0, self._spent - max(0.0, now - self._at) * self.PER_SECOND)
        self._at = now
        if self._spent + 1.0 > self.tokens:
            return False
        self._spent += 1.0
        return True

    def give(self, taken: int) -> None:
        """Give back what an answered call has taken, and a little besides."""
        if self._spent:
            self._spent = max(0.0, self._spent - taken - self.PER_ANSWER)


_budgets: WeakValueDictionary[str, RetryBudget] = WeakValueDictionary()


def budget_of(endpoint: str, retries: int) -> RetryBudget:
    """Return the budget that all calls of this process to *endpoint* share.

    Args:
        endpoint: names the endpoint.
        retries: the most retries of one call; the bucket holds twice as many tokens, and 10 at the least.

    """
    budget = _budgets.get(endpoint)
    if budget is None:
        budget = _budgets[endpoint] = RetryBudget()
    budget.tokens = max(budget.tokens, 2.0 * retries)
    return budget


__all__ = ["RetryBudget", "budget_of"]
