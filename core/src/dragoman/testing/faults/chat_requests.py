"""Requests for OpenAI chat completions, read back: https://platform.openai.com/docs/api-reference/chat/create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman.spec.media import FileRef, Media
from dragoman.spec.message import Message
from dragoman.spec.parts import Part, Refusal, Text, ToolCall, ToolResult
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
    of_kind,
    settings_of,
    string,
)

__all__ = ["SETTING_NAMES", "model_of", "read_chat_request", "read_format"]

SETTING_NAMES = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "parallel_tool_calls": "parallel_tool_calls",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "n": "n",
}
_LIMITS = ("max_completion_tokens", "max_tokens")


def read_chat_request(request: Received) -> ChatRequest:
    """Return what a request asks for.

    Raises:
        ValueError: for a body that the API would refuse.

    """
    body = json_object(request.json, "the body")
    return ChatRequest(
        model=model_of(request, body),
        messages=[_message(each) for each in listed(body["messages"], "messages")],
        settings=_settings(body),
        tools=tuple(_tool(each) for each in listed(body.get("tools"), "tools")),
        tool_choice=_choice(body.get("tool_choice")),
        output=_output(body.get("response_format")),
    )


def model_of(request: Received, body: Mapping[str, Any]) -> str:
    """Return the name of the model, an empty text if the path has it in the words of Azure.

    https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
    """
    return "" if "/deployments/" in request.path else string(body.get("model"), "model")


def _settings(body: Mapping[str, Any]) -> Settings:
    limits = [body[name] for name in _LIMITS if name in body]
    effort = body.get("reasoning_effort") or member(body, "reasoning").get("effort")
    marks = [part["cache_control"] for part in _parts_of(body) if "cache_control" in part]
    cache = marks[0].get("ttl", "5m") if marks else None
    return settings_of((body, SETTING_NAMES), max_tokens=limits[0] if limits else None, effort=effort, cache=cache)


def _parts_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of all messages, in which gateways take marks of prefixes that shall be cached.

    https://openrouter.ai/docs/features/prompt-caching
    """
    contents = [each.get("content") for each in listed(body["messages"], "messages")]
    return [part for content in contents if isinstance(content, list) for part in listed(content, "content")]


def _message(value: dict[str, Any]) -> Message:
    role = string(value.get("role"), "the role")
    if role == "tool":
        content: Any = _content(value.get("content"))
        return Message("tool", ToolResult(call_id=value.get("tool_call_id") or "", name="", content=content))
    parts = _content(value.get("content"))
    if value.get("refusal"):
        parts.append(Refusal(text=value["refusal"]))
    parts += [_call(each) for each in listed(value.get("tool_calls"), "tool_calls")]
    return Message(role, parts, name=value.get("name"))


def _content(value: Any) -> list[Part]:
    if value is None:
        return []
    if isinstance(value, str):
        return [Text(text=value)]
    return [chosen(_PARTS, string(each.get("type"), "type"), each) for each in listed(value, "content")]


def _file(value: dict[str, Any]) -> Media:
    known = member(value, "file")
    if "file_id" in known:
        return Media(source=FileRef(file_id=known["file_id"]), media_type="application/octet-stream")
    return linked_media(known.get("file_data"), "application/octet-stream", filename=known.get("filename"))


_PARTS: Mapping[str, PartReader] = {
    "text": lambda value: Text(text=string(value.get("text"), "text")),
    "image_url": lambda value: linked_media(member(value, "image_url").get("url"), "image/*"),
    "video_url": lambda value: linked_media(member(value, "video_url").get("url"), "video/*"),
    "input_audio": lambda value: base64_media(
        value["input_audio"].get("data"), f"audio/{value['input_audio'].get('format')}"
    ),
    "file": _file,
    "refusal": lambda value: Refusal(text=string(value.get("refusal"), "refusal")),
}


def _call(value: dict[str, Any]) -> ToolCall:
    function = member(of_kind(value, "function"), "function")
    return ToolCall(
        call_id=string(value.get("id"), "the id of a call"),
        name=string(function.get("name"), "the name of a call"),
        arguments=string(function.get("arguments"), "arguments"),
    )


def _tool(value: dict[str, Any]) -> Tool:
    function = member(of_kind(value, "function"), "function")
    more: dict[str, Any] = {"schema": function["parameters"]} if "parameters" in function else {}
    name = string(function.get("name"), "the name of a tool")
    return Tool(name=name, description=function.get("description"), strict=function.get("strict"), **more)


def _choice(value: Any) -> ToolChoice:
    if value is None:
        return AUTO
    if isinstance(value, str):
        return ToolChoice(value)
    return ToolChoice("tool", member(json_object(value, "tool_choice"), "function")["name"])


def _output(value: Any) -> OutputFormat:
    if value is None:
        return TEXT
    known = json_object(value, "response_format")
    return read_format(known, known.get("json_schema"))


def read_format(value: Mapping[str, Any], schema: Any) -> OutputFormat:
    """Return an output format.

    Args:
        value: the object with the type.
        schema: the object with the schema and its name.

    Raises:
        ValueError: for an unknown type, or without a schema where there must be one.

    """
    kinds = {"text": "text", "json_object": "json", "json_schema": "json_schema"}
    kind = kinds[value["type"]]
    if kind != "json_schema":
        return OutputFormat(kind)
    known = json_object(schema, "json_schema")
    wanted = json_object(known.get("schema"), "schema")
    return OutputFormat(kind, schema=wanted, name=known.get("name"), strict=known.get("strict"))
