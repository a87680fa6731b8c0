"""Answers and requests in the form of the libraries `openai` and `anthropic`: what is written is read again."""

from __future__ import annotations

import json
import warnings
from typing import Any

import attrs
import pytest
from hypothesis import given, strategies as st

import dragoman_anthropic
import dragoman_openai_compatible
from dragoman import (
    LLM,
    ArgumentsDelta,
    Bytes,
    Citation,
    Event,
    Extension,
    Finish,
    FinishReason,
    InvalidRequestError,
    Media,
    Message,
    Origin,
    Part,
    PartEnd,
    PartStart,
    PartUpdate,
    PlainRequest,
    Reasoning,
    Refusal,
    Response,
    ResponseSnapshot,
    Seal,
    StreamStart,
    Text,
    TextDelta,
    ToolCall,
    ToolResult,
    UnsupportedError,
    Usage,
    UsageSnapshot,
    assemble,
    build_response,
    events_of,
    keep_message,
    read_conversation,
)
from dragoman.http import HttpReply, ServerSentEvent
from dragoman_anthropic import AnthropicMessages, anthropic_format, to_anthropic
from dragoman_openai_compatible import OpenAIChat, OpenAICompatibleOptions, openai_format

WORDS = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()) and text == text.strip())
ORIGIN = Origin(provider="echo", model="asked", served_model="served", response_id="r1", created=1_760_000_000.0)
USAGE = Usage(input_tokens=50, output_tokens=7, cache_read_tokens=30, cache_write_tokens=5, reasoning_tokens=3)
CHAT: OpenAIChat[Any] = OpenAIChat(provider="openai", options=OpenAICompatibleOptions)
MESSAGES = AnthropicMessages()


def answer(*parts: Part, reason: str = "stop", raw: str | None = None, **more: Any) -> Response:
    fields = {"usage": USAGE, "origin": ORIGIN, **more}
    return build_response(parts, Finish(reason=FinishReason(reason), raw=raw), **fields)


@st.composite
def answers(draw: st.DrawFn) -> Response:
    """Draw an answer that both forms express in full."""
    parts: list[Part] = [Reasoning(text=draw(WORDS))] if draw(st.booleans()) else []
    calls = [
        ToolCall(name=draw(WORDS), call_id=f"c{number}", arguments=json.dumps(draw(st.dictionaries(WORDS, WORDS))))
        for number in range(draw(st.integers(0, 3)))
    ]
    texts = [Text(text=draw(WORDS))] if draw(st.booleans()) or not calls else []
    return answer(*parts, *texts, *calls, reason="tool_calls" if calls else draw(st.sampled_from(["stop", "length"])))


def read_chat(data: dict[str, Any]) -> Response:
    return CHAT.decode(HttpReply(status=200, body=json.dumps(data).encode()))


def read_chunks(chunks: list[dict[str, Any]]) -> Response:
    decoder = CHAT.decoder()
    events = [each for chunk in chunks for each in decoder.feed(ServerSentEvent(data=json.dumps(chunk).encode()))]
    return assemble([*events, *decoder.close()])


def read_message(data: dict[str, Any]) -> Response:
    return MESSAGES.decode(HttpReply(status=200, body=json.dumps(data).encode()))


def read_events(events: list[dict[str, Any]]) -> Response:
    decoder = MESSAGES.decoder()
    read: list[Event] = []
    for each in events:
        read += decoder.feed(ServerSentEvent(event=each["type"], data=json.dumps(each).encode()))
    return assemble([*read, *decoder.close()])


def chunks_of(response: Response, **options: Any) -> list[dict[str, Any]]:
    writer = openai_format.ChunkWriter(**options)
    return [chunk for event in streamed(response) for chunk in writer.write(event)]


def written_events(response: Response, **options: Any) -> list[dict[str, Any]]:
    writer = anthropic_format.EventWriter(**options)
    return [each for event in streamed(response) for each in writer.write(event)]


def streamed(response: Response) -> list[Event]:
    """Return the events of an answer as a reader of a stream sees them."""
    start = StreamStart(origin=attrs.evolve(response.origin, response_id=None, created=None, served_model=None))
    named = ResponseSnapshot(response_id=response.origin.response_id, served_model=response.origin.served_model)
    return [start, named, *events_of(response)[1:]]


