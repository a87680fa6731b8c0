"""Over the wire of every dialect, an end that a vendor explains in words of its own is not a silent success."""

from __future__ import annotations

import json

import pytest

from dragoman import OutputError, RefusalError, TruncatedOutputError
from dragoman.testing.faults import SampleReply
from plugins.test_text_doors_of_vendors import VENDORS, ask, failure

ENDS = (
    b'"finish_reason": "stop"',
    b'"finish_reason": "COMPLETE"',
    b'"stop_reason": "end_turn"',
    b'"finishReason": "STOP"',
)
COMPLETED = b'"model": "served", "status": "completed"'
LENGTHS = ("max_output_tokens", "TOKEN_LIMIT", "MaxLength", "truncated", "context_length_exceeded")
FAILURES = ("MALFORMED_FUNCTION_CALL", "TOO_MANY_TOOL_CALLS", "network_error", "cancelled", "pause_turn", "boredom")

every_vendor = pytest.mark.parametrize("vendor", VENDORS)
every_text_door = pytest.mark.parametrize("door", ["complete", "stream", "read"])


def ended(vendor: str, word: str, said: str = "fine") -> SampleReply:
    """Return a reply whose end is *word*."""
    server = VENDORS[vendor][0]
    events = tuple([_ended(event, word) for event in server.stream(said)])
    return SampleReply(events=events, whole=json.loads(_ended(json.dumps(server.whole(said)).encode(), word)))


def _ended(reply: bytes, word: str) -> bytes:
    for end in ENDS:
        reply = reply.replace(end, end.rpartition(b" ")[0] + b" " + json.dumps(word).encode())
    details = (
        b'"model": "served", "status": "incomplete", "incomplete_details": %s' % json.dumps({"reason": word}).encode()
    )
    return reply.replace(COMPLETED, details)


@every_vendor
@every_text_door
@pytest.mark.parametrize("word", LENGTHS)
async def test_whatever_says_that_a_limit_cut_it_is_a_cut(vendor: str, door: str, word: str) -> None:
    error = await failure(vendor, door, ended(vendor, word))
    assert type(error) is TruncatedOutputError
    assert "limit" in str(error)
    assert error.partial is not None
    assert error.partial.finish.raw == word


@every_vendor
@every_text_door
@pytest.mark.parametrize("word", FAILURES)
async def test_no_other_end_of_a_text_is_silent(vendor: str, door: str, word: str) -> None:
    error = await failure(vendor, door, ended(vendor, word))
    assert type(error) is TruncatedOutputError
    assert repr(word) in str(error)
    assert error.partial is not None
    assert error.partial.text == "fine"


@every_vendor
@every_text_door
@pytest.mark.parametrize("word", ["PROHIBITED_CONTENT", "IMAGE_SAFETY", "BLOCKLIST", "RECITATION", "content_filtered"])
async def test_every_word_for_a_filter_is_one(vendor: str, door: str, word: str) -> None:
    assert type(await failure(vendor, door, ended(vendor, word))) is RefusalError


@every_vendor
@every_text_door
@pytest.mark.parametrize("word", ["time_limit", "TOOL_LIMIT", "MODEL_CONTEXT_WINDOW_EXCEEDED"])
async def test_another_limit_is_not_that_of_the_caller(vendor: str, door: str, word: str) -> None:
    assert await ask(vendor, door, ended(vendor, "TOKEN_LIMIT"), max_tokens=4096) == "fine"
    with pytest.raises(OutputError, match="cut by the limit"):
        await ask(vendor, door, ended(vendor, word), max_tokens=4096)


@every_vendor
@every_text_door
@pytest.mark.parametrize("word", ["model_context_window_exceeded", "model_length", "context_length_exceeded"])
async def test_a_full_context_window_is_no_matter_of_max_tokens(vendor: str, door: str, word: str) -> None:
    error = await failure(vendor, door, ended(vendor, word))
    assert type(error) is TruncatedOutputError
    assert "context window" in str(error)
    assert "shorten the conversation" in str(error)
    assert "max_tokens" not in str(error)


@pytest.mark.parametrize("vendor", [name for name in VENDORS if name != "responses"])  # it has a status, not a word
@every_text_door
@pytest.mark.parametrize("word", ["EOS", "eos_token", "COMPLETE", "stop_sequence", "end_of_text"])
async def test_words_for_a_regular_end_are_ends(vendor: str, door: str, word: str) -> None:
    assert await ask(vendor, door, ended(vendor, word)) == "fine"
