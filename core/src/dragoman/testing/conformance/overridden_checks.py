"""A check can be overridden only with a reason, and it still runs, marked as an expected failure."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

__all__ = ["checks_of", "restore_overridden_checks"]


def checks_of(suite: type) -> dict[str, Callable[..., None]]:
    """Return the checks of a suite by name, base classes first."""
    found: dict[str, Callable[..., None]] = {}
    for level in reversed(suite.__mro__):
        found |= {name: check for name, check in vars(level).items() if name.startswith("test_")}
    return found


def restore_overridden_checks(cls: type, suite: type, known_failures: Mapping[str, str]) -> None:
    """Restore the checks that *cls* overrides, marked as expected failures.

    Args:
        cls: the test class.
        suite: the class that defines the checks.
        known_failures: reasons by the names of checks that are known to fail.

    Raises:
        TypeError: if an override is not marked with ``pytest.mark.xfail(reason=...)``, or if a known failure does not
            name a check or has no reason.

    """
    checks = checks_of(suite)
    for name, original in checks.items():
        found = inspect.getattr_static(cls, name)
        if found is original or getattr(found, "__wrapped__", None) is original:
            continue
        setattr(cls, name, _expected_to_fail(original, _reason(cls, name, found)))
    for name, reason in known_failures.items():
        if name.partition("[")[0] not in checks or not reason.strip():
            message = f"{cls.__name__}.known_failures[{name!r}] must name a check and give a reason"
            raise TypeError(message)


def _reason(cls: type, name: str, found: object) -> str:
    marks: Iterable[pytest.Mark] = getattr(found, "pytestmark", ())
    for mark in marks:
        reason = mark.kwargs.get("reason")
        if mark.name == "xfail" and isinstance(reason, str) and reason.strip():
            return reason
    message = (
        f"{cls.__name__} overrides or removes the check {name}; mark it with "
        "@pytest.mark.xfail(reason='...') and say why it fails"
    )
    raise TypeError(message)


def _expected_to_fail(original: Callable[..., None], reason: str) -> Callable[..., None]:
    """Return the original check, marked as an expected failure; the override never runs."""

    @functools.wraps(original)
    def check(self: object, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)

    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.xfail(reason=reason, strict=True)
    return mark(check)