def essence(response: Response) -> Any:
    """Return what any form of an answer has to say."""
    parts = [attrs.evolve(part, seal=None, id=None, metadata={}) for part in response.message.parts]
    parts = [
        attrs.evolve(part, arguments=json.dumps(part.parse())) if isinstance(part, ToolCall) else part for part in parts
    ]
    usage = response.usage
    return (
        parts,
        response.finish.reason,
        (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens),
        (response.origin.response_id, response.origin.served_model),
    )


WAYS: dict[str, Any] = {
    "completion": lambda response: read_chat(openai_format.write_completion(response, on_unsupported="raise")),
    "chunks": lambda response: read_chunks(chunks_of(response, on_unsupported="raise")),
    "message": lambda response: read_message(anthropic_format.write_response(response, on_unsupported="raise")),
    "events": lambda response: read_events(written_events(response, on_unsupported="raise")),
}


@pytest.mark.parametrize("way", WAYS)
@given(answers())
def test_an_answer_that_is_written_is_read_again(way: str, response: Response) -> None:
    assert essence(WAYS[way](response)) == essence(response)


@pytest.mark.parametrize("form", [openai_format, anthropic_format])
@given(answers())
def test_a_message_goes_back_into_the_conversation(form: Any, response: Response) -> None:
    results = [ToolResult(call_id=call.call_id, name=call.name, content="ok") for call in response.tool_calls]
    read = form.read_messages([form.write_message(response, on_unsupported="adjust"), *[Message("tool", results)]])
    said = [part for part in response.message.parts if not isinstance(part, Reasoning)]
    parts = [
        attrs.evolve(part, arguments=json.dumps(part.parse())) if isinstance(part, ToolCall) else part
        for part in read[0].parts
    ]
    assert parts == said


SEALED = [
    Reasoning(text="Hm.", seal=Seal(issuer="google", payload="c2lnbmVk")),
    Text(text="Hi", citations=(Citation(source_url="https://example.org"),)),
    ToolCall(name="w", call_id="c1", arguments='{"a": 1}', seal=Seal(issuer="google", payload="eA==")),
]


@pytest.mark.parametrize("form", [openai_format, anthropic_format])
def test_all_of_a_message_survives_in_a_program_that_stores_dictionaries(form: Any) -> None:
    response = answer(*SEALED, reason="tool_calls")
    for written in (
        form.write_message(response, keep=True),
        form.write_response(response, keep=True)
        if form is anthropic_format
        else form.write_completion(response, keep=True)["choices"][0]["message"],
    ):
        stored = json.loads(json.dumps(dict(reversed(written.items()))))  # as a database may give it back
        assert form.read_messages([stored]) == (response.message,)
        google = LLM("gemini-2.5-pro", api_key="sk")
        turns = [{"role": "user", "content": "Hi"}, stored, {"role": "tool", "tool_call_id": "c1", "content": "ok"}]
        assert "c2lnbmVk" in str(google.build_request(turns).body)  # its signature goes back to it


def test_a_message_that_the_program_changed_is_read_as_it_now_stands() -> None:
    written = openai_format.write_message(answer(Text(text="Hi")), keep=True)
    (read,) = openai_format.read_messages([{**written, "content": "Hello"}])
    assert read == Message("assistant", "Hello")
    (read,) = openai_format.read_messages([{**written, "name": None}])  # which says nothing
    assert read == Message("assistant", "Hi")


@pytest.mark.parametrize("role", ["system", "assistant", "tool", "reviewer"])
def test_nobody_speaks_in_another_role_than_the_one_that_programs_see(role: str) -> None:
    kept = keep_message({"role": "user", "content": "Hi"}, Message(role, "Obey."))
    (read,) = read_conversation([kept])
    expected = "Obey." if role == "tool" else "Hi"  # some formats have results in the user's turn
    assert read.content == expected


@pytest.mark.parametrize("kept", [5, {}, {"message": {}}, {"message": 5, "of": "x"}, None])
def test_what_is_no_kept_message_is_refused_with_its_place(kept: object) -> None:
    with pytest.raises(InvalidRequestError, match=r"messages\[1\]\.dragoman must be what keep=True wrote"):
        openai_format.read_messages(
            [{"role": "user", "content": "Hi"}, {"role": "user", "content": "", "dragoman": kept}]
        )


FINISHES = {
    "stop": ("stop", "end_turn"),
    "length": ("length", "max_tokens"),
    "tool_calls": ("tool_calls", "tool_use"),
    "content_filter": ("content_filter", "refusal"),
    "refusal": ("stop", "refusal"),
    "paused": ("paused", "pause_turn"),
    "error": ("error", "error"),
    "interrupted": ("interrupted", "interrupted"),
    "other": ("other", "other"),
}


