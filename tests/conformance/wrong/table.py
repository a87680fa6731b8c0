"""The wrong providers, each with the check that has to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Wrong:
    """Name a wrong provider.

    Args:
        what: what is wrong with it.
        check: the check that finds it, with its case if it has one.
        plugin: makes the plugin.

    """

    what: str
    check: str
    plugin: Callable[[], Any]


WRONG: list[Wrong] = []


def wrong(what: str, check: str, make: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    WRONG.append(Wrong(what=what, check=check, plugin=lambda: make(*arguments, **named)))


def plugin(what: str, check: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    def enter(make: Callable[[], Any]) -> Callable[[], Any]:
        WRONG.append(Wrong(what=what, check=check, plugin=make))
        return make

    return enter
