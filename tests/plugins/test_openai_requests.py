"""Recorded requests to OpenAI, read into the types of Dragoman, are encoded as the same bodies."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from dragoman import (
    LLM,
    Bytes,
    ChatRequest,
    Data,
    Extension,
    FileRef,
    LLMConfig,
    Media,
    Message,
    OutputFormat,
    Part,
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
from dragoman.http import loads
from dragoman_openai import dragoman_provider  # noqa: F401  # fails early if the plugin is not installed
from dragoman_openai.chat import OpenAIChatCompletions
from recordings import Recording, cases

SETTINGS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "reasoning_effort": "effort",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "parallel_tool_calls": "parallel_tool_calls",
    "n": "n",
}
AUDIO = {"wav": "audio/wav", "mp3": "audio/mpeg"}
OPTIONS = (
    "user",
    "store",
    "metadata",
    "modalities",
    "audio",
    "verbosity",
    "web_search_options",
    "functions",
    "function_call",
    "logit_bias",
    "prediction",
    "prompt_cache_key",
)


def request(body: Mapping[str, Any]) -> ChatRequest:
    """Read a body into a request."""
    rest = {name: value for name, value in body.items() if name not in {"model", "messages", "stream", "tools"}}
    settings = {SETTINGS[name]: rest.pop(name) for name in list(rest) if name in SETTINGS and rest[name] is not None}
    choice = rest.pop("tool_choice", None) or "auto"
    output = rest.pop("response_format", None)
    options = {name: rest.pop(name) for name in OPTIONS if rest.get(name) is not None}
    rest.pop("stream_options", None)
    return ChatRequest(
        model=body["model"],
        messages=[message(each) for each in body["messages"]],
        settings=Settings(**settings),
        tools=tuple(tool(each) for each in body.get("tools") or ()),
        tool_choice=ToolChoice.of(choice if isinstance(choice, str) else choice["function"]["name"]),
        output=output_format(output) if output else OutputFormat("text"),
        options={"openai": {**options, "extra_body": rest}},
    )


def output_format(output: Mapping[str, Any]) -> OutputFormat:
    if output["type"] != "json_schema":
        return OutputFormat("json" if output["type"] == "json_object" else output["type"])
    wanted = output["json_schema"]
    return OutputFormat("json_schema", schema=wanted["schema"], name=wanted["name"], strict=wanted.get("strict"))


def tool(wire: Mapping[str, Any]) -> Tool | ServerTool:
    if wire["type"] != "function":
        return ServerTool(id=f"openai.{wire['type']}", args={k: v for k, v in wire.items() if k != "type"})
    function = wire["function"]
    return Tool(
        name=function["name"],
        description=function.get("description"),
        schema=function.get("parameters", {}),
        strict=function.get("strict"),
    )


def message(wire: Mapping[str, Any]) -> Message:
    role, content = wire["role"], wire.get("content")
    if role in {"tool", "function"}:
        legacy = {"type": "function_call"} if role == "function" else {}
        result = ToolResult(
            call_id=wire.get("tool_call_id", "call_0"), name=wire.get("name", ""), content=content, metadata=legacy
        )
        return Message("tool", [result])
    parts: list[Part] = [Text(text=content)] if isinstance(content, str) else [part(each) for each in content or ()]
    if wire.get("refusal"):
        parts.append(Refusal(text=wire["refusal"]))
    parts += [call(each) for each in wire.get("tool_calls") or ()]
    if wire.get("function_call"):
        older = wire["function_call"]
        metadata = {"type": "function_call"}
        parts.append(ToolCall(name=older["name"], call_id="call_0", arguments=older["arguments"], metadata=metadata))
    return Message(role, parts, name=wire.get("name"))


def call(wire: Mapping[str, Any]) -> ToolCall:
    if wire.get("type") == "custom":
        custom = wire["custom"]
        return ToolCall(name=custom["name"], call_id=wire["id"], arguments=custom["input"], metadata={"type": "custom"})
    return ToolCall(name=wire["function"]["name"], call_id=wire["id"], arguments=wire["function"]["arguments"])


def part(wire: Mapping[str, Any]) -> Part:
    reader: Callable[[Any], Part] | None = PARTS.get(wire.get("type", ""))
    return reader(wire) if reader else Extension(kind=f"openai.{wire.get('type')}", value=dict(wire))


def text(wire: Mapping[str, Any]) -> Part:
    own = {name: value for name, value in wire.items() if name not in {"type", "text"}}
    return Text(text=wire["text"], options={"openai": own} if own else {})


def image(wire: Mapping[str, Any]) -> Part:
    url, detail = wire["image_url"]["url"], wire["image_url"].get("detail")
    metadata = {"detail": detail} if detail else {}
    data = inline_data(url)
    if data is None:
        return Media(source=Url(url=url), media_type="image/*", metadata=metadata)
    return Media(source=data[1], media_type=data[0], metadata=metadata)


def audio(wire: Mapping[str, Any]) -> Part:
    sound = wire["input_audio"]
    return Media(source=Bytes(data=base64.b64decode(sound["data"])), media_type=AUDIO[sound["format"]])


def file(wire: Mapping[str, Any]) -> Part:
    if "file_id" in wire["file"]:
        return Media(source=FileRef(file_id=wire["file"]["file_id"]), media_type="application/pdf")
    data = inline_data(wire["file"]["file_data"])
    assert data is not None
    return Media(source=data[1], media_type=data[0], filename=wire["file"]["filename"])


def inline_data(url: str) -> tuple[str, Bytes] | None:
    head, found, data = url.partition(";base64,")
    return (head.removeprefix("data:"), Bytes(data=base64.b64decode(data))) if found else None


PARTS: dict[str, Callable[[Any], Part]] = {"text": text, "image_url": image, "input_audio": audio, "file": file}


def normalize(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body without differences that do not change its meaning.

    Removed are defaults of the API (``tool_choice="auto"``, ``response_format`` of text, ``stream=false``, nulls), the
    choice of a tool where there are no tools, and ``stream_options``, since Dragoman always requests the usage. A stop
    text becomes a list, and the token limit is named ``max_tokens``, since its name depends on the model.
    """
    kept = {name: value for name, value in body.items() if value is not None and name != "stream_options"}
    if kept.get("stream") is False:
        del kept["stream"]
    if kept.get("tool_choice") == "auto" or not kept.get("tools"):
        kept.pop("tool_choice", None)
    if not kept.get("tools"):
        kept.pop("tools", None)
        kept.pop("parallel_tool_calls", None)
    if kept.get("response_format") == {"type": "text"}:
        del kept["response_format"]
    if isinstance(kept.get("stop"), str):
        kept["stop"] = [kept["stop"]]
    if "max_completion_tokens" in kept:
        kept["max_tokens"] = kept.pop("max_completion_tokens")
    if "json_schema" in kept.get("response_format", ()):
        wanted = dict(kept["response_format"]["json_schema"])
        wanted.pop("description", None)  # the schema has a description of its own
        kept["response_format"] = {**kept["response_format"], "json_schema": {"strict": False, **wanted}}
    kept["messages"] = [normalize_message(each) for each in kept["messages"]]
    kept["tools"] = [normalize_tool(each) for each in kept.get("tools", ())]
    return kept


