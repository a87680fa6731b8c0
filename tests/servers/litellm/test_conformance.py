# ruff: noqa: RUF012  # nothing changes the class attributes
"""The conformance suite for LiteLLM in this process, in front of a server with OpenAI's API."""

from __future__ import annotations

import importlib.util

import pytest

from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT

if not all(map(importlib.util.find_spec, ("litellm", "dragoman_litellm"))):
    pytest.skip("LiteLLM needs its own environment: nox -s servers", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # LiteLLM issues many warnings


_READS = "LiteLLM reads the reply first, and reports in its own way what it cannot read"
_WAITS = "LiteLLM has one time limit, which its client applies to the time between two pieces"
_FOLLOWS = "the OpenAI client follows redirects; it does not send the key to another host"
_PARSES = "LiteLLM has its own parser of streams"
_GOOD = "test_a_good_status_without_an_answer_is_an_error"
_FRAMING = "test_a_sound_stream_in_unusual_dress_is_read"


class TestLiteLLM(ProviderConformance):
    provider = "litellm"
    model = "openai/gpt-4o"
    sent_model = "gpt-4o"
    server_dialect = CHAT
    known_failures = {
        "test_usage_that_is_not_reported_is_none": "LiteLLM counts tokens itself if a whole reply has no usage",
        "test_the_reply_itself_is_kept": "LiteLLM returns its own conversion of the reply",
        "test_each_further_answer_is_an_alternative": "LiteLLM numbers choices by the order of the reply",
        **dict.fromkeys([f"{_GOOD}[{name}]" for name in ("html_200", "null_200", "list_200", "deep_200")], _READS),
        "test_an_error_with_a_good_status_is_an_error": _READS,
        **{f"test_a_redirect_is_not_followed[redirect_{status}]": _FOLLOWS for status in (301, 302, 303, 307, 308)},
        "test_a_reply_without_end_is_cut_off": "the OpenAI client reads without a limit",
        **dict.fromkeys([f"{_FRAMING}[{name}]" for name in ("comments", "no_last_line_end", "json_200")], _PARSES),
        "test_a_whole_reply_serves_for_a_stream": _PARSES,
        "test_broken_characters_break_nothing_else[lone_surrogate]": _PARSES,
        "test_an_error_in_a_stream_is_raised": _READS,
        "test_an_error_as_the_first_event_is_raised": _READS,
        "test_an_error_event_without_json_is_raised": _READS,
        **{f"test_a_broken_event_is_not_skipped[shape_{kind}]": _PARSES for kind in ("list", "null", "number")},
        "test_silence_ends_by_the_limit_that_is_set[drip_head-timeout-total]": _WAITS,
        "test_silence_ends_by_the_limit_that_is_set[silent_body-idle_timeout-idle]": _WAITS,
        "test_a_stream_that_stalls_ends_by_its_limit": _WAITS,
        "test_closing_ends_what_is_open": "LiteLLM shares its connections, so the plugin must not close them",
    }
