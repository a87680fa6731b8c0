"""What a stream has counted stays counted."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import Usage
from dragoman.http import later_usage

NAMES = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
reports = st.builds(Usage, **dict.fromkeys(NAMES, st.none() | st.integers(min_value=0, max_value=9)))


def after(*updates: dict[str, Any]) -> Usage:
    return reduce(later_usage, [Usage(**update) for update in updates])


@pytest.mark.parametrize("nothing", [{}, {"raw": {}}, dict.fromkeys(NAMES, 0), {"output_tokens": 0}])
def test_a_report_of_nothing_changes_nothing(nothing: dict[str, Any]) -> None:
    known = {"input_tokens": 5, "output_tokens": 2, "cache_read_tokens": 3, "reasoning_tokens": 1, "raw": {"a": 1}}
    assert after(known, nothing, nothing) == Usage(**known)


def test_a_later_report_replaces_what_it_counts() -> None:
    first = {"input_tokens": 5, "output_tokens": 1, "cache_read_tokens": 3, "raw": {"a": 1}}
    assert after(first, {"output_tokens": 7, "raw": {"b": 1}}) == Usage(**first | {"output_tokens": 7, "raw": {"b": 1}})
    assert after(first, {"input_tokens": 4, "cache_read_tokens": 0}).cache_read_tokens == 0
    assert after(first, {"input_tokens": 0, "cache_read_tokens": 0, "output_tokens": 1}).cache_read_tokens == 3
    assert after({}, dict.fromkeys(NAMES, 0)) == Usage(**dict.fromkeys(NAMES, 0))


@given(reports, reports)
def test_no_count_is_lost(first: Usage, second: Usage) -> None:
    known = later_usage(first, second)
    assert later_usage(known, known) == known
    for name in NAMES:
        before, said, now = (getattr(each, name) for each in (first, second, known))
        assert now == said or (now == before and not said)
        assert now is not None or (before is None and said is None)
