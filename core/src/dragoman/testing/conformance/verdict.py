"""What came of the checks: counted by provider and level, as JSON and as a badge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias
from xml.sax.saxutils import escape

from attrs import asdict, define, field, frozen

import dragoman
from dragoman.spec.provider import SPEC

__all__ = ["OUTCOMES", "Outcome", "Result", "Subjected", "Verdict", "badge"]

Outcome: TypeAlias = Literal["passed", "failed", "xfailed", "skipped", "not_shown"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "xfailed", "skipped", "not_shown")
"""``skipped`` does not apply; ``not_shown`` would, but the test class does not say enough."""

_GOOD, _FAIR, _BAD = "#2e7d32", "#b26a00", "#c62828"
_WIDTH = 7
"""The width of a character, in pixels, as badges usually have it."""


@frozen(kw_only=True)
class Subjected:
    """Name what was checked.

    Args:
        test: the test class.
        provider: the provider's name.
        model: its model.
        server_dialect: the dialect of the server, ``None`` for a provider without one.
        distribution: who brings the provider.
        version: that distribution's version.
        spec: the specification the provider was written for.

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
        level: such as ``L0``.
        name: the name of the check, with its case.
        outcome: what came of it.
        reason: why it was skipped, or why it fails.

    """

    level: str
    name: str
    outcome: Outcome
    reason: str = ""


@define
class Verdict:
    """Collect results.

    Args:
        results: what came of each check, by what was checked.

    """

    results: dict[Subjected, dict[str, Result]] = field(factory=dict[Subjected, dict[str, Result]])

    def add(self, subjected: Subjected, result: Result) -> None:
        """Take in a result; a failure is not made good by what the same test did before or after."""
        known = self.results.setdefault(subjected, {})
        before = known.get(result.name)
        if before is None or before.outcome == "passed" or result.outcome == "failed":
            known[result.name] = result

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "core": dragoman.__version__,
            "spec": SPEC,
            "providers": [_told(subjected, found.values()) for subjected, found in self.results.items()],
        }

    def counts(self) -> Counter[Outcome]:
        """Return how many checks had which outcome, over all providers."""
        return Counter(result.outcome for found in self.results.values() for result in found.values())


def _told(subjected: Subjected, results: Iterable[Result]) -> dict[str, Any]:
    found = list(results)
    levels: dict[str, dict[str, int]] = {}
    for each in found:
        levels.setdefault(each.level, dict.fromkeys(OUTCOMES, 0))[each.outcome] += 1
    return {
        **asdict(subjected),
        "conforms": bool(found) and not any(each.outcome == "failed" for each in found),
        "levels": dict(sorted(levels.items())),
        "checks": [asdict(each) for each in found],
    }


def badge(counts: Counter[Outcome]) -> str:
    """Return an SVG image that tells the counts in a few words."""
    applied = counts["passed"] + counts["failed"] + counts["xfailed"] + counts["not_shown"]
    told = f"{counts['passed']} of {applied}"
    color = _BAD if counts["failed"] or not applied else _GOOD if counts["passed"] == applied else _FAIR
    label = "dragoman conformance"
    left, right = (_WIDTH * len(each) + 10 for each in (label, told))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="{escape(label)}: {escape(told)}">'
        f'<rect width="{left}" height="20" fill="#444"/><rect x="{left}" width="{right}" height="20" fill="{color}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left // 2}" y="14">{escape(label)}</text>'
        f'<text x="{left + right // 2}" y="14">{escape(told)}</text></g></svg>\n'
    )
