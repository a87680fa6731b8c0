"""A word for an end means what its dialect's table says, else what it says itself; it is never taken for a success."""

from __future__ import annotations

import pytest

from dragoman import Finish, FinishReason, Usage
from dragoman.http import finish_of, usage_beside_cache

WORDS = {
    "stop": "eos eos_token EOS stop_sequence StopSequence end_turn END_OF_TEXT endoftext COMPLETE finished done normal "
    "stop_sequence_reached natural_stop",
    "tool_calls": "tool_use TOOL_CALL toolCalls function_calls",
    "length": "length max_tokens MAX_TOKENS maxOutputTokens MaxLength token_limit time_limit output_limit "
    "maximum_tokens model_length truncated cutoff context_window max_output_tokens_reached budget_exceeded",
    "content_filter": "content_filtered CONTENT-FILTER SAFETY IMAGE_PROHIBITED_CONTENT guardrail_intervened "
    "flagged BLOCKLIST",
    "refusal": "refusal declined",
    "error": "ERROR_LIMIT malformed_tool_use UNEXPECTED_TOOL_CALL TOO_MANY_CALLS InvalidToken aborted network_error",
    "paused": "pause_turn in_progress continuation",
    "interrupted": "USER_CANCEL not_finished incomplete TIMEOUT interrupted",
    "other": "boredom OTHER load 17 unfathomable ?",
}


@pytest.mark.parametrize(
    ("word", "reason"), [(word, reason) for reason, said in WORDS.items() for word in said.split()]
)
def test_a_word_without_a_table(word: str, reason: str) -> None:
    assert finish_of(word) == Finish(reason=FinishReason(reason), raw=word)


def test_a_table_comes_first() -> None:
    assert finish_of("max_fun", {"max_fun": FinishReason.PAUSED}).reason == FinishReason.PAUSED


@pytest.mark.parametrize("none", [None, "", " ", "null", True, {}, []])
def test_no_word_is_no_reason(none: object) -> None:
    assert finish_of(none, {"": FinishReason.STOP}) == Finish(reason=FinishReason.OTHER)


NAMES = {"uncached": "in", "read": "hit", "written": "kept", "output": "out"}


def test_tokens_of_a_cache_are_added_to_those_beside_it() -> None:
    report = {"in": 5, "hit": 20, "out": 7, "of": {"thought": 3}}
    assert usage_beside_cache(report, **NAMES, reasoning=("of", "thought")) == Usage(
        input_tokens=25, output_tokens=7, cache_read_tokens=20, reasoning_tokens=3, raw=report
    )


def test_tokens_of_a_cache_alone_are_no_total() -> None:
    known = usage_beside_cache({"hit": 20, "kept": 1}, **NAMES)
    assert known is not None
    assert (known.input_tokens, known.cache_read_tokens, known.cache_write_tokens) == (None, 20, 1)


@pytest.mark.parametrize("report", [None, {}, [], "5"])
def test_no_report_is_no_usage(report: object) -> None:
    assert usage_beside_cache(report, **NAMES) is None
