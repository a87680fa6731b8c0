"""Recorded requests to Converse, read into our types."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from dragoman import (
    Bytes,
    Data,
    Extension,
    InlineText,
    Media,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Seal,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

MEDIA = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "html": "text/html",
    "mp4": "video/mp4",
    "video/mp4": "video/mp4",
}
SETTINGS = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}


def messages(body: dict[str, Any]) -> list[Message]:
    """Return the conversation of a recorded body."""
    names = {
        block["toolUse"]["toolUseId"]: block["toolUse"]["name"]
        for message in body["messages"]
        for block in message["content"]
        if "toolUse" in block
    }
    system = [part_of(block, "system", names) for block in body.get("system") or ()]
    told = [Message("system", system)] if system else []
    for message in body["messages"]:
        role = message["role"]
        told.append(Message(role, [part_of(block, role, names) for block in message["content"]]))
    return told


def part_of(block: dict[str, Any], role: str, names: dict[str, str]) -> Part:
    """Return a recorded block as a part."""
    [(kind, value)] = block.items()
    if kind == "text":
        return Text(text=value)
    if kind == "toolUse":
        seal = Seal(issuer="bedrock", payload=value["type"]) if "type" in value else None
        return ToolCall(
            name=value["name"],
            call_id=value["toolUseId"],
            arguments=json.dumps(value["input"]),
            server_side=value.get("type") == "server_tool_use",
            seal=seal,
        )
    if kind == "toolResult" and role == "user":
        return result_of(value, names)
    if kind in {"image", "document", "video"}:
        return media_of(value)
    if kind == "reasoningContent":
        known = value.get("reasoningText", {})
        seal = Seal(issuer="bedrock", payload=value.get("redactedContent") or known.get("signature", ""))
        return Reasoning(text=known.get("text", ""), redacted="redactedContent" in value, seal=seal)
    return Extension(kind=f"bedrock.{kind}", value=block)


def result_of(value: dict[str, Any], names: dict[str, str]) -> ToolResult:
    """Return a recorded result of a tool."""
    call = value["toolUseId"]
    content = [Data(value=each["json"]) if "json" in each else part_of(each, "user", {}) for each in value["content"]]
    outcome = "error" if value.get("status") == "error" else "ok"
    return ToolResult(name=names.get(call, "unknown"), call_id=call, content=content, outcome=outcome)


def media_of(value: dict[str, Any]) -> Media:
    """Return a recorded image, document or video."""
    source = value["source"]
    more = {name: each for name, each in value.items() if name not in {"format", "name", "source"}}
    return Media(
        source=InlineText(text=source["text"]) if "text" in source else Bytes(data=base64.b64decode(source["bytes"])),
        media_type=MEDIA[value["format"]],
        filename=value.get("name"),
        options={"bedrock": more} if more else {},
    )


def tools(config: dict[str, Any]) -> Iterator[Tool | ServerTool]:
    """Yield the recorded tools; a cache point is an option of the tool before it."""
    entries = config.get("tools") or []
    for entry, after in zip(entries, [*entries[1:], {}], strict=False):
        if "systemTool" in entry:
            yield ServerTool(id=f"bedrock.{entry['systemTool']['name']}")
        if "toolSpec" in entry:
            spec = entry["toolSpec"]
            mark = {"bedrock": {"cache_control": {"type": "ephemeral"}}} if "cachePoint" in after else {}
            yield Tool(
                name=spec["name"],
                description=spec.get("description"),
                schema=spec["inputSchema"]["json"],
                strict=spec.get("strict"),
                options=mark,
            )


def arguments(body: dict[str, Any]) -> dict[str, Any]:
    """Return what else a recorded body asks for."""
    config = body.get("toolConfig") or {}
    found: dict[str, Any] = {SETTINGS[name]: value for name, value in (body.get("inferenceConfig") or {}).items()}
    found["tools"] = list(tools(config))
    chosen = config.get("toolChoice") or {"auto": {}}
    [(kind, value)] = chosen.items()
    found["tool_choice"] = (
        ToolChoice("tool", value["name"]) if kind == "tool" else ToolChoice({"any": "required"}.get(kind, kind))
    )
    if "outputConfig" in body:
        text = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
        found["output"] = OutputFormat(
            "json_schema",
            schema=json.loads(text["schema"]),
            name=text.get("name"),
            description=text.get("description"),
        )
    if "serviceTier" in body:
        found["service_tier"] = body["serviceTier"]["type"]
    named = {
        "additionalModelRequestFields": "additional_fields",
        "guardrailConfig": "guardrail",
        "performanceConfig": "performance",
    }
    return found | {ours: body[theirs] for theirs, ours in named.items() if theirs in body}


def same(body: dict[str, Any]) -> None:
    """Rewrite a body so that the same requests become equal.

    The choice auto, the status of a success, no stop sequences, an empty description and empty members say nothing;
    the schema of an answer is text in any order; consecutive messages of one role are one turn.
    """
    body["messages"] = turns(body["messages"])
    if (body.get("inferenceConfig") or {}).get("stopSequences") == []:
        del body["inferenceConfig"]["stopSequences"]
    config = body.get("toolConfig") or {}
    if config.get("toolChoice") == {"auto": {}}:
        del config["toolChoice"]
    for tool in config.get("tools", []):
        if tool.get("toolSpec", {}).get("description") == "":
            del tool["toolSpec"]["description"]
    text = (body.get("outputConfig") or {}).get("textFormat", {}).get("structure", {}).get("jsonSchema")
    if text:
        text["schema"] = json.loads(text["schema"])
    for name in [name for name, value in body.items() if value in ({}, [], None)]:
        del body[name]


def turns(told: list[Any]) -> list[Any]:
    """Return recorded messages as turns, without what says nothing."""
    found: list[Any] = []
    for message in told:
        content = [plain(block) for block in message["content"] if block != {"text": ""}]
        if found and found[-1]["role"] == message["role"]:
            found[-1]["content"] += content
        else:
            found.append({"role": message["role"], "content": content})
    return found


def plain(block: dict[str, Any]) -> dict[str, Any]:
    """Return a recorded block without the status of a success, and with the format of a video as documented."""
    [(kind, value)] = block.items()
    if kind == "toolResult" and value.get("status") == "success":
        return {kind: {name: each for name, each in value.items() if name != "status"}}
    if kind == "video" and value["format"] == "video/mp4":
        return {kind: {**value, "format": "mp4"}}
    return block
