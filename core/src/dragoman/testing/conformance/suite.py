"""The suite: all levels in one class, and the list of its checks."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen

from dragoman.http.redaction import SHORTEST_SECRET
from dragoman.plugins.registry import installed
from dragoman.spec.errors import DragomanError
from dragoman.testing.conformance.alternatives import Alternatives
from dragoman.testing.conformance.answers import Answers
from dragoman.testing.conformance.authorization import Authorization
from dragoman.testing.conformance.capabilities import DeclaredCapabilities
from dragoman.testing.conformance.connections import Connections
from dragoman.testing.conformance.credentials import CredentialsAndOptions
from dragoman.testing.conformance.endpoint_failures import EndpointFailures
from dragoman.testing.conformance.errors import Errors
from dragoman.testing.conformance.lifecycle import Lifecycle
from dragoman.testing.conformance.media import MediaAndReasoning
from dragoman.testing.conformance.other_endpoints import OtherEndpoints
from dragoman.testing.conformance.overridden_checks import checks_of, restore_overridden_checks
from dragoman.testing.conformance.own_options import OwnOptions
from dragoman.testing.conformance.provider_case import ProviderCase
from dragoman.testing.conformance.response_metadata import ResponseMetadata
from dragoman.testing.conformance.streams import Streams
from dragoman.testing.conformance.structured import Structured
from dragoman.testing.conformance.tool_results import ToolResults
from dragoman.testing.conformance.tools import Tools
from dragoman.testing.conformance.written_requests import WrittenRequests

__all__ = ["LEVELS", "Check", "ProviderConformance", "checks", "level_of"]

LEVELS: dict[str, tuple[str, tuple[type[ProviderCase], ...]]] = {
    "L0": ("lifecycle and credentials", (Lifecycle, CredentialsAndOptions, Authorization)),
    "L1": ("text", (Answers, ResponseMetadata, Alternatives)),
    "L2": ("tools", (Tools, ToolResults)),
    "L3": ("structured output", (Structured,)),
    "L4": ("media and reasoning", (MediaAndReasoning,)),
    "L5": ("faults", (Errors, Streams, Connections)),
    "L6": ("capabilities", (DeclaredCapabilities, OwnOptions)),
    "L7": ("requests as their server reads them", (WrittenRequests,)),
    "L8": ("prompts, embeddings, listings and counts", (OtherEndpoints, EndpointFailures)),
}
"""The title of each level, and the classes with its checks."""


class ProviderConformance(
    EndpointFailures,
    OtherEndpoints,
    WrittenRequests,
    OwnOptions,
    DeclaredCapabilities,
    Connections,
    Streams,
    Errors,
    MediaAndReasoning,
    Structured,
    ToolResults,
    Tools,
    Alternatives,
    ResponseMetadata,
    Answers,
    Authorization,
    CredentialsAndOptions,
    Lifecycle,
):
    """Run all checks on a provider; inherit it in a test class that names the provider.

    A check that is overridden must be marked with ``pytest.mark.xfail(reason=...)``. The original check still runs, and
    is expected to fail.

    Raises:
        TypeError: if a subclass overrides a check without a reason, or has credentials that are too short to be masked.

    """

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        short = [name for name, value in {**cls.credentials, **cls.ambient}.items() if len(value) < SHORTEST_SECRET]
        if short:
            message = f"{cls.__name__}: {', '.join(short)} must have {SHORTEST_SECRET} characters or more to be masked"
            raise TypeError(message)
        restore_overridden_checks(cls, ProviderConformance, cls.known_failures)

    @classmethod
    @functools.cache  # one entry for each test class
    def described(cls) -> dict[str, str | None]:
        """Return a description of the provider for the verdict."""
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
        level: the level, such as ``L0``.
        name: the name of the function.
        cases: number of tests that it generates.
        protects: what it protects against.

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
                summary = (inspect.getdoc(function) or "").partition("\n")[0]
                yield Check(level=level, name=name, cases=_cases(function), protects=summary.removeprefix("Protects "))


def level_of(name: str) -> str:
    """Return the level of a check."""
    return next(level for level, (_, classes) in LEVELS.items() if any(name in vars(each) for each in classes))


def _cases(function: Any) -> int:
    marks = (mark for mark in getattr(function, "pytestmark", ()) if mark.name == "parametrize")
    return math.prod(len(tuple(mark.args[1])) for mark in marks)
