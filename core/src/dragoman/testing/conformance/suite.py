"""The suite: all levels in one class, and the list of what it checks."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen

from dragoman.plugins.registry import installed
from dragoman.spec.errors import DragomanError
from dragoman.testing.conformance.answers import Answers
from dragoman.testing.conformance.capabilities import Truth
from dragoman.testing.conformance.connections import Connections
from dragoman.testing.conformance.errors import Errors
from dragoman.testing.conformance.facts import Facts
from dragoman.testing.conformance.guard import checks_of, keep
from dragoman.testing.conformance.keys import Keys
from dragoman.testing.conformance.load import Load
from dragoman.testing.conformance.media import MediaAndReasoning
from dragoman.testing.conformance.results import Results
from dragoman.testing.conformance.streams import Streams
from dragoman.testing.conformance.structured import Structured
from dragoman.testing.conformance.subject import Subject
from dragoman.testing.conformance.tools import Tools

__all__ = ["LEVELS", "Check", "ProviderConformance", "checks", "level_of"]

LEVELS: dict[str, tuple[str, tuple[type[Subject], ...]]] = {
    "L0": ("load", (Load, Keys)),
    "L1": ("text", (Answers, Facts)),
    "L2": ("tools", (Tools, Results)),
    "L3": ("structured output", (Structured,)),
    "L4": ("media and reasoning", (MediaAndReasoning,)),
    "L5": ("faults", (Errors, Streams, Connections)),
    "L6": ("truth", (Truth,)),
}
"""What each level is about, and the classes that hold its checks."""


class ProviderConformance(
    Truth, Connections, Streams, Errors, MediaAndReasoning, Structured, Results, Tools, Facts, Answers, Keys, Load
):
    """Check that a provider does what a provider has to do; inherit it in a test class that names the provider.

    A check that is overridden must be marked with ``pytest.mark.xfail(reason=...)``. It then runs all the same, and has
    to fail.

    Raises:
        TypeError: when a class is made that leaves out a check without a reason.

    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        keep(cls, ProviderConformance, cls.known_failures)

    @classmethod
    @functools.cache  # as many as there are test classes
    def described(cls) -> dict[str, str | None]:
        """Return what is checked, for the verdict."""
        plugins = installed()
        try:
            claim = plugins.provider_claim(cls.registered())
            distribution, version = claim.distribution, plugins.version(claim)
            spec = cls().made().info.spec
        except DragomanError:
            distribution = version = spec = ""
        return {
            "test": cls.__qualname__,
            "provider": cls.known_as(),
            "model": cls.model,
            "server_dialect": None if cls.server_dialect is None else cls.server_dialect.name,
            "distribution": distribution,
            "version": version,
            "spec": spec,
        }

    @pytest.fixture(autouse=True)
    def _is_known_to_fail(self, request: pytest.FixtureRequest) -> None:
        name: str = request.node.name
        reason = self.known_failures.get(name) or self.known_failures.get(name.partition("[")[0])
        if reason:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


@frozen(kw_only=True)
class Check:
    """Describe a check.

    Args:
        level: such as ``L0``.
        name: the name of its function.
        cases: how many tests it makes.
        protects: from what it protects.

    """

    level: str
    name: str
    cases: int
    protects: str


def checks() -> Iterator[Check]:
    """Yield every check of the suite, level by level."""
    for level, (_, classes) in LEVELS.items():
        for each in classes:
            for name, function in checks_of(each).items():
                told = (inspect.getdoc(function) or "").partition("\n")[0]
                yield Check(level=level, name=name, cases=_cases(function), protects=told.removeprefix("Protects "))


def level_of(name: str) -> str:
    """Return the level of a check."""
    return next(level for level, (_, classes) in LEVELS.items() if any(name in vars(each) for each in classes))


def _cases(function: Any) -> int:
    marks = (mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize")
    return math.prod(len(tuple(mark.args[1])) for mark in marks)
