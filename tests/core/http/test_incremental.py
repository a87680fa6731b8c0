"""What a stream has counted stays counted, and log probabilities stand on the text that they are of."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import ArgumentsDelta, Citation, Event, PartStart, Ping, ReasoningDelta, Text, TextDelta, ToolCall, Usage
from dragoman.http import GrowingCitations, StreamedLogprobs, later_usage

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


def said(text: str, index: int = 0) -> list[Event]:
    return [TextDelta(index, text)]


def test_log_probabilities_stand_on_the_text_of_their_tokens() -> None:
    known = StreamedLogprobs()
    events: list[Event] = [ReasoningDelta(0, "hm"), PartStart(1, Text(text="")), TextDelta(1, "a"), Ping()]
    known.add(["a"], events)
    assert events == [ReasoningDelta(0, "hm"), PartStart(1, Text(text="")), TextDelta(1, "a", logprobs=("a",)), Ping()]
    known.add(["b"], thought := [ReasoningDelta(0, "b"), Ping()])
    assert thought[0] == ReasoningDelta(0, "b", logprobs=("b",))


def test_log_probabilities_without_a_text_wait_for_it_unless_they_are_those_of_a_call() -> None:
    known = StreamedLogprobs()
    known.add(["half"], [])
    known.add(["of a character"], whole := said("é"))
    assert whole == [TextDelta(0, "é", logprobs=("half", "of a character"))]
    for call in (PartStart(1, ToolCall(name="f", call_id="1")), ArgumentsDelta(1, "{")):
        known.add(["of a call"], [call])
    known.add(["b"], after := said("b"))
    assert after == [TextDelta(0, "b", logprobs=("b",))]


@pytest.mark.parametrize(
    ("told", "known"),
    [
        (["a", "b"], "ab"),
        (["a", "ab", "ab", "abc"], "abc"),
        (["a", "b", "a"], "aba"),
        (["ab", "a"], "aba"),
        (["", "a", ""], "a"),
    ],
)
def test_all_citations_so_far_are_each_one(told: list[str], known: str) -> None:
    growing = GrowingCitations()
    for each in told:
        growing.extend(Citation(source_url=name) for name in each)
    assert "".join(each.source_url or "" for each in growing.take()) == known
    assert not growing.is_pending
