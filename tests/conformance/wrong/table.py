"""The incorrect providers, each with the check that must fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Wrong:
    """Describe an incorrect provider.

    Args:
        what: the mistake.
        check: the check that must fail, with its case if it has one.
        plugin: creates the plugin.
        suite: further attributes of the test class.

    """

    what: str
    check: str
    plugin: Callable[[], Any]
    suite: Mapping[str, Any] = {}


WRONG: list[Wrong] = []
CORRECT: list[tuple[str, Callable[[], Any], Mapping[str, Any]]] = []
"""Correct providers for checks that do not apply to the usual one: the check, the provider, and the test class."""


def wrong(what: str, check: str, make: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    WRONG.append(Wrong(what=what, check=check, plugin=lambda: make(*arguments, **named)))


def plugin(what: str, check: str, **suite: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        WRONG.append(Wrong(what=what, check=check, plugin=make, suite=suite))
        return make

    return register
