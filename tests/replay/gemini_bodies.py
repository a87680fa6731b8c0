"""Recorded requests to Gemini, read into our types."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from dragoman import (
    Bytes,
    ChatRequest,
    Data,
    Extension,
    Media,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Seal,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Url,
)
from dragoman_google.request import SETTINGS

ADDED_BY_CLIENTS = """
an empty generationConfig, toolConfig or text; one candidate; null members; roles on systemInstruction; the mode AUTO;
an empty description of a tool; `thought: false`; `model` in addition to the URL; empty text parts;
consecutive contents of one role, which we merge; names in snake_case; titles, defaults and
the order of properties in schemas of the OpenAPI subset; null as an alternative there, types as numbers;
one tool without a list
"""
CONFIG = {
    "responseModalities": "response_modalities",
    "speechConfig": "speech_config",
    "mediaResolution": "media_resolution",
}
THINKING = {
    "thinkingBudget": "thinking_budget",
    "thinkingLevel": "thinking_level",
    "includeThoughts": "include_thoughts",
}
NAMES = re.compile(r"_([a-z])")
OPAQUE = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "toolCall", "toolResponse"}
SUBSET = {"parameters", "responseSchema"}
NUMBERED = {1: "string", 2: "number", 3: "integer", 4: "boolean", 5: "array", 6: "object"}
"""The types of schemas as one client writes them: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/Schema."""
MODES = {"ANY": "required", "NONE": "none", "AUTO": "auto"}


def camel(name: str) -> str:
    return NAMES.sub(lambda found: found[1].upper(), name)


def normalize(value: Any) -> Any:
    """Return a recorded value with names in camel case, without members that have their default value."""
    if isinstance(value, list):
        return [normalize(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for name, each in value.items():
        key = camel(name)
        if each is None or (key == "description" and each == "") or (key == "thought" and each is False):
            continue
        kept[key] = each if key in OPAQUE else schema(each) if key in SUBSET else normalize(each)
    if isinstance(kept.get("tools"), dict):
        kept["tools"] = [kept["tools"]]
    if isinstance(kept.get("data"), str):
        kept["data"] = base64.b64encode(decoded(kept["data"])).decode()
    return kept


def decoded(data: str) -> bytes:
    return data.encode() if data.startswith("ELIDED_") else base64.b64decode(data.replace("-", "+").replace("_", "/"))


def schema(value: Any) -> Any:
    """Return a schema of the OpenAPI subset as JSON Schema, without keywords that have no effect."""
    if isinstance(value, list):
        return [schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = {"title", "default", "property_ordering", "propertyOrdering", "additionalProperties"}
    kept = {name: schema(each) for name, each in value.items() if name not in left_out and each not in ({}, [])}
    if isinstance(value.get("properties"), dict) and value["properties"]:
        kept["properties"] = {name: schema(each) for name, each in value["properties"].items()}
    if isinstance(value.get("type"), str | int | float):
        kept["type"] = NUMBERED.get(value["type"]) or value["type"].lower()
    return nullable(kept)


def nullable(value: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with null as a member of its own where it is an alternative."""
    branches = value.get("anyOf", [])
    rest = [each for each in branches if each != {"type": "null"}]
    if len(rest) == len(branches):
        return value
    others = {name: each for name, each in value.items() if name != "anyOf"}
    return {**others, **(rest[0] if len(rest) == 1 else {"anyOf": rest}), "nullable": True}


def even(body: dict[str, Any]) -> dict[str, Any]:
    """Return a normalized body without what clients add to it."""
    body = dict(body)
    body.pop("model", None)
    contents: list[Any] = []
    for content in body["contents"]:
        parts = [part for part in content["parts"] if part != {"text": ""}] or [{"text": " "}]
        if contents and contents[-1]["role"] == content.get("role", "user"):
            contents[-1]["parts"].extend(parts)
        else:
            contents.append({"role": content.get("role", "user"), "parts": parts})
    body["contents"] = contents
    if "systemInstruction" in body:
        body["systemInstruction"].pop("role", None)
    if body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode") == "AUTO":
        del body["toolConfig"]["functionCallingConfig"]
    if body.get("generationConfig", {}).get("candidateCount") == 1:
        del body["generationConfig"]["candidateCount"]
    for tool in body.get("tools", []):
        for function in tool.get("functionDeclarations", []):
            if not function.get("parameters", {}).get("properties"):
                function.pop("parameters", None)
    return {name: value for name, value in body.items() if value not in ({}, [])}


