"""A mark of a cached prefix is sent where the wire has one, and recorded as not sent where it has none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dragoman import LLM, Capabilities, ChatRequest, HistoryRules, Settings, fit
from dragoman.spec.message_formats import read_messages
from dragoman.spec.tool_formats import read_tool
from properties.test_histories import CONFIGS

TAKEN_BY = {"anthropic", "openrouter", "litellm_proxy"}
MARK = {"cache_control": {"type": "ephemeral"}}
MARKS = st.sampled_from([{}, MARK])


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Draw messages of plain data in two wire formats, and a tool, with marks at any place that may have one."""
    mark = lambda: draw(MARKS)  # noqa: E731  # it is drawn anew at each place
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aQ=="}}
    question: Any = draw(st.sampled_from(["hi", [{"type": "text", "text": "hi", **mark()}, {**image, **mark()}]]))
    chat = draw(st.booleans())
    function = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    use = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    found: Any = draw(st.sampled_from(["found", [{"type": "text", "text": "found", **mark()}]]))
    said = [{"type": "text", "text": "a", **mark()}]
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "be brief", **mark()}]},
        {"role": "user", "content": question, **(mark() if isinstance(question, str) else {})},
        *(
            [
                {"role": "assistant", "content": said, "tool_calls": [{**function, **mark()}]},
                {"role": "tool", "tool_call_id": "c", "content": found, **mark()},
            ]
            if chat
            else [
                {"role": "assistant", "content": [*said, {**use, **mark()}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": found, **mark()}]},
            ]
        ),
    ]
    return messages, [{"name": "f", "input_schema": {"type": "object", "properties": {}}, **mark()}]


@pytest.mark.parametrize("provider", CONFIGS)
@settings(max_examples=60, deadline=None)
@given(conversations())
def test_every_mark_is_sent_or_recorded(provider: str, asked: tuple[list[Any], list[Any]]) -> None:
    messages, tools = asked
    given_marks = json.dumps(asked).count("cache_control")
    llm = LLM(CONFIGS[provider])

    sent = json.dumps(llm.build_request(messages, tools=tools).body)

    assert sent.count("cache_control") == (given_marks if provider in TAKEN_BY else 0)
    request = ChatRequest(
        model="m",
        messages=read_messages(messages, provider),
        tools=(read_tool(tools[0], "tools[0]", provider),),
        settings=Settings(),
    )
    rules = HistoryRules(cache_marks=provider if provider in TAKEN_BY else None)
    _, notes = fit(request, Capabilities(history=rules))
    assert len(notes) == (0 if provider in TAKEN_BY else given_marks)
    assert all(note.kind == "dropped" and note.feature.endswith(".cache_control") for note in notes)
