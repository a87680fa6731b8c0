"""The incorrect providers, each with the check that must fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Wrong:
    """Describe an incorrect provider.

    Args:
        what: the mistake.
        check: the check that must fail, with its case if it has one.
        plugin: creates the plugin.

    """

    what: str
    check: str
    plugin: Callable[[], Any]


WRONG: list[Wrong] = []


def wrong(what: str, check: str, make: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    WRONG.append(Wrong(what=what, check=check, plugin=lambda: make(*arguments, **named)))


def plugin(what: str, check: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def register(make: Callable[[], Any]) -> Callable[[], Any]:
        WRONG.append(Wrong(what=what, check=check, plugin=make))
        return make

    return register