def normalize_tool(wire: Mapping[str, Any]) -> dict[str, Any]:
    if "function" not in wire:
        return dict(wire)
    function = {name: value for name, value in wire["function"].items() if value is not None}
    return {**wire, "function": {"parameters": {}, **function}}


def normalize_message(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with equivalent forms of content as one form, and without empty members."""
    kept = {name: value for name, value in wire.items() if value not in (None, [], "")}
    kept["role"] = {"developer": "system"}.get(kept["role"], kept["role"])
    content = kept.get("content")
    plain = isinstance(content, list) and all(set(each) == {"type", "text"} for each in content)
    if plain and (kept["role"] == "assistant" or len(content) == 1):
        kept["content"] = "".join(each["text"] for each in content)
    if kept["role"] == "assistant":
        kept.pop("annotations", None)  # not sent back
        kept["tool_calls"] = [normalize_call(each) for each in kept.get("tool_calls", ())]
    if kept["role"] == "tool":
        kept.pop("name", None)  # redundant with the id of the call
    return kept


def normalize_call(wire: Mapping[str, Any]) -> dict[str, Any]:
    """Return a call without members that clients add when they parse streams."""
    kept = {"type": "function", **{name: value for name, value in wire.items() if name != "index"}}
    if "function" in kept:
        kept["function"] = {name: kept["function"][name] for name in ("name", "arguments")}
    return kept


def is_complete(recording: Recording) -> bool:
    """Return whether a recording has a whole request that the server accepted."""
    body = recording.request.body
    if not recording.request.recorded or not isinstance(body, dict) or "messages" not in body:
        return False
    whole = "ELIDED_" not in json.dumps(body)
    return whole and recording.status < 400


@pytest.mark.parametrize("recording", cases("openai.chat", is_complete))
def test_a_recorded_conversation_is_encoded_as_the_same_body(recording: Recording) -> None:
    body = recording.request.body
    decoded = request(body)
    wire = OpenAIChatCompletions().encode(decoded, stream=body.get("stream") is True)
    assert normalize(loads(wire.body or b"")) == normalize(body)
    assert wire.url == "/chat/completions"


@pytest.mark.parametrize(
    ("body", "reader"),
    [
        ({"type": "text", "text": "a", "cache": {"x": 1}}, Text),
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw==", "detail": "low"}}, Media),
        ({"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}, Media),
        ({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, Media),
        ({"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}}, Media),
        ({"type": "file", "file": {"file_id": "file-1"}}, Media),
        ({"type": "new_thing", "value": 1}, Extension),
    ],
)
def test_parts_round_trip(body: dict[str, Any], reader: type[Part]) -> None:
    parsed = part(body)
    assert isinstance(parsed, reader)
    decoded = ChatRequest(model="gpt-4o", messages=(Message("user", [parsed, Data(value=1)]),))
    wire = OpenAIChatCompletions().encode(decoded, stream=False)
    assert loads(wire.body or b"")["messages"][0]["content"][0] == body


def test_build_request_gives_the_same_body() -> None:
    llm = LLM(LLMConfig(model="gpt-4o", provider="openai", api_key="k", api="chat", max_tokens=5, temperature=1))
    shown = llm.build_request([Message("user", "hi")], stream=True)
    assert shown.body == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 5,
        "temperature": 1,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
