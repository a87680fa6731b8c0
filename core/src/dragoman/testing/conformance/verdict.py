"""The results of the checks, counted by provider and level, as JSON and as a badge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias
from xml.sax.saxutils import escape

from attrs import asdict, define, field, frozen

import dragoman
from dragoman.spec.provider import SPEC

__all__ = ["OUTCOMES", "CheckedProvider", "Outcome", "Result", "Verdict", "badge"]

Outcome: TypeAlias = Literal["passed", "failed", "xfailed", "skipped", "not_shown"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "xfailed", "skipped", "not_shown")
"""``skipped``: the check does not apply. ``not_shown``: it applies, but the server dialect lacks what it needs."""

_GREEN, _AMBER, _RED = "#2e7d32", "#b26a00", "#c62828"
_CHARACTER_PIXELS = 7
"""The approximate width of a character."""


@frozen(kw_only=True)
class CheckedProvider:
    """Identify a provider that was checked.

    Args:
        test: the test class.
        provider: the name of the provider.
        model: the model.
        server_dialect: the dialect of the server, ``None`` for a provider without one.
        distribution: the distribution of the provider.
        version: the version of the distribution.
        spec: the version of the specification that the provider was written for.

    """

    test: str
    provider: str
    model: str
    server_dialect: str | None
    distribution: str
    version: str
    spec: str


@frozen(kw_only=True)
class Result:
    """Hold the outcome of one check.

    Args:
        level: the level, such as ``L0``.
        name: the name of the check, with its case.
        outcome: the outcome.
        reason: why it was skipped or failed; empty if it passed.

    """

    level: str
    name: str
    outcome: Outcome
    reason: str = ""


@define
class Verdict:
    """Collect results.

    Args:
        results: the result of each check by its name, for each provider.

    """

    results: dict[CheckedProvider, dict[str, Result]] = field(factory=dict[CheckedProvider, dict[str, Result]])

    def add(self, provider: CheckedProvider, result: Result) -> None:
        """Add a result; the failure of a test outweighs its results before and after (setup, call, teardown)."""
        known = self.results.setdefault(provider, {})
        before = known.get(result.name)
        if before is None or before.outcome == "passed" or result.outcome == "failed":
            known[result.name] = result

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return {
            "core": dragoman.__version__,
            "spec": SPEC,
            "providers": [_summary(provider, results.values()) for provider, results in self.results.items()],
        }

    def counts(self) -> Counter[Outcome]:
        """Return the number of checks by outcome, over all providers."""
        return Counter(result.outcome for results in self.results.values() for result in results.values())


def _summary(provider: CheckedProvider, results: Iterable[Result]) -> dict[str, Any]:
    found = list(results)
    levels: dict[str, dict[str, int]] = {}
    for each in found:
        levels.setdefault(each.level, dict.fromkeys(OUTCOMES, 0))[each.outcome] += 1
    return {
        **asdict(provider),
        "conforms": bool(found) and not any(each.outcome == "failed" for each in found),
        "levels": dict(sorted(levels.items())),
        "checks": [asdict(each) for each in found],
    }


def badge(counts: Counter[Outcome]) -> str:
    """Return an SVG image with the number of passed and applicable checks."""
    applied = counts["passed"] + counts["failed"] + counts["xfailed"] + counts["not_shown"]
    value = f"{counts['passed']} of {applied}"
    color = _RED if counts["failed"] or not applied else _GREEN if counts["passed"] == applied else _AMBER
    label = "dragoman conformance"
    left, right = (_CHARACTER_PIXELS * len(each) + 10 for each in (label, value))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(label)}: {escape(value)}">'
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{color}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left // 2}" y="14">{escape(label)}</text>'
        f'<text x="{left + right // 2}" y="14">{escape(value)}</text></g></svg>\n'
    )
