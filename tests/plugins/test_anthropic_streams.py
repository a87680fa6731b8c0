from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    DragomanError,
    OverloadedError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    Raw,
    ServerError,
    StreamInterruptedError,
    Text,
)
from dragoman.http import ServerSentEvent
from dragoman_anthropic.dialect import AnthropicMessages
from plugins.anthropic_calls import CALL, as_stream, block_events, streamed


def test_blocks_may_interleave() -> None:
    """llama.cpp stops all blocks at the end, and does not send pings."""
    text, call = block_events(0, {"type": "text", "text": "hi"}), block_events(1, CALL)
    start, _, ending, stop = as_stream(stop_reason="tool_use")

    response = streamed(start, text[0], text[1], call[0], call[1], text[2], call[2], text[3], call[3], ending, stop)

    assert (response.text, response.tool_calls[0].parse()) == ("hi", {"city": "Fez"})


def test_an_empty_block_has_a_part_once_another_begins_or_it_has_content() -> None:
    empty, text = block_events(0, {"type": "text", "text": ""}), block_events(1, {"type": "text", "text": "hi"})
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "late"}}
    start, _, ending, stop = as_stream()

    def texts(*events: Any) -> list[str]:
        return [part.text for part in streamed(start, *events, ending, stop).message.of_type(Text)]

    assert texts(empty[0], *text, delta) == ["late", "hi"]
    assert texts(empty[0], delta, *text) == ["late", "hi"]
    assert texts(empty[0], empty[-1], *text) == ["hi"]
    assert texts(empty[0], empty[-1], delta, *text) == ["hi"]
    assert texts(empty[0], *text) == ["", "hi"]
    assert texts(empty[0]) == []


def test_call_without_input_deltas_has_the_input_of_its_start() -> None:
    start, _, ending, stop = as_stream(stop_reason="tool_use")
    opened = {"type": "content_block_start", "index": 0, "content_block": CALL}

    assert streamed(start, opened, ending, stop).tool_calls[0].parse() == {"city": "Fez"}
    bare = {**opened, "content_block": {**CALL, "input": {}}}
    assert streamed(start, bare, ending, stop).tool_calls[0].arguments == "{}"


@pytest.mark.parametrize("cut", range(1, 8))
def test_truncated_stream_is_an_error(cut: int) -> None:
    events = as_stream({"type": "text", "text": "hello"})
    assert len(events) == 8
    with pytest.raises(StreamInterruptedError) as caught:
        streamed(*events[:-cut])
    assert caught.value.partial is not None


def test_stream_without_a_stop_reason_is_interrupted() -> None:
    with pytest.raises(StreamInterruptedError):
        streamed(*as_stream({"type": "text", "text": "hello"}, stop_reason=None))


def test_unknown_events_are_passed_on_and_late_ones_ignored() -> None:
    decoder = AnthropicMessages().decoder()
    new = {"type": "brand_new", "n": 1}

    assert list(decoder.feed(ServerSentEvent(data=json.dumps(new).encode(), event="brand_new"))) == [Raw(new)]
    assert list(decoder.feed(ServerSentEvent(data=b'{"type":"content_block_stop","index":7}'))) == []
    assert not decoder.done
    events = as_stream({"type": "text", "text": "hello"})
    assert streamed(*events, events[3]).text == "hello"


def test_unknown_deltas_are_ignored() -> None:
    events = as_stream({"type": "text", "text": "hello"})
    odd = {"type": "content_block_delta", "index": 0, "delta": {"type": "mood_delta", "text": "cheerful"}}

    assert streamed(*events[:4], odd, *events[4:]).text == "hello"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"{", "content_block_delta"),
        (b"[]", "message_start"),
        (b"null", "ping"),
        (b'{"type":"content_block_delta","index":3,"delta":{"type":"text_delta","text":"x"}}', "content_block_delta"),
        (b'{"type":"content_block_start","index":0}', "content_block_start"),
    ],
)
def test_malformed_events_are_errors(data: bytes, name: str) -> None:
    with pytest.raises(ProtocolError):
        list(AnthropicMessages().decoder().feed(ServerSentEvent(data=data, event=name)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, OverloadedError),
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}, RateLimitError),
        ({"error": {"code": 500, "message": "bad", "type": "server_error"}}, ServerError),
    ],
)
def test_errors_in_a_stream(data: Any, kind: type[DragomanError]) -> None:
    decoder = AnthropicMessages().decoder()
    with pytest.raises(kind) as caught:
        decoder.feed(ServerSentEvent(data=json.dumps(data).encode(), event="error"))
    assert caught.value.retryable is True


def test_error_event_that_is_not_json() -> None:
    with pytest.raises(ProviderError, match="upstream went away"):
        AnthropicMessages().decoder().feed(ServerSentEvent(data=b"upstream went away", event="error"))


def test_done_does_not_complete_a_stream() -> None:
    """Some gateways send it after every stream."""
    decoder = AnthropicMessages().decoder()

    assert (list(decoder.feed(ServerSentEvent(data=b"[DONE]"))), decoder.done) == ([], True)


def test_empty_input_delta_is_ignored() -> None:
    events = as_stream(CALL, stop_reason="tool_use")
    empty = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": ""}}

    assert streamed(*events[:3], empty, *events[3:]).tool_calls[0].parse() == {"city": "Fez"}
