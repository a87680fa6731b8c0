from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    Extension,
    FinishReason,
    Message,
    ProtocolError,
    Refusal,
    Text,
    ToolCall,
)
from plugins.anthropic_calls import (
    CALL,
    CITED,
    FOUND,
    REDACTED,
    SEARCH,
    THOUGHT,
    WEATHER,
    answer,
    as_stream,
    decoded,
    kinds,
    streamed,
    wire,
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
        ("tool_use", FinishReason.TOOL_CALLS),
        ("pause_turn", FinishReason.PAUSED),
        ("compaction", FinishReason.PAUSED),
        ("refusal", FinishReason.REFUSAL),
        ("something_new", FinishReason.OTHER),
        (None, FinishReason.OTHER),
    ],
)
def test_finish_reasons(raw: str | None, reason: FinishReason) -> None:
    finish = decoded(answer({"type": "text", "text": "hi"}, stop_reason=raw)).finish

    assert (finish.reason, finish.raw) == (reason, raw)
    if raw is not None:
        assert streamed(*as_stream({"type": "text", "text": "hi"}, stop_reason=raw)).finish == finish


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "hello"}],
        [THOUGHT, REDACTED, {"type": "text", "text": "hello"}, CALL],
        [SEARCH, FOUND, CITED],
        [{"type": "compaction", "content": "so far so good"}, {"type": "text", "text": "on"}],
        [{"type": "brand_new", "of": {"n": 1}}, CALL, {**CALL, "id": "toolu_2", "input": {}}],
        [{**CALL, "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_1"}}],
    ],
)
def test_stream_equals_reply_and_next_turn_sends_it_back(content: list[Any]) -> None:
    whole = decoded(answer(*content))
    live = streamed(*as_stream(*content))

    assert live.message == whole.message
    assert (live.finish, live.usage.output_tokens, live.origin) == (whole.finish, 3, whole.origin)
    sent = wire(Message("user", "hi"), whole.message, Message("user", "go on"), tools=(WEATHER,))
    sent_back = json.loads(sent.body)["messages"][1]["content"]
    assert sent_back == ("hello" if sent_back == "hello" else content)
    assert kinds(sent) == []


def test_server_tool_calls_are_not_for_the_caller() -> None:
    response = decoded(answer(SEARCH, FOUND, stop_reason="pause_turn"))

    call, found = response.message.parts
    assert isinstance(call, ToolCall)
    assert (call.server_side, response.tool_calls) == (True, ())
    assert isinstance(found, Extension)
    assert (found.kind, found.value) == ("anthropic.web_search_tool_result", FOUND)


def test_citations() -> None:
    place = {"type": "page_location", "document_index": 0, "document_title": "A", "cited_text": "x"}
    place = {**place, "start_page_number": 2}
    response = decoded(answer({"type": "text", "text": "a", "citations": [place]}, CITED))

    first, second = (part.citations[0] for part in response.message.of_type(Text))
    assert (first.document_id, first.title, first.quote) == ("0", "A", "x")
    assert first.metadata["start_page_number"] == 2
    assert (second.source_url, second.title, second.quote) == ("https://camels.test", "Camels", "they walk")


def test_refusal_has_a_category_and_is_not_sent_back() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "This was blocked."}
    whole = decoded(answer(stop_reason="refusal", stop_details=details))
    live = streamed(*as_stream(stop_reason="refusal", stop_details=details))

    assert (whole.refusal, whole.message.of_type(Refusal)[0].category) == ("This was blocked.", "cyber")
    assert (live.message, live.finish, live.metadata) == (whole.message, whole.finish, whole.metadata)
    assert kinds(wire(Message("user", "hi"), whole.message)) == [("dropped", "refusal")]


def test_input_tokens_include_the_cache() -> None:
    report = {
        "input_tokens": 5,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 20,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    usage = decoded(answer(usage=report)).usage

    assert (usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (125, 100, 20)
    assert (usage.output_tokens, usage.reasoning_tokens, usage.raw) == (7, 3, report)
    assert decoded(answer(usage={})).usage.input_tokens is None
    assert decoded(answer(usage={"output_tokens": -1})).usage.output_tokens is None


def test_usage_reports_are_merged_by_member() -> None:
    events = as_stream({"type": "text", "text": "hi"})
    events[0]["message"]["usage"] = {"input_tokens": 9, "cache_read_input_tokens": 4, "output_tokens": 1}
    events[-2]["usage"] = {"input_tokens": 11, "output_tokens": 5, "cache_read_input_tokens": None}

    usage = streamed(*events).usage

    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (15, 5, 4)


def test_metadata_of_a_response() -> None:
    response = decoded(answer(container={"id": "c1"}, stop_sequence="END", stop_details=None))

    assert response.metadata == {"container": {"id": "c1"}, "stop_sequence": "END"}
    assert (response.origin.response_id, response.origin.served_model) == ("msg_1", "claude-sonnet-4-5-20250929")


@pytest.mark.parametrize("body", [[], None, {"content": None}, {"choices": []}, "text"])
def test_reply_without_an_answer_is_an_error(body: Any) -> None:
    with pytest.raises(ProtocolError):
        decoded(body)


def test_input_is_counted_even_if_the_end_of_a_stream_says_zero() -> None:
    events = as_stream({"type": "text", "text": "hi"})
    events[0]["message"]["usage"] = {"input_tokens": 15, "output_tokens": 1}
    events[-2]["usage"] = {"input_tokens": 0, "output_tokens": 7}

    usage = streamed(*events).usage

    assert (usage.input_tokens, usage.output_tokens) == (15, 7)
