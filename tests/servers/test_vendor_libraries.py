"""The libraries of two vendors take what `openai_format` and `anthropic_format` write: their types and clients do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    Citation,
    Finish,
    Origin,
    Part,
    Reasoning,
    Refusal,
    Response,
    Seal,
    StreamStart,
    Text,
    ToolCall,
    Usage,
    build_response,
    events_of,
)
from dragoman_anthropic import anthropic_format
from dragoman_openai_compatible import openai_format
from servers.echo_as_vendors import EchoAsVendors

USAGE = Usage(input_tokens=50, output_tokens=7, cache_read_tokens=30, reasoning_tokens=3)
CITED = Citation(source_url="https://example.org", title="T", start=0, end=2)
CALL = ToolCall(name="weather", call_id="call_1", arguments='{"city": "Oslo"}')
PARTS: dict[str, tuple[str, tuple[Part, ...]]] = {
    "a text": ("stop", (Text(text="Hi ☃"),)),
    "a text that was cut": ("length", (Text(text="Hi"),)),
    "reasoning": ("stop", (Reasoning(text="Hm."), Text(text="Hi"))),
    "signed reasoning": ("stop", (Reasoning(text="Hm.", seal=Seal(issuer="anthropic", payload="s")), Text(text="Hi"))),
    "calls": ("tool_calls", (Text(text="Look."), CALL, ToolCall(name="clock", call_id="call_2", arguments="{}"))),
    "a refusal": ("refusal", (Refusal(text="No."),)),
    "a filtered text": ("content_filter", (Text(text="Hi"),)),
}
TOOL: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
QUESTION = [{"role": "user", "content": "Oslo"}]


def answer(name: str) -> Response:
    reason, parts = PARTS[name]
    return build_response(parts, Finish(reason=reason), usage=USAGE, origin=Origin(model="m", created=1.0))


@pytest.mark.parametrize("name", PARTS)
def test_the_types_of_openai_accept_what_is_written(name: str) -> None:
    chat = pytest.importorskip("openai.types.chat", reason="the library openai is not installed here")
    response = answer(name)
    completion = chat.ChatCompletion.model_validate(openai_format.write_completion(response), strict=True)
    assert (completion.choices[0].message.content or "") == response.text
    assert completion.usage.prompt_tokens_details.cached_tokens == 30
    writer = openai_format.ChunkWriter()
    written = [chunk for event in events_of(response) for chunk in writer.write(event)]
    chunks = [chat.ChatCompletionChunk.model_validate(chunk, strict=True) for chunk in written]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == response.text
    message = completion.choices[0].message  # an object of the library goes back as it is
    (read,) = openai_format.read_messages([message])
    assert read.content == response.text
    assert [call.parse() for call in read.of_type(ToolCall)] == [call.parse() for call in response.tool_calls]


def test_the_types_of_openai_accept_a_citation() -> None:
    chat = pytest.importorskip("openai.types.chat", reason="the library openai is not installed here")
    response = build_response((Text(text="Hi", citations=(CITED,)),), Finish(reason="stop"), origin=Origin(model="m"))
    completion = chat.ChatCompletion.model_validate(openai_format.write_completion(response), strict=True)
    assert completion.choices[0].message.annotations[0].url_citation.title == "T"


@pytest.mark.parametrize("name", PARTS)
def test_the_types_of_anthropic_accept_what_is_written(name: str) -> None:
    types = pytest.importorskip("anthropic.types", reason="the library anthropic is not installed here")
    pydantic = pytest.importorskip("pydantic")
    response = answer(name)
    message = types.Message.model_validate(anthropic_format.write_response(response), strict=True)
    told = response.text or response.refusal or ""
    assert "".join(block.text for block in message.content if block.type == "text") == told
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (20, 30)
    writer = anthropic_format.EventWriter()
    start = StreamStart(origin=Origin(model="m"))
    written = [each for event in [start, *events_of(response)] for each in writer.write(event)]
    events = pydantic.TypeAdapter(types.RawMessageStreamEvent)
    began, *rest = written
    assert began["message"]["usage"]["input_tokens"] is None  # not known yet, which the type has no place for
    read = [events.validate_python(each, strict=True) for each in rest]
    assert read[-2].delta.stop_reason == message.stop_reason


def test_the_client_of_openai_gathers_a_stream_with_calls() -> None:
    openai = pytest.importorskip("openai", reason="the library openai is not installed here")
    tools = [{"type": "function", "function": {"name": "weather", "parameters": TOOL}}]
    with EchoAsVendors(), openai.OpenAI() as client:
        whole = client.chat.completions.create(model="gpt-4o", messages=QUESTION, tools=tools).choices[0]
        with client.chat.completions.stream(model="gpt-4o", messages=QUESTION, tools=tools) as stream:
            streamed = stream.get_final_completion().choices[0]
        assert streamed.finish_reason == whole.finish_reason == "tool_calls"
        for choice in (whole, streamed):
            (call,) = choice.message.tool_calls
            assert (call.id, call.function.name, json.loads(call.function.arguments)) == (
                "call_1",
                "weather",
                {"city": "Oslo"},
            )


def test_the_client_of_anthropic_gathers_a_stream_with_calls() -> None:
    anthropic = pytest.importorskip("anthropic", reason="the library anthropic is not installed here")
    asked: dict[str, Any] = {"model": "claude-opus-4-8", "max_tokens": 50, "messages": QUESTION}
    tools = [{"name": "weather", "input_schema": TOOL}]
    with EchoAsVendors(), anthropic.Anthropic() as client:
        whole = client.messages.create(**asked, tools=tools)
        with client.messages.stream(**asked, tools=tools) as stream:
            streamed = stream.get_final_message()
        for message in (whole, streamed):
            (block,) = message.content
            assert (block.id, block.name, block.input) == ("call_1", "weather", {"city": "Oslo"})
            assert (message.stop_reason, message.usage.output_tokens) == ("tool_use", 2)
        with client.messages.stream(**asked) as stream:
            assert "".join(stream.text_stream) == "Oslo"
