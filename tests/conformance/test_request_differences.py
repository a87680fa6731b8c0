"""What differs between two requests is told with its place; what a dialect may do is no difference."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from dragoman import (
    Bytes,
    ChatRequest,
    Data,
    Extension,
    FileRef,
    Media,
    Message,
    OutputFormat,
    Reasoning,
    Refusal,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Url,
)
from dragoman.testing.conformance.conversations import any_conversation
from dragoman.testing.conformance.request_differences import differences
from dragoman.testing.conformance.schema_differences import schema_differences

HI = Message("user", "hi")
PNG = Media(source=Bytes(data=b"png"), media_type="image/png")
TOOL = Tool(name="weather", description="Look.", schema={"type": "object", "properties": {"city": {"type": "string"}}})


def chat(*messages: Message, **more: Any) -> ChatRequest:
    return ChatRequest(model=more.pop("model", "m"), messages=messages or (HI,), **more)


def call(call_id: str, arguments: str = "{}", name: str = "weather") -> Message:
    return Message("assistant", ToolCall(name=name, call_id=call_id, arguments=arguments))


def result(call_id: str, content: Any = "Rain.", *, role: str = "tool", name: str = "", outcome: str = "ok") -> Message:
    return Message(role, ToolResult(call_id=call_id, name=name, content=content, outcome=outcome))


def shown(source: Any, media_type: str) -> ChatRequest:
    return chat(Message("user", Media(source=source, media_type=media_type)))


URL = Url(url="https://a.test/x")


@pytest.mark.parametrize(
    ("meant", "sent"),
    [
        (chat(HI, Message("user", "there")), chat(Message("user", "hi\n\nthere"))),
        (chat(Message("system", "a"), Message("system", "b"), HI), chat(Message("system", "a\n\nb"), HI)),
        (chat(), chat(model="")),
        (chat(HI, call("a"), result("a")), chat(HI, call("x9"), result("x9", role="user", name="weather"))),
        (
            chat(HI, call("a", '{"b": 1, "a": 2}'), result("a", {"x": [1]})),
            chat(HI, call("a", '{"a":2,"b":1}'), result("a", '{"x":[1]}')),
        ),
        (
            chat(HI, call("a"), result("a", {"x": 1}, outcome="error")),
            chat(HI, call("a"), result("a", 'It failed.\n{"x": 1}')),
        ),
        (
            chat(Message("assistant", [ToolCall(name="t", call_id="1"), Text(text="a")])),
            chat(Message("assistant", [Text(text="a"), ToolCall(name="t", call_id="1")])),
        ),
        (
            chat(HI, Message("assistant", [Reasoning(text="hm"), Extension(kind="a.b"), Refusal(text="No.")])),
            chat(HI, Message("assistant", "No.")),
        ),
        (chat(Message("user", Data(value={"a": 1}))), chat(Message("user", '{"a":1}'))),
        (shown(URL, "image/jpeg"), shown(URL, "image/*")),
        (shown(FileRef(file_id="f"), "application/pdf"), shown(FileRef(file_id="f"), "application/octet-stream")),
        (
            chat(HI, call("a"), result("a", [Text(text="b"), PNG])),
            chat(HI, call("a"), result("a", [Text(text="b"), PNG])),
        ),
        (chat(tools=(TOOL,), tool_choice=ToolChoice("none")), chat()),
        (chat(), chat(settings=Settings(max_tokens=9))),
        (chat(settings=Settings(effort="low")), chat()),
        (chat(tools=(ServerTool(id="a.b"),)), chat()),
        (chat(output=OutputFormat("json")), chat(output=OutputFormat("json"))),
    ],
)
def test_what_a_dialect_may_do_is_no_difference(meant: ChatRequest, sent: ChatRequest) -> None:
    assert differences(meant, sent) == []


@pytest.mark.parametrize(
    ("meant", "sent", "found"),
    [
        (chat(), chat(model="x"), "model: meant 'm', sent 'x'"),
        (chat(), chat(Message("assistant", "hi")), "turns: meant user; sent assistant"),
        (chat(Message("system", "a"), HI), chat(), "instructions: meant 'a', sent ''"),
        (chat(Message("system", "a"), HI), chat(HI, Message("system", "a")), "turns: meant user; sent user, system"),
        (chat(), chat(Message("user", "hello")), "turns[0] (user)[0]: meant 'hi', sent 'hello'"),
        (
            chat(Message("user", "a b")),
            chat(Message("user", "ab")),
            "turns[0] (user)[0]: meant 'a b', sent 'ab'",
        ),
        (
            chat(Message("user", [Text(text="hi"), PNG])),
            chat(),
            "turns[0] (user)[1]: meant image/png from Bytes",
        ),
        (
            chat(Message("user", PNG)),
            chat(),
            "sent 'hi'",
        ),
        (chat(HI, call("a", '{"a": 1}')), chat(HI, call("a", '"{}"')), "meant a call weather({'a': 1}), sent a call"),
        (chat(HI, call("a")), chat(HI, call("a", name="b")), "sent a call b({})"),
        (chat(HI, call("a"), result("a")), chat(HI, call("a"), result("")), "sent the result 'Rain.' of no call"),
        (chat(HI, call("a"), result("a", "x")), chat(HI, call("a"), result("a", "y")), "turns[2] (tool)[0]: meant the"),
        (chat(HI, call("a"), result("a")), chat(HI, call("a"), result("a", outcome="error")), "weather, error)"),
        (
            chat(HI, call("a"), result("a", [Text(text="b"), PNG])),
            chat(HI, call("a"), result("a", "b")),
            "turns[2] (tool)[0]",
        ),
        (
            chat(HI, call("a"), result("a", [PNG])),
            chat(HI, call("a"), result("a", [Media(source=URL, media_type="image/png")])),
            "turns[2] (tool)[0]",
        ),
        (shown(URL, "image/jpeg"), shown(URL, "video/*"), "meant image/jpeg from Url"),
        (shown(Bytes(data=b"a"), "image/png"), shown(Bytes(data=b"a"), "image/*"), "meant image/png from Bytes"),
        (chat(tools=(TOOL,)), chat(), "tools: meant weather; sent none"),
        (chat(), chat(tools=(TOOL,)), "tools: meant none; sent weather"),
        (chat(tools=(TOOL,)), chat(tools=(Tool(name="weather", schema=TOOL.schema),)), "tools.weather.description"),
        (
            chat(tools=(TOOL,)),
            chat(tools=(Tool(name="weather", description="Look."),)),
            "tools.weather.schema.properties: city is missing",
        ),
        (
            chat(tools=(TOOL,), tool_choice=ToolChoice("required")),
            chat(tools=(TOOL,)),
            "tool_choice: meant ToolChoice(kind='required'), sent",
        ),
        (chat(output=OutputFormat("json")), chat(), "output: meant json, sent text"),
        (
            chat(output=OutputFormat("json_schema", schema=TOOL.schema)),
            chat(output=OutputFormat("json_schema", schema={"type": "object"})),
            "output.schema.properties: city is missing",
        ),
        (chat(settings=Settings(seed=1)), chat(settings=Settings(seed=2)), "settings.seed: meant 1, sent 2"),
        (chat(settings=Settings(seed=1)), chat(), "settings.seed: meant 1, sent None"),
        (chat(), chat(settings=Settings(top_p=1)), "settings.top_p: meant None, sent 1"),
        (chat(settings=Settings(effort="low")), chat(settings=Settings(effort="high")), "settings.effort"),
    ],
)
def test_a_difference_is_told_with_its_place(meant: ChatRequest, sent: ChatRequest, found: str) -> None:
    assert found in "\n".join(differences(meant, sent))


def test_what_is_recorded_as_adjusted_is_no_difference() -> None:
    tuned = chat(settings=Settings(seed=1, temperature=2))
    assert differences(tuned, chat(settings=Settings(temperature=1)), {"seed": None, "temperature": 1}) == []
    assert differences(tuned, chat(settings=Settings(temperature=0)), {"seed": None, "temperature": 1})
    asked = chat(tools=(TOOL,), tool_choice=ToolChoice("required"))
    assert differences(asked, chat(tools=(TOOL,)), {"tool_choice": None}) == []


def test_a_later_system_message_may_be_moved_if_that_is_recorded() -> None:
    asked = chat(Message("system", "a"), HI, Message("system", "b"), Message("user", "there"))
    first = chat(Message("system", "a b"), HI, Message("user", "there"))
    user = chat(Message("system", "a"), Message("user", "hi b there"))
    lost = chat(Message("system", "a"), Message("user", "hi there"))
    for sent in (first, user):
        assert differences(asked, sent, {"system message": "user"}) == []
        assert differences(asked, sent)
    assert differences(asked, lost, {"system message": "user"})


def test_a_format_may_be_asked_for_in_words_or_with_a_tool() -> None:
    asked = chat(output=OutputFormat("json"))
    words = chat(Message("system", "Answer in JSON."), HI)
    tool = chat(tools=(TOOL,), tool_choice=ToolChoice("tool", "weather"), settings=Settings(parallel_tool_calls=False))
    assert differences(asked, words, {"output": "words"}) == []
    assert differences(asked, tool, {"json_schema": "tool"}) == []
    assert differences(asked, words)
    assert differences(asked, tool)


@given(messages=any_conversation(tools=True))
def test_a_conversation_is_the_same_as_itself_and_not_as_a_part_of_it(messages: list[Message]) -> None:
    assert differences(chat(*messages), chat(*messages)) == []
    if len(messages) > 1:
        assert differences(chat(*messages), chat(*messages[1:]))
        assert differences(chat(*messages), chat(*messages[:-1]))


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("meant", "sent"),
    [
        (STRING, {"type": "STRING", "additionalProperties": False}),
        (STRING, {"type": ["string", "null"]}),
        (STRING, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "string", "description": "Where."}, {"type": "string", "description": "Where. At most 9."}),
        ({"type": "object", "required": ["a"]}, {"type": "object", "required": ["a", "b"]}),
        ({"type": "array", "items": STRING}, {"type": "array", "items": STRING}),
        ({"type": "array", "items": False}, {"type": "array"}),
        ({}, STRING),
    ],
)
def test_a_schema_may_be_sent_in_another_form(meant: Any, sent: Any) -> None:
    assert list(schema_differences(meant, sent, "s")) == []


@pytest.mark.parametrize(
    ("meant", "sent", "found"),
    [
        (STRING, {}, "s.type: meant string, sent none"),
        ({"type": ["string", "null"]}, STRING, "s.type: meant null or string, sent string"),
        ({"enum": [1]}, {}, "s.enum: meant [1], sent None"),
        ({"description": "a"}, {}, "s.description: meant 'a', sent None"),
        ({"required": ["b", "a"]}, {}, "s.required: a, b is missing"),
        ({"items": STRING}, {}, "s.items.type: meant string, sent none"),
        ({"properties": {"a": STRING}}, {"properties": {"a": {}}}, "s.properties.a.type: meant string, sent none"),
        ({}, {"properties": {"a": {}}}, "s.properties: a was not meant"),
    ],
)
def test_what_a_schema_lacks_is_told_with_its_place(meant: Any, sent: Any, found: str) -> None:
    assert list(schema_differences(meant, sent, "s")) == [found]
