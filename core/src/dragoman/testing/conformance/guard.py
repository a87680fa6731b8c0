"""Nothing of the suite is left out in silence: a check that is overridden must say that it fails, and why."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

__all__ = ["checks_of", "keep"]


def checks_of(suite: type) -> dict[str, Callable[..., None]]:
    """Return the checks of a suite by their names, base classes first."""
    found: dict[str, Callable[..., None]] = {}
    for level in reversed(suite.__mro__):
        found |= {name: check for name, check in vars(level).items() if name.startswith("test_")}
    return found


def keep(cls: type, suite: type, known_failures: Mapping[str, str]) -> None:
    """Put back the checks that *cls* overrides, marked as failing.

    Raises:
        TypeError: for one that is not marked with ``pytest.mark.xfail(reason=...)``, and for known failures that name
            no check or give no reason.

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
    """Return the check itself, marked: what its override does is of no interest."""

    @functools.wraps(original)
    def check(self: object, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)

    mark: Callable[[Callable[..., None]], Callable[..., None]] = pytest.mark.xfail(reason=reason, strict=True)
    return mark(check)
