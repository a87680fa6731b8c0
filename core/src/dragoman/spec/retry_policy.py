"""How often and how patiently a call is tried again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import attrs
from attrs import field

from dragoman.spec._value import value
from dragoman.spec.argument_checks import MAX_SECONDS, plain_number, shown
from dragoman.spec.argument_names import tells_names
from dragoman.spec.config_rules import MOST_RETRIES
from dragoman.spec.errors import ConfigurationError, DragomanError
from dragoman.spec.retry_budget import RetryBudget

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


def _budget(_: object, __: object, budget: object) -> None:
    if budget is not None and budget is not False and not isinstance(budget, RetryBudget):
        message = f"budget must be a RetryBudget, None for that of the endpoint, or False, not {shown(budget)}"
        raise ConfigurationError(message, parameter="budget")


def _errors(_: object, __: object, classes: object) -> None:
    told = shown(classes)
    given: tuple[object, ...] = cast("tuple[object, ...]", classes) if isinstance(classes, tuple) else (None,)
    if not all(isinstance(each, type) and issubclass(each, DragomanError) for each in given):
        message = f"also_on must be a tuple of error classes of Dragoman, not {told}"
        raise ConfigurationError(message, parameter="also_on")


def _callback(_: object, __: object, callback: Any) -> None:
    if callback is not None and not callable(callback):
        message = f"on_retry must be callable with the number of the try, its error and the wait, not {shown(callback)}"
        raise ConfigurationError(message, parameter="on_retry")


def read_policy(policy: Any) -> RetryPolicy:
    """Return the policy that ``retry=`` of a configuration says, which may be a mapping of its arguments.

    Raises:
        ConfigurationError: for anything else, or an unknown or wrong argument.

    """
    if isinstance(policy, RetryPolicy):
        return policy
    if not isinstance(policy, Mapping):
        message = f"retry must be a RetryPolicy or a mapping of its arguments, not {shown(policy)}"
        raise ConfigurationError(message, parameter="retry")
    arguments = cast("Mapping[str, Any]", policy)
    known = [each.name for each in attrs.fields(RetryPolicy)]
    if unknown := [name for name in arguments if name not in known]:
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        message = f"retry has no argument {shown(unknown[0])}"
        raise ConfigurationError(after(message, unknown[0], known), parameter="retry")
    return RetryPolicy(**arguments)


@tells_names
@value(kw_only=True)
class RetryPolicy:
    """Say how often and how patiently to try again.

    Args:
        retries: the most tries after the first.
        first_wait: seconds before the first retry, doubled for each further one.
        longest_backoff: seconds that the doubling ends at.
        longest_wait: seconds of a wait named by the provider that are still waited; a longer one is raised at once.
        jitter: the share of a backoff that is left to chance.
        budget: what calls may spend on retries together; ``None`` for what all calls to one endpoint share, ``False``
            for no limit.
        also_on: classes of errors that are tried again although they usually are not, such as
            :class:`~dragoman.NoAnswerError`.
        on_retry: called before each wait, with the number of the try that failed, its error and the seconds to wait;
            it may be asynchronous. What it raises ends the call, and comes through.

    Raises:
        ConfigurationError: for a value of the wrong type, not finite or out of range.

    """

    retries: int = field(default=2, validator=_whole)
    first_wait: float = field(default=0.5, validator=_wait)
    longest_backoff: float = field(default=8.0, validator=_wait)
    longest_wait: float = field(default=60.0, validator=_wait)
    jitter: float = field(default=0.25, validator=_share)
    budget: RetryBudget | Literal[False] | None = field(default=None, repr=False, validator=_budget)
    also_on: tuple[type[DragomanError], ...] = field(default=(), validator=_errors)
    on_retry: Callable[[int, DragomanError, float], object] | None = field(default=None, validator=_callback)

    def wait(self, retry: int, error: DragomanError) -> float | None:
        """Return the seconds to wait before retry number *retry* (from 0), ``None`` for not at all."""
        if retry >= self.retries or not (error.retryable or isinstance(error, self.also_on)):
            return None
        hint = error.retry_after
        if hint is None or not math.isfinite(hint) or hint < 0:
            from random import random  # noqa: PLC0415  # not paid for at import

            backoff = min(self.first_wait * 2.0 ** min(retry, _DOUBLINGS), self.longest_backoff)
            return backoff * (1 - self.jitter * random())  # noqa: S311  # spreads load, guards nothing
        return hint if hint <= self.longest_wait else None


__all__ = ["RetryPolicy", "read_policy"]
