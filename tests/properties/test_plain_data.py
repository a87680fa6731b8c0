"""A conversation is the same request whichever form its plain data has: ours or one of three wire formats."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from dragoman import LLM, Bytes, Media, Message, Text, ToolCall, ToolResult
from properties.test_histories import CONFIGS

WORDS = st.text("abc äß", min_size=1, max_size=8).filter(lambda text: text == text.strip())
IMAGES = st.binary(min_size=1, max_size=6).map(lambda data: Media(source=Bytes(data=data), media_type="image/png"))
ARGUMENTS = st.dictionaries(st.sampled_from("xy"), st.integers(0, 9), max_size=2).map(json.dumps)


@attrs.frozen
class Turn:
    """Hold a question, and an answer with calls whose results follow."""

    question: list[Text | Media]
    text: str
    calls: list[ToolCall]
    results: list[str]


@st.composite
def turns(draw: st.DrawFn) -> list[Turn]:
    drawn: list[Turn] = []
    for turn in range(draw(st.integers(1, 2))):
        question = draw(st.lists(WORDS.map(lambda text: Text(text=text)) | IMAGES, min_size=1, max_size=3))
        count = draw(st.integers(0, 2))
        calls = [
            ToolCall(name=draw(st.sampled_from("fg")), call_id=f"c{turn}{at}", arguments=draw(ARGUMENTS))
            for at in range(count)
        ]
        drawn.append(Turn(question, draw(WORDS), calls, [draw(WORDS) for _ in calls]))
    return drawn


def ours(drawn: list[Turn]) -> list[Message]:
    messages: list[Message] = []
    for turn in drawn:
        messages += [Message("user", turn.question), Message("assistant", [Text(text=turn.text), *turn.calls])]
        results = [
            ToolResult(call_id=call.call_id, name=call.name, content=result)
            for call, result in zip(turn.calls, turn.results, strict=True)
        ]
        messages += [Message("tool", results)] if results else []
    return [*messages, Message("user", "go on")]


def as_dicts(drawn: list[Turn]) -> list[dict[str, Any]]:
    return [json.loads(json.dumps(message.to_dict())) for message in ours(drawn)]


def address(image: Media) -> str:
    assert isinstance(image.source, Bytes)
    return f"data:image/png;base64,{image.source.base64}"


def of_chat(drawn: list[Turn]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    for turn in drawn:
        content = [
            {"type": "text", "text": part.text}
            if isinstance(part, Text)
            else {"type": "image_url", "image_url": {"url": address(part)}}
            for part in turn.question
        ]
        calls = [
            {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in turn.calls
        ]
        messages.append({"role": "user", "content": content})
        messages.append({"role": "assistant", "content": turn.text, **({"tool_calls": calls} if calls else {})})
        messages += [
            {"role": "tool", "tool_call_id": call.call_id, "content": result}
            for call, result in zip(turn.calls, turn.results, strict=True)
        ]
    return [*messages, {"role": "user", "content": "go on"}]


def of_responses(drawn: list[Turn]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for turn in drawn:
        content = [
            {"type": "input_text", "text": part.text}
            if isinstance(part, Text)
            else {"type": "input_image", "image_url": address(part)}
            for part in turn.question
        ]
        said = [{"type": "output_text", "text": turn.text, "annotations": []}]
        items.append({"role": "user", "content": content})
        items.append({"type": "message", "role": "assistant", "content": said})
        items += [
            {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
            for call in turn.calls
        ]
        items += [
            {"type": "function_call_output", "call_id": call.call_id, "output": result}
            for call, result in zip(turn.calls, turn.results, strict=True)
        ]
    return [*items, {"role": "user", "content": "go on"}]


def of_blocks(drawn: list[Turn]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for turn in drawn:
        content = [
            {"type": "text", "text": part.text}
            if isinstance(part, Text)
            else {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": address(part).partition(",")[2]},
            }
            for part in turn.question
        ]
        calls = [
            {"type": "tool_use", "id": call.call_id, "name": call.name, "input": call.parse()} for call in turn.calls
        ]
        messages += [{"role": "user", "content": results}] if results else []
        messages.append({"role": "user", "content": content})
        messages.append({"role": "assistant", "content": [{"type": "text", "text": turn.text}, *calls]})
        results = [
            {"type": "tool_result", "tool_use_id": call.call_id, "content": result}
            for call, result in zip(turn.calls, turn.results, strict=True)
        ]
    messages += [{"role": "user", "content": results}] if results else []
    return [*messages, {"role": "user", "content": "go on"}]


FORMS = {"ours": as_dicts, "chat": of_chat, "responses": of_responses, "blocks": of_blocks}


def leaves(body: Any) -> Any:
    """Return a body whose arguments are compared as values: a form may write JSON with other spaces."""
    if isinstance(body, dict):
        return {name: _value(each) if name == "arguments" else leaves(each) for name, each in body.items()}
    if isinstance(body, list):
        return _with_neighbours_joined([leaves(each) for each in body])
    return body


def _value(arguments: Any) -> Any:
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def _with_neighbours_joined(items: list[Any]) -> list[Any]:
    """Put the calls and results of neighbouring messages together: some forms split a turn."""
    joined: list[Any] = []
    for each in items:
        last = joined[-1] if joined else None
        if _is_turn(last) and _is_turn(each) and last["role"] == each["role"] != "tool":
            joined[-1] = {**last, "content": last["content"] + each["content"]}
        else:
            joined.append(each)
    return joined


def _is_turn(item: Any) -> bool:
    return isinstance(item, dict) and "role" in item and isinstance(item.get("content"), list)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("provider", CONFIGS)
@settings(max_examples=25, deadline=None)
@given(turns())
def test_the_same_conversation_is_the_same_request(provider: str, form: str, drawn: list[Turn]) -> None:
    llm = LLM(CONFIGS[provider])

    assert leaves(llm.build_request(FORMS[form](drawn)).body) == leaves(llm.build_request(ours(drawn)).body)
