"""Recorded requests to Cohere, read into our types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dragoman import (
    Data,
    LLMConfig,
    Media,
    Message,
    Part,
    Reasoning,
    Seal,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from dragoman_cohere.request import SETTINGS
from recordings import Recording
from replay.asked import ADDRESS, Asked, options_of
from replay.chat_bodies import blocks, media
from replay.spellings import COMMON, Body, Spelling

NAMES: Mapping[str, str] = {wire: name for name, wire in SETTINGS.items()}
"""Our names of settings by those of the wire."""


def conversation(_: Recording, body: dict[str, Any]) -> Asked:
    """Read a request."""
    config = LLMConfig(
        str(body["model"]), provider="cohere", api_key="k", api_base=ADDRESS, temperature=None, max_tokens=None
    )
    options = options_of(config)
    arguments: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in body.items():
        if name in {"model", "messages", "stream"} or value is None:
            continue
        if name == "tools":
            arguments["tools"] = [_tool(each["function"]) for each in value]
        elif name == "tool_choice":
            arguments["tool_choice"] = ToolChoice(value.lower())
        elif name == "response_format":
            schema = value.get("json_schema") or value.get("schema")
            arguments["output"] = {"type": "json_schema", "schema": schema} if schema else {"type": "json_object"}
        elif name in NAMES:
            arguments[NAMES[name]] = value
        elif name in options:
            arguments[options[name]] = value
        else:
            extra[name] = value
    if extra:
        arguments["extra_body"] = extra
    return Asked(
        config=config,
        messages=tuple(map(_message, body["messages"])),
        arguments=arguments,
        stream=bool(body.get("stream")),
        foreign=tuple(extra),
    )


def _tool(function: Mapping[str, Any]) -> Tool:
    return Tool(name=function["name"], description=function.get("description"), schema=function["parameters"])


def _message(sent: Mapping[str, Any]) -> Message:
    if sent["role"] == "tool":
        content = [_part(each) for each in blocks(sent["content"])]
        return Message("tool", ToolResult(call_id=sent["tool_call_id"], name="", content=content))
    return Message(sent["role"], list(_parts(sent)))


def _parts(sent: Mapping[str, Any]) -> Iterator[Part]:
    if sent.get("tool_plan"):
        yield Reasoning(text=sent["tool_plan"], seal=Seal(issuer="cohere", payload="tool_plan"))
    yield from map(_part, blocks(sent.get("content")))
    for call in sent.get("tool_calls") or ():
        function = call["function"]
        yield ToolCall(name=function["name"], call_id=call["id"], arguments=function["arguments"])


def _part(block: Mapping[str, Any]) -> Part:
    if block["type"] == "thinking":
        return Reasoning(text=block["thinking"], seal=Seal(issuer="cohere", payload="thinking"))
    if block["type"] == "document":
        return Data(value=block["document"]["data"], id=block["document"].get("id"))
    if block["type"] == "image_url":
        image = dict(block["image_url"])
        found: Media = media(image.pop("url"), "image/*", {})
        return Media(source=found.source, media_type=found.media_type, metadata=image)
    return Text(text=block["text"])


def _unsaid(body: Body) -> None:
    for name in ("documents", "tools"):
        if body.get(name) == []:
            del body[name]
    if body.get("stream") is False:
        del body["stream"]
    shape = body.get("response_format", {})
    if "schema" in shape:
        shape["json_schema"] = shape.pop("schema")
    for message in body["messages"]:
        if not message.get("content"):
            message.pop("content", None)
        elif isinstance(message["content"], str):
            message["content"] = [{"type": "text", "text": message["content"]}]
        for name in ("citations", "tool_plan", "tool_calls"):
            if not message.get(name):
                message.pop(name, None)


SPELLINGS = (
    *COMMON,
    Spelling(
        "no stream, documents and tools go without saying; a text is a list of one block; nothing said is nothing; one "
        "client says a schema under the name that the first version of the API has for it",
        _unsaid,
    ),
)
