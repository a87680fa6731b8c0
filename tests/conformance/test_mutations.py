"""Each incorrect provider fails the check for its mistake, and the correct provider passes that check."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from conformance.sound import Plugin
from conformance.wrong import answers, authorization, endpoints, faults, identity, options, parts, requests, writing
from conformance.wrong.table import CORRECT, WRONG, Wrong
from dragoman.plugins.registry import installed
from dragoman.testing.conformance import ProviderConformance, checks
from dragoman.testing.faults import CHAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ = (
    answers,
    authorization,
    endpoints,
    faults,
    identity,
    options,
    parts,
    requests,
    writing,
)  # importing them registers their providers
BUGS = (AttributeError, ImportError, NameError, TypeError)
"""Exceptions that would show a bug in an incorrect provider other than the intended one."""


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    """Clear the registry before and after each test."""
    installed.cache_clear()
    yield
    installed.cache_clear()


def run(plugin: Any, check: str, more: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Run one case of a check on a plugin."""
    members = {"provider": plugin, "name": "sound", "model": "large", "server_dialect": CHAT, "patience": 0.5}
    suite = type("Suite", (ProviderConformance,), {**members, **more})
    name, _, case = check.partition("[")
    getattr(suite(), name)(*arguments_of(name, case.removesuffix("]"), cased=bool(case)))


def arguments_of(name: str, case: str, *, cased: bool) -> tuple[Any, ...]:
    """Return the arguments of a case, by its name in pytest ids."""
    marks = getattr(getattr(ProviderConformance, name), "pytestmark", ())
    for combined in product(*(mark.args[1] for mark in marks)):
        values = [each for part in combined for each in (part if isinstance(part, tuple) else (part,))]
        if cased and "-".join(map(str, values)) == case:
            return tuple(values)
    assert not cased, f"{name} has no case {case!r}"
    return ()


def correct() -> list[tuple[str, Any, Mapping[str, Any]]]:
    """Return the checks that find mistakes, each with a correct provider to which it applies."""
    apart = {check for check, _, _ in CORRECT if "[" not in check}
    usual = {each.check for each in WRONG if not each.suite and each.check not in apart}
    return [*((check, Plugin, {}) for check in sorted(usual)), *CORRECT]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.what.replace(" ", "-"))
def test_an_incorrect_provider_fails(wrong: Wrong) -> None:
    with pytest.raises((Exception, pytest.fail.Exception)) as caught:
        run(wrong.plugin(), wrong.check, wrong.suite)
    assert not isinstance(caught.value, BUGS)


@pytest.mark.parametrize(("check", "make", "suite"), correct())
def test_the_correct_provider_passes(check: str, make: Any, suite: Mapping[str, Any]) -> None:
    run(make(), check, suite)


def test_each_check_that_finds_a_mistake_passes_for_a_correct_provider() -> None:
    assert {each.check for each in WRONG} == {check for check, _, _ in correct()}


@pytest.mark.parametrize(
    ("check", "told"),
    [
        (
            "test_a_conversation_is_sent_as_meant[dialogue]",
            "turns: meant user, assistant, user, assistant, user; sent user",
        ),
        ("test_a_setting_is_sent_as_meant[seed]", "settings.seed: meant 4711, sent 1"),
        ("test_a_setting_is_sent_as_meant[temperature]", "cannot read the request: .*temperature must be a number"),
        ("test_tools_are_sent_as_meant[clock]", "tool_choice: meant"),
        ("test_an_output_format_is_sent_as_meant[json_schema]", "output: meant json_schema, sent json"),
    ],
)
def test_a_wrong_request_is_told_with_its_place(check: str, told: str) -> None:
    wrong = next(each for each in WRONG if each.check == check)
    with pytest.raises(pytest.fail.Exception, match=told):
        run(wrong.plugin(), check, wrong.suite)


def test_the_number_of_checks_and_providers() -> None:
    assert len(WRONG) >= 30
    assert len([each for each in WRONG if "as_meant" in each.check]) >= 50
    found = list(checks())
    assert len({check.name for check in found}) >= 120
    assert {wrong.check.partition("[")[0] for wrong in WRONG} <= {check.name for check in found}
