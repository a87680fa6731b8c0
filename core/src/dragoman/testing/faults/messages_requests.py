"""Requests of the Anthropic Messages API, read back: https://docs.anthropic.com/en/api/messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dragoman.spec.media import FileRef, InlineText, Media
from dragoman.spec.message import Message
from dragoman.spec.parts import Part, Reasoning, Text, ToolCall, ToolResult
from dragoman.spec.request import AUTO, TEXT, ChatRequest, OutputFormat, Settings, Tool, ToolChoice
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    PartReader,
    base64_media,
    chosen,
    json_object,
    linked_media,
    listed,
    member,
    settings_of,
    string,
)

__all__ = ["read_messages_request"]

_SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
    "service_tier": "service_tier",
}
_CHOICES = {"auto": "auto", "any": "required", "none": "none", "tool": "tool"}


def read_messages_request(request: Received) -> ChatRequest:
    """Return what a request asks for.

    Raises:
        ValueError: for a body that the API would refuse.

    """
    body = json_object(request.json, "the body")
    choice = member(body, "tool_choice")
    return ChatRequest(
        model=string(body.get("model"), "model"),
        messages=list(_messages(body)),
        settings=_settings(body, choice),
        tools=tuple(_tool(each) for each in listed(body.get("tools"), "tools")),
        tool_choice=ToolChoice(_CHOICES[choice["type"]], choice.get("name")) if choice else AUTO,
        output=_output(body),
    )


def _settings(body: Mapping[str, Any], choice: Mapping[str, Any]) -> Settings:
    disabled = choice.get("disable_parallel_tool_use")
    effort = member(body, "output_config").get("effort")
    parallel = None if disabled is None else not disabled
    return settings_of((body, _SETTINGS), parallel_tool_calls=parallel, effort=effort, cache=_cache(body))


def _cache(body: Mapping[str, Any]) -> str | None:
    """Return for how long the first prefix that is marked shall be cached."""
    places = [body.get("tools"), body.get("system"), *(each.get("content") for each in body["messages"])]
    blocks = [block for place in places if isinstance(place, list) for block in listed(place, "blocks")]
    marks = [block["cache_control"] for block in blocks if "cache_control" in block]
    return marks[0].get("ttl", "5m") if marks else None


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", _content(body["system"]))
    for message in listed(body["messages"], "messages"):
        role = string(message.get("role"), "the role")
        if role not in {"user", "assistant", "system"}:
            text = f"the role must be user or assistant, not {role!r}"
            raise ValueError(text)
        yield Message(role, _content(message.get("content")))


def _content(value: Any) -> list[Part]:
    if isinstance(value, str):
        return [Text(text=value)]
    return [chosen(_PARTS, string(each.get("type"), "type"), each) for each in listed(value, "content")]


def _media(family: str) -> PartReader:
    def read(block: dict[str, Any]) -> Media:
        source, title = member(block, "source"), block.get("title")
        readers: Mapping[str, Callable[[dict[str, Any]], Media]] = {
            "base64": lambda known: base64_media(known.get("data"), known["media_type"], filename=title),
            "url": lambda known: linked_media(known.get("url"), family, filename=title),
            "file": lambda known: Media(source=FileRef(file_id=known["file_id"]), media_type=family),
            "text": lambda known: Media(source=InlineText(text=known["data"]), media_type="text/plain"),
        }
        return chosen(readers, string(source.get("type"), "type"), source)

    return read


def _result(block: dict[str, Any]) -> ToolResult:
    outcome = "error" if block.get("is_error") else "ok"
    content: Any = _content(block.get("content"))
    return ToolResult(call_id=block.get("tool_use_id") or "", name="", content=content, outcome=outcome)


def _call(block: dict[str, Any]) -> ToolCall:
    return ToolCall(
        call_id=string(block.get("id"), "the id of a call"),
        name=string(block.get("name"), "the name of a call"),
        arguments=json.dumps(json_object(block.get("input"), "input")),
    )


_PARTS: Mapping[str, PartReader] = {
    "text": lambda block: Text(text=string(block.get("text"), "text")),
    "image": _media("image/*"),
    "document": _media("application/pdf"),
    "tool_use": _call,
    "tool_result": _result,
    "thinking": lambda block: Reasoning(text=string(block.get("thinking"), "thinking")),
    "redacted_thinking": lambda _: Reasoning(redacted=True),
}


def _tool(value: dict[str, Any]) -> Tool:
    schema = json_object(value.get("input_schema"), "input_schema")
    name = string(value.get("name"), "the name of a tool")
    return Tool(name=name, description=value.get("description"), schema=schema, strict=value.get("strict"))


def _output(body: Mapping[str, Any]) -> OutputFormat:
    form = member(member(body, "output_config"), "format") or member(body, "output_format")
    if not form:
        return TEXT
    return OutputFormat(string(form.get("type"), "type"), schema=json_object(form.get("schema"), "schema"))