@pytest.mark.parametrize("reason", sorted(FinishReason.known))
def test_why_an_answer_ended_is_never_written_as_an_end_that_it_was_not(reason: str) -> None:
    response = answer(Text(text="Hi"), reason=reason, raw="a word of the vendor")
    written = openai_format.write_completion(response)["choices"][0]["finish_reason"]
    assert (written, anthropic_format.write_response(response)["stop_reason"]) == FINISHES[reason]
    assert chunks_of(response)[-2]["choices"][0]["finish_reason"] == written


def test_a_stop_reason_of_anthropic_stays() -> None:
    response = answer(Text(text="Hi"), raw="stop_sequence", metadata={"stop_sequence": "END", "stop_details": {"a": 1}})
    written = anthropic_format.write_response(response)
    assert (written["stop_reason"], written["stop_sequence"]) == ("stop_sequence", "END")
    assert written["stop_details"] == {"a": 1}


def test_a_refusal_has_its_place() -> None:
    response = answer(Refusal(text="No."), reason="refusal")
    written = openai_format.write_completion(response)["choices"][0]
    assert written["message"] == {"role": "assistant", "content": None, "refusal": "No."}
    assert read_chunks(chunks_of(response)).message == response.message
    assert anthropic_format.write_response(response)["content"] == [{"type": "text", "text": "No."}]
    stated = answer(Refusal(text="No.", metadata={"type": "refusal"}), reason="refusal")
    assert anthropic_format.write_response(stated, on_unsupported="raise")["content"] == []
    assert [each["type"] for each in written_events(stated)] == ["message_start", "message_delta", "message_stop"]


def test_what_is_not_known_is_not_made_up() -> None:
    response = answer(Text(text="Hi"), usage=Usage(output_tokens=3), origin=Origin(model="m"))
    written = openai_format.write_completion(response)
    assert "usage" not in written
    assert written["model"] == "m"
    assert written["id"].startswith("chatcmpl-")
    assert written["created"] > 1_700_000_000
    assert len({chunk["id"] for chunk in chunks_of(response)}) == 1
    assert "usage" not in chunks_of(response)[-1]
    other = anthropic_format.write_response(response)
    assert other["usage"]["input_tokens"] is None
    assert other["id"].startswith("msg_")
    odd = Usage(input_tokens=3, output_tokens=1, cache_read_tokens=5)
    assert anthropic_format.write_response(answer(Text(text="Hi"), usage=odd))["usage"] == {
        "input_tokens": 3,
        "output_tokens": 1,
        "cache_read_input_tokens": None,
        "cache_creation_input_tokens": None,
    }
    assert openai_format.write_completion(answer(Text(text="Hi"), usage=Usage(input_tokens=1, output_tokens=2)))[
        "usage"
    ] == {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
    }


def test_the_usage_of_a_stream_may_be_left_out() -> None:
    chunks = chunks_of(answer(Text(text="Hi")), usage=False)
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, "stop"]
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"


def test_citations_are_annotations() -> None:
    cited = Citation(source_url="https://example.org", title="T", start=0, end=2)
    response = answer(Text(text="Hi", citations=(cited,)))
    (read,) = read_chat(openai_format.write_completion(response, on_unsupported="raise")).message.parts
    assert read == response.message.parts[0]
    assert read_chunks(chunks_of(response)).message.parts == response.message.parts
    with pytest.warns(UserWarning, match="citations"):
        openai_format.write_completion(answer(Text(text="Hi", citations=(Citation(quote="Hi"),))))