def request(body: dict[str, Any], model: str) -> ChatRequest:
    """Return a recorded body as a request."""
    config = dict(body.get("generationConfig", {}))
    thinking = config.get("thinkingConfig", {})
    options: dict[str, Any] = {CONFIG[name]: value for name, value in config.items() if name in CONFIG}
    options |= {THINKING[name]: value for name, value in thinking.items()}
    options |= {ours: body[theirs] for theirs, ours in LEAVES.items() if theirs in body}
    tools = [tool for entry in body.get("tools", []) for tool in told_tools(entry)]
    declared = [function for entry in body.get("tools", []) for function in entry.get("functionDeclarations", [])]
    older = "responseSchema" in config or not all("parametersJsonSchema" in each for each in declared)
    options["schemas"] = "subset" if older else None
    tool_config = body.get("toolConfig", {})
    if "includeServerSideToolInvocations" in tool_config:
        options["include_server_side_tool_invocations"] = tool_config["includeServerSideToolInvocations"]
    calling = tool_config.get("functionCallingConfig", {})
    if "modelArmorConfig" in body:
        options["extra_body"] = {"modelArmorConfig": body["modelArmorConfig"]}
    if len(calling.get("allowedFunctionNames", [])) > 1 or calling.get("mode") == "VALIDATED":
        options["extra_body"], calling = {"toolConfig": {"functionCallingConfig": calling}}, {}
    given = {name: config[wire] for name, wire in SETTINGS.items() if wire in config}
    given |= {name: int(given[name]) for name in ("top_k",) if name in given}
    return ChatRequest(
        model=model,
        messages=tuple(messages(body)),
        settings=Settings(**given, explicit=frozenset(given)),
        tools=tuple(tools),
        tool_choice=choice(calling),
        output=output(config),
        options={"google": {name: value for name, value in options.items() if value is not None}},
    )


LEAVES = {"safetySettings": "safety_settings", "cachedContent": "cached_content"}


def told_tools(entry: dict[str, Any]) -> list[Tool | ServerTool]:
    functions = [
        Tool(
            name=function["name"],
            description=function.get("description"),
            schema=function.get("parametersJsonSchema") or function.get("parameters") or {"type": "object"},
        )
        for function in entry.get("functionDeclarations", [])
    ]
    served = [
        ServerTool(id=f"google.{name}", args=args) for name, args in entry.items() if name != "functionDeclarations"
    ]
    return [*served, *functions]


def choice(calling: dict[str, Any]) -> ToolChoice:
    names = calling.get("allowedFunctionNames", [])
    return ToolChoice("tool", names[0]) if names else ToolChoice(MODES[calling.get("mode", "AUTO")])


def output(config: dict[str, Any]) -> OutputFormat:
    found = config.get("responseJsonSchema") or config.get("responseSchema")
    if found:
        return OutputFormat("json_schema", schema=found)
    return OutputFormat("json" if config.get("responseMimeType") == "application/json" else "text")


def messages(body: dict[str, Any]) -> list[Message]:
    kept = [Message("system", Text(text=part["text"])) for part in body.get("systemInstruction", {}).get("parts", [])]
    for content in body["contents"]:
        role = "assistant" if content["role"] == "model" else "user"
        kept.append(Message(role, [part_of(part) for part in content["parts"]]))
    return kept


def part_of(part: dict[str, Any]) -> Part:
    signature = part.get("thoughtSignature")
    seal = Seal(issuer="google", payload=signature) if signature else None
    if part.get("thought"):
        return Reasoning(text=part["text"], seal=seal or Seal(issuer="google"))
    if "text" in part:
        return Text(text=part["text"], seal=seal)
    if "functionCall" in part:
        call = part["functionCall"]
        own = call.get("id")
        arguments = json.dumps(call.get("args", {}))
        return ToolCall(name=call["name"], id=own, call_id=own or call["name"], arguments=arguments, seal=seal)
    if "functionResponse" in part:
        return result_of(part["functionResponse"])
    if "inlineData" in part or "fileData" in part:
        others = {name: each for name, each in part.items() if name not in {"inlineData", "fileData"}}
        return media_of(part, others)
    return Extension(
        kind=f"google.{next(iter(part))}",
        value={name: each for name, each in part.items() if name != "thoughtSignature"},
        seal=seal,
    )


def result_of(reply: dict[str, Any]) -> ToolResult:
    content: list[Any] = [media_of(part, {}) for part in reply.get("parts", [])]
    if reply["response"]:
        content.append(Data(value=reply["response"]))
    return ToolResult(call_id=reply.get("id") or reply["name"], name=reply["name"], content=content)


def media_of(part: dict[str, Any], others: dict[str, Any]) -> Media:
    options = {"google": others} if others else {}
    if "inlineData" in part:
        blob = part["inlineData"]
        return Media(source=Bytes(data=base64.b64decode(blob["data"])), media_type=blob["mimeType"], options=options)
    file = part["fileData"]
    return Media(source=Url(url=file["fileUri"]), media_type=file.get("mimeType", "image/*"), options=options)


def reason_not_representable(body: dict[str, Any]) -> str:
    """Return why our types cannot represent a body, empty if they can."""
    if not all(isinstance(content, dict) and "parts" in content for content in body["contents"]):
        return "contents in an abbreviated form of one client, which only Vertex AI accepts"
    return ""
