"""Each wrong provider is found by the check that is there for it, and the sound one that it was made of is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conformance.sound import Plugin
from conformance.wrong import answers, being, faults, parts, truth
from conformance.wrong.table import WRONG, Wrong
from dragoman.plugins.registry import installed
from dragoman.testing.conformance import ProviderConformance, checks
from dragoman.testing.faults import CHAT

if TYPE_CHECKING:
    from collections.abc import Iterator

_ = (answers, being, faults, parts, truth)  # they enter their providers
MISTAKES = (AttributeError, ImportError, NameError, TypeError)
"""What would come of a wrong provider that is wrong in another way than it says."""


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    """Forget what one test registered before the next does."""
    installed.cache_clear()
    yield
    installed.cache_clear()


def run(plugin: Any, check: str) -> None:
    """Run one check, in one of its cases, on a plugin."""
    members = {"provider": plugin, "name": "sound", "model": "large", "server_dialect": CHAT, "patience": 0.5}
    suite = type("Suite", (ProviderConformance,), members)
    name, _, case = check.partition("[")
    getattr(suite(), name)(*arguments_of(name, case.removesuffix("]"), cased=bool(case)))


def arguments_of(name: str, case: str, *, cased: bool) -> tuple[Any, ...]:
    """Return the arguments of a case, found as pytest names it."""
    marks = getattr(getattr(ProviderConformance, name), "pytestmark", ())
    for mark in marks:
        for values in mark.args[1]:
            each = values if isinstance(values, tuple) else (values,)
            if "-".join(map(str, each)) == case:
                return each
    assert not cased, f"{name} has no case {case!r}"
    return ()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.what.replace(" ", "-"))
def test_a_wrong_provider_is_found(wrong: Wrong) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        run(wrong.plugin(), wrong.check)
    assert not isinstance(caught.value, MISTAKES)


@pytest.mark.parametrize("check", sorted({wrong.check for wrong in WRONG}))
def test_the_sound_provider_passes(check: str) -> None:
    run(Plugin(), check)


def test_there_are_enough_of_both() -> None:
    assert len(WRONG) >= 30
    found = list(checks())
    assert len({check.name for check in found}) >= 120
    assert {wrong.check.partition("[")[0] for wrong in WRONG} <= {check.name for check in found}