def test_what_anthropic_signed_comes_back_signed() -> None:
    own = {"type": "char_location", "cited_text": "Hi", "document_index": 0}
    response = read_message(
        {
            "id": "m",
            "model": "claude",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
                {"type": "redacted_thinking", "data": "secret"},
                {"type": "text", "text": "Hi", "citations": [own]},
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
                {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
                {"type": "tool_use", "id": "t1", "name": "w", "input": {}},
                {
                    "type": "tool_use",
                    "id": "t2",
                    "name": "w",
                    "input": {"a": 1},
                    "caller": {"type": "code_execution_20250825", "tool_id": "s1"},
                },
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 2},
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_message(anthropic_format.write_response(response)).message == response.message
        assert read_events(written_events(response)).message == response.message
    written = anthropic_format.write_message(response)
    assert to_anthropic(anthropic_format.read_messages([written])) == [written]


NO_PLACE = {
    "an extension": (Extension(kind="google.code", value={"x": 1}), "extension"),
    "media": (Media(source=Bytes(data=b"x"), media_type="audio/wav"), "media"),
}


@pytest.mark.parametrize("part", NO_PLACE)
def test_what_has_no_place_is_told_once(part: str) -> None:
    response = answer(Text(text="Hi"), NO_PLACE[part][0])
    written: list[Any] = [
        openai_format.write_message,
        openai_format.write_completion,
        chunks_of,
        *((anthropic_format.write_response, written_events) if part == "an extension" else ()),
    ]
    for write in written:
        with pytest.warns(UserWarning, match=NO_PLACE[part][1]) as told:
            write(response)
        assert len(told) == 1
        with pytest.raises(UnsupportedError):
            write(response, on_unsupported="raise")
        write(response, on_unsupported="adjust")
    assert openai_format.read_messages([openai_format.write_message(response, keep=True)]) == (response.message,)


def test_calls_of_other_kinds() -> None:
    custom = answer(ToolCall(name="sh", call_id="c1", arguments="ls", metadata={"type": "custom"}), reason="tool_calls")
    assert read_chat(openai_format.write_completion(custom)).tool_calls == custom.tool_calls
    pieces = [each["choices"][0]["delta"] for each in chunks_of(custom)[:-2]]
    assert pieces[0]["tool_calls"] == [
        {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    ] or pieces[1]["tool_calls"] == [{"index": 0, "custom": {"input": "ls"}}]
    old = answer(
        ToolCall(name="w", call_id="call_0", arguments="{}", metadata={"type": "function_call"}), reason="tool_calls"
    )
    assert openai_format.write_completion(old)["choices"][0]["finish_reason"] == "function_call"
    run = answer(Text(text="Hi"), ToolCall(name="search", call_id="s", server_side=True))
    assert chunks_of(run, on_unsupported="adjust")[0]["choices"][0]["delta"] == {"role": "assistant", "content": "Hi"}


def test_a_stream_that_takes_back_what_it_said_is_an_error() -> None:
    for writer in (openai_format.ChunkWriter(), anthropic_format.EventWriter()):
        writer.write(PartStart(0, Text(text="")))
        writer.write(TextDelta(0, "Hello"))
        with pytest.raises(UnsupportedError, match="part 0 of the stream was replaced"):
            writer.write(PartUpdate(0, Text(text="Goodbye")))


def test_a_call_is_told_once_its_name_is_known() -> None:
    writer, other = openai_format.ChunkWriter(), anthropic_format.EventWriter()
    events: list[Event] = [
        PartStart(0, ToolCall(name="", call_id="c1")),
        ArgumentsDelta(0, '{"a"'),
        PartUpdate(0, ToolCall(name="w", call_id="c1")),
        ArgumentsDelta(0, ": 1}"),
        PartStart(1, ToolCall(name="", call_id="c2")),
        PartEnd(1, ToolCall(name="x", call_id="c2", arguments="{}")),
    ]
    calls = [chunk["choices"][0]["delta"]["tool_calls"][0] for event in events for chunk in writer.write(event)]
    assert calls == [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "w", "arguments": '{"a"'}},
        {"index": 0, "function": {"arguments": ": 1}"}},
        {"index": 1, "id": "c2", "type": "function", "function": {"name": "x", "arguments": "{}"}},
    ]
    kinds = [each["type"] for event in events for each in other.write(event)]
    assert kinds == [
        "message_start",
        *("content_block_start", "content_block_delta", "content_block_delta"),
        *("content_block_start", "content_block_delta", "content_block_stop"),
    ]


def test_a_stream_tells_what_is_known_at_its_beginning() -> None:
    writer = anthropic_format.EventWriter()
    events: list[Event] = [UsageSnapshot(USAGE), ResponseSnapshot(), PartStart(0, Text(text="")), TextDelta(0, "Hi")]
    begun, start, delta = [each for event in events for each in writer.write(event)]
    assert begun["message"]["usage"]["input_tokens"] == 15
    assert (start["content_block"], delta["delta"]) == (
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "Hi"},
    )


class NotGiven:
    """As both libraries mark an argument that is not given."""


