from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from dragoman.spec.hosts import claims_cross, host_matches, match_length

LABELS = st.sampled_from(["a", "b", "eu", "b-eu"])
HOSTS = st.lists(LABELS, min_size=2, max_size=5).map(".".join)
CLAIMS = st.builds(
    "{}{}.{}".format,
    st.sampled_from(["", ".", "-"]),
    st.lists(LABELS | st.just("*"), max_size=3).map(lambda labels: ".".join([*labels, "a"])),
    LABELS,
).filter(lambda claim: not claim.startswith("-*"))


def as_pattern(claim: str) -> str:
    """Return a regular expression that reads a claim independently of the code under test."""
    before = {"-": ".*-", ".": r".+\."}.get(claim[0], r"(?:.+\.)?")
    return before + re.escape(claim.lstrip("-.")).replace(r"\*", r"[^.]+")


@given(HOSTS, CLAIMS)
def test_a_claim_matches_what_it_says(host: str, claim: str) -> None:
    assert host_matches(host, claim) == bool(re.fullmatch(as_pattern(claim), host))


@given(HOSTS, CLAIMS, CLAIMS)
def test_claims_that_meet_at_a_host_cover_or_cross_each_other(host: str, one: str, other: str) -> None:
    related = host_matches(one, other) or host_matches(other, one) or claims_cross(one, other)
    assert claims_cross(one, other) == claims_cross(other, one)
    if {one[0], other[0]}.isdisjoint("-."):
        assert related or not (host_matches(host, one) and host_matches(host, other))


@pytest.mark.parametrize(
    ("one", "other", "crossing"),
    [
        ("a.*.x.test", "*.eu.x.test", True),
        ("a.*.x.test", "a.eu.x.test", False),
        ("a.*.x.test", "b.*.x.test", False),
        ("*.eu.x.test", "a.b.x.test", False),
        ("a.eu.x.test", "x.test", False),
        ("a.*.x.test", "-eu.x.test", True),
    ],
)
def test_claims_cross_if_neither_covers_the_other(one: str, other: str, crossing: bool) -> None:  # noqa: FBT001
    assert claims_cross(one, other) is crossing


def test_the_claim_that_states_most_is_the_longest() -> None:
    host = "runtime.eu.clouds.test"
    claims = ["clouds.test", ".clouds.test", "*.clouds.test", "eu.clouds.test", "runtime.*.clouds.test", host]
    assert sorted({*claims}, key=lambda claim: match_length(host, claim)) == claims


def test_an_empty_label_is_no_label() -> None:
    assert not host_matches("a..x.test", "a.*.x.test")
