"""Requests of the Gemini API, read back: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from dragoman.spec.media import FileRef, Media
from dragoman.spec.message import Message
from dragoman.spec.parts import Part, Reasoning, Text, ToolCall, ToolResult
from dragoman.spec.request import TEXT, ChatRequest, OutputFormat, Settings, Tool, ToolChoice
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    Pairing,
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

__all__ = ["read_gemini_request"]

_SETTINGS = {
    "maxOutputTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "stopSequences": "stop",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "responseLogprobs": "logprobs",
    "logprobs": "top_logprobs",
    "candidateCount": "n",
}
_ROLES = {"user": "user", "model": "assistant", "function": "tool"}
_MODES = {"AUTO": "auto", "NONE": "none", "ANY": "required", "VALIDATED": "auto"}


def read_gemini_request(request: Received) -> ChatRequest:
    """Return what a request asks for.

    Raises:
        ValueError: for a body that the API would refuse.

    """
    body = json_object(request.json, "the body")
    config = member(body, "generationConfig")
    declared = [each.get("functionDeclarations") for each in listed(body.get("tools"), "tools")]
    calling = member(member(body, "toolConfig"), "functionCallingConfig")
    return ChatRequest(
        model=unquote(request.path.partition("/models/")[2].partition(":")[0]),
        messages=list(_messages(body)),
        settings=_settings(body, config),
        tools=tuple(_tool(tool) for each in declared for tool in listed(each, "functionDeclarations")),
        tool_choice=_choice(calling),
        output=_output(config),
    )


def _settings(body: Mapping[str, Any], config: Mapping[str, Any]) -> Settings:
    effort = str(member(config, "thinkingConfig").get("thinkingLevel") or "").lower()
    return settings_of((config, _SETTINGS), (body, {"serviceTier": "service_tier"}), effort=effort or None)


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    pairing = Pairing()
    if "systemInstruction" in body:
        instruction = json_object(body["systemInstruction"], "systemInstruction")
        yield Message("system", [_part(each, pairing) for each in listed(instruction.get("parts"), "parts")])
    for content in listed(body["contents"], "contents"):
        role = _ROLES[string(content.get("role"), "the role")]
        yield Message(role, [_part(each, pairing) for each in listed(content.get("parts"), "parts")])


def _part(value: dict[str, Any], pairing: Pairing) -> Part:
    if value.get("thought"):
        return Reasoning(text=value.get("text", ""))
    readers: Mapping[str, PartReader] = {
        "text": lambda each: Text(text=string(each["text"], "text")),
        "inlineData": lambda each: base64_media(each["inlineData"].get("data"), each["inlineData"].get("mimeType")),
        "fileData": lambda each: _file(each["fileData"]),
        "functionCall": lambda each: _call(each["functionCall"], pairing),
        "functionResponse": lambda each: _result(each["functionResponse"], pairing),
    }
    kind = next((name for name in value if name in readers), next(iter(value), ""))
    return chosen(readers, kind, value)


def _file(value: dict[str, Any]) -> Media:
    uri, media_type = string(value.get("fileUri"), "fileUri"), value.get("mimeType") or "application/octet-stream"
    return linked_media(uri, media_type) if "://" in uri else Media(source=FileRef(file_id=uri), media_type=media_type)


def _call(value: dict[str, Any], pairing: Pairing) -> ToolCall:
    name = string(value.get("name"), "the name of a call")
    arguments = json.dumps(json_object(value.get("args") or {}, "args"))
    return ToolCall(call_id=pairing.call(name, value.get("id")), name=name, arguments=arguments)


def _result(value: dict[str, Any], pairing: Pairing) -> ToolResult:
    """Return a result; its object holds the output as ``result``, ``output`` or ``error``, or is the output itself."""
    name = string(value.get("name"), "the name of a result")
    response = json_object(value.get("response"), "response")
    key = next((key for key in ("result", "output", "error") if [*response] == [key]), None)
    return ToolResult(
        call_id=pairing.result(name, value.get("id")),
        name=name,
        content=response if key is None else response[key],
        outcome="error" if key == "error" else "ok",
    )


def _tool(value: dict[str, Any]) -> Tool:
    schema = value.get("parametersJsonSchema") or value.get("parameters")
    more: dict[str, Any] = {"schema": json_object(schema, "the schema")} if schema is not None else {}
    return Tool(name=string(value.get("name"), "the name of a tool"), description=value.get("description"), **more)


def _choice(calling: Mapping[str, Any]) -> ToolChoice:
    kind = _MODES[calling.get("mode", "AUTO")]
    names: list[str] = calling.get("allowedFunctionNames") or []
    if kind == "required" and len(names) == 1:
        return ToolChoice("tool", names[0])
    return ToolChoice(kind)


def _output(config: Mapping[str, Any]) -> OutputFormat:
    schema = config.get("responseJsonSchema") or config.get("responseSchema")
    if config.get("responseMimeType") != "application/json":
        return TEXT
    return OutputFormat("json") if schema is None else OutputFormat("json_schema", schema=schema)