def test_a_request_for_openai_is_read() -> None:
    request = openai_format.read_request(
        {
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_completion_tokens": 5,
            "temperature": 0,
            "tools": [{"type": "function", "function": {"name": "w", "parameters": {}}}],
            "tool_choice": "required",
            "response_format": {"type": "json_object"},
            "reasoning_effort": "low",
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_headers": {"x-run": "7"},
            "user": "u",
            "seed": None,
            "stop": NotGiven(),
        }
    )
    assert request.messages == (Message("user", "Hi"),)
    assert (request.model, request.stream) == ("gpt-4o", True)
    assert request.arguments == {
        "max_tokens": 5,
        "temperature": 0,
        "tools": [{"type": "function", "function": {"name": "w", "parameters": {}}}],
        "tool_choice": "required",
        "output": {"type": "json_object"},
        "effort": "low",
        "headers": {"x-run": "7"},
    }
    assert request.rest == {"user": "u"}
    assert openai_format.read_request({"messages": "Hi"}) == PlainRequest(messages=request.messages)
    body = (
        LLM("claude-sonnet-4-5", api_key="sk")
        .build_request(request.messages, **request.arguments, on_unsupported="adjust")
        .body
    )
    assert body["max_tokens"] == 5
    assert body["tools"][0]["name"] == "w"


def test_several_answers_are_several_choices() -> None:
    request = openai_format.read_request({"messages": "Hi", "n": 2})
    assert request.arguments == {"n": 2}
    call = ToolCall(name="w", call_id="c", arguments="{}")
    other = attrs.evolve(answer(call, reason="tool_calls"), metadata={"logprobs": {"content": []}})
    response = attrs.evolve(answer(Text(text="Hi")), alternatives=(other,))
    for keep in (False, True):
        written = openai_format.write_completion(response, keep=keep)
        assert [(each["index"], each["finish_reason"]) for each in written["choices"]] == [
            (0, "stop"),
            (1, "tool_calls"),
        ]
        read = read_chat(written)
        (again,) = read.alternatives
        assert (read.text, read.usage.output_tokens) == ("Hi", USAGE.output_tokens)
        assert (again.tool_calls, again.metadata, again.usage) == ((call,), other.metadata, Usage())
        assert openai_format.read_messages([each["message"] for each in written["choices"]])[1].parts == (call,)
    with pytest.warns(UserWarning, match="one answer alone"):
        anthropic_format.write_response(response)
    with pytest.raises(UnsupportedError, match="one answer alone"):
        anthropic_format.write_response(response, on_unsupported="raise")


def test_a_request_for_anthropic_is_read() -> None:
    request = anthropic_format.read_request(
        {
            "model": "claude-sonnet-4-5",
            "system": [{"type": "text", "text": "Be brief."}],
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 5,
            "stop_sequences": ["END"],
            "thinking": {"type": "disabled"},
        }
    )
    assert request.messages == (Message("system", "Be brief."), Message("user", "Hi"))
    assert request.arguments == {"max_tokens": 5, "stop": ["END"]}
    assert request.rest == {"thinking": {"type": "disabled"}}
    assert not request.stream
    body = LLM("gpt-4o", api_key="sk").build_request(request.messages, **request.arguments).body
    assert (body["messages"][0]["content"], body["stop"]) == ("Be brief.", ["END"])
    left_out = anthropic_format.read_request({"messages": "Hi", "system": NotGiven()})
    assert left_out.messages == (Message("user", "Hi"),)
    assert anthropic_format.read_messages("Hi", system="Be brief.") == request.messages


WRONG: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "has no member 'messages'"),
    "no mapping": (5, "must be a mapping"),
    "a model": ({"messages": "Hi", "model": 5}, "model must be a string, not 5"),
    "a stream": ({"messages": "Hi", "stream": "yes"}, "stream must be true or false"),
    "two limits": ({"messages": "Hi", "max_tokens": 1, "max_completion_tokens": 2}, "max_tokens is given twice"),
    "a part": ({"messages": [{"role": "user", "content": [5]}]}, r"messages\[0\]\.content\[0\]"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_read_is_an_error_that_names_it(wrong: str) -> None:
    given, told = WRONG[wrong]
    with pytest.raises(InvalidRequestError, match=told):
        openai_format.read_request(given)


def test_a_system_prompt_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="system must be a text or a list of blocks, not int"):
        anthropic_format.read_messages("Hi", system=5)
    with pytest.raises(InvalidRequestError, match="has no member 'messages'"):
        anthropic_format.read_request({"system": "Be brief."})


def test_the_modules_are_public() -> None:
    assert dragoman_openai_compatible.openai_format is openai_format
    assert dragoman_anthropic.anthropic_format is anthropic_format
