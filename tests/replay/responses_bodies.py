"""Recorded requests to the Responses API, read into our types and compared with what we would send."""

from __future__ import annotations

import json
from typing import Any

from dragoman import ChatRequest, Message, OutputFormat, ServerTool, Settings, Tool, ToolChoice
from dragoman.http import Dialect, HttpReply
from dragoman.spec.media import FileRef, Media, Url
from dragoman.spec.parts import (
    Extension,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman_openai_compatible import OpenAIResponses
from recordings import Recording

ADDED_BY_CLIENTS = {
    "stream": False,
    "tool_choice": "auto",
    "include": [],
    "previous_response_id": None,
    "instructions": None,
    "parallel_tool_calls": True,
    "text": {"format": {"type": "text"}},
}
"""Members that recording clients sent though they say what holds anyway."""


def is_rebuilt(recording: Recording) -> bool:
    """Leave out what has no conversation of ours: errors provoked by hand, prompts kept by OpenAI, nested functions."""
    body = recording.request.body
    known = recording.request.recorded and recording.status == 200 and isinstance(body, dict) and "input" in body
    return known and body["input"] is not None and not any("function" in tool for tool in body.get("tools") or ())


def compared(recording: Recording, api: OpenAIResponses[Any], dialect: Dialect) -> tuple[Any, Any]:
    """Return what we send for a recorded conversation, and what was recorded.

    Args:
        recording: the exchange.
        api: who decodes answers of earlier turns.
        dialect: who encodes.

    """
    recorded = usable(recording.request.body)
    request, stream = rebuilt(recorded, api)
    sent = json.loads(dialect.encode(request, stream=stream).body or b"")
    return plain(sent, recorded), plain(recorded, recorded)


def usable(body: Any) -> Any:
    """Return a body in which media that was cut out of the recording is base64 again."""
    return json.loads(json.dumps(body), object_hook=lambda each: {k: _mended(v) for k, v in each.items()})


def _mended(value: Any) -> Any:
    if not isinstance(value, str) or "ELIDED_" not in value:
        return value
    return value.partition("ELIDED_")[0] + "QUJD"


def rebuilt(body: dict[str, Any], api: OpenAIResponses[Any]) -> tuple[ChatRequest, bool]:
    """Return the request in our types, and whether it asks for a stream."""
    body = {name: value for name, value in body.items() if ADDED_BY_CLIENTS.get(name, ...) != value}
    given, messages = body.pop("input"), []
    for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
        message = read(item, api)
        spoken = isinstance(item.get("content"), str)
        if messages and messages[-1].role == message.role == "assistant" and not spoken:
            message = Message("assistant", messages.pop().parts + message.parts)
        messages.append(message)
    reasoning, text = body.pop("reasoning", None) or {}, body.pop("text", {})
    shape = text.get("format", {})
    settings = {
        "max_tokens": body.pop("max_output_tokens", None),
        "effort": reasoning.get("effort"),
        **{name: body.pop(name, None) for name in ("temperature", "top_p", "service_tier", "parallel_tool_calls")},
    }
    stream = body.pop("stream", False)
    request = ChatRequest(
        model=body.pop("model"),
        messages=tuple(messages),
        settings=Settings(**settings),
        tools=tuple(tool(each, api.issuer) for each in body.pop("tools", ())),
        tool_choice=chosen(body.pop("tool_choice", "auto")),
        output=output(shape),
        options={api.provider: options(body, reasoning, text, api.provider)},
    )
    return request, stream


def options(body: dict[str, Any], reasoning: dict[str, Any], text: dict[str, Any], provider: str) -> dict[str, Any]:
    """Return the options that are not our settings, as the provider's options class names them."""
    more = {"api": "responses", "verbosity": text.get("verbosity")}
    if provider == "openrouter":
        routing = body.pop("provider", None)
        return {**more, "routing": routing, "reasoning": reasoning or None, **body}
    names = {"reasoning_summary": "summary", "reasoning_context": "context"}
    return {**more, **{ours: reasoning.get(theirs) for ours, theirs in names.items()}, **body}


def read(item: dict[str, Any], api: OpenAIResponses[Any]) -> Message:
    """Return one input item as a message; what is not of the caller's making comes from a decoded answer."""
    kind, role = item.get("type", "message"), item.get("role")
    if kind in {"function_call_output", "custom_tool_call_output"}:
        content = item["output"] if isinstance(item["output"], str) else content_parts(item["output"], api.issuer)
        metadata = {"type": "custom"} if kind.startswith("custom") else {}
        return Message("tool", [ToolResult(call_id=item["call_id"], name="", content=content, metadata=metadata)])
    if kind == "function_call" and "id" not in item and set(item) <= {"type", "call_id", "name", "arguments"}:
        return Message("assistant", [ToolCall(name=item["name"], call_id=item["call_id"], arguments=item["arguments"])])
    if kind != "message":
        if role == "developer" or kind.endswith("_output"):
            return Message("system" if role else "user", [Extension(kind=f"{api.issuer}.{kind}", value=item)])
        return answered(item, api)
    if role != "assistant":
        content = item["content"]
        return Message(role, content if isinstance(content, str) else content_parts(content, api.issuer))
    if "id" in item or "phase" in item or "status" in item:
        return answered({"id": "", "type": "message", **item}, api)
    return Message("assistant", plain_content(item["content"]))


def answered(item: dict[str, Any], api: OpenAIResponses[Any]) -> Message:
    """Return the message of an answer that holds this item."""
    if isinstance(item.get("content"), str):
        item = {**item, "content": [{"type": "output_text", "text": item["content"]}]}
    body = {"status": "completed", "output": [item]}
    return api.decode(HttpReply(status=200, body=json.dumps(body).encode())).message


def content_parts(content: list[dict[str, Any]], issuer: str) -> list[Any]:
    return [content_part(part, issuer) for part in content]


def content_part(part: dict[str, Any], issuer: str) -> Any:
    kind = part["type"]
    if kind == "input_text":
        more = {name: value for name, value in part.items() if name not in {"type", "text"}}
        return Text(text=part["text"], options={issuer: more} if more else {})
    if kind == "input_image":
        metadata = {"detail": part["detail"]} if "detail" in part else {}
        source = FileRef(file_id=part["file_id"]) if "file_id" in part else Url(url=part["image_url"])
        return Media(source=source, media_type="image/*", metadata=metadata)
    return Extension(kind=f"{issuer}.{kind}", value=part)


def tool(described: dict[str, Any], issuer: str) -> Tool | ServerTool:
    rest = {name: value for name, value in described.items() if name != "type"}
    if described["type"] == "function" and set(rest) <= {"name", "description", "parameters", "strict"}:
        return Tool(
            name=rest["name"],
            description=rest.get("description"),
            schema=rest["parameters"],
            strict=rest.get("strict"),
        )
    return ServerTool(id=f"{issuer}.{described['type']}", args=rest)


def chosen(choice: Any) -> ToolChoice:
    return ToolChoice.of(choice) if isinstance(choice, str) else ToolChoice("tool", choice["name"])


def output(shape: dict[str, Any]) -> OutputFormat:
    if shape.get("type") == "json_schema":
        return OutputFormat("json_schema", schema=shape["schema"], name=shape["name"], strict=shape.get("strict"))
    return OutputFormat("json" if shape.get("type") == "json_object" else "text")


def plain(body: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """Return a body without what may be said in several ways, or need not be said.

    These are: members of :data:`ADDED_BY_CLIENTS`; ``type: message``; one text as a list; ``developer`` for ``system``;
    empty annotations and log probabilities of earlier answers; ``null`` for what is not there; the description of a
    schema, which has no place in our types; words of the assistant that are none; and what only we say: ``strict`` of a
    tool, ``include`` where nothing is kept.
    """
    kept = {name: value for name, value in body.items() if ADDED_BY_CLIENTS.get(name, ...) != value}
    kept["input"] = plain_input(body["input"])
    if "include" not in recorded:
        kept.pop("include", None)
    if kept.get("reasoning"):
        kept["reasoning"] = {name: value for name, value in kept["reasoning"].items() if value is not None}
    if kept.get("text", {}).get("format"):
        shape = {name: value for name, value in kept["text"]["format"].items() if name != "description"}
        text = {**kept["text"], "format": shape}
        kept["text"] = {name: value for name, value in text.items() if value != {"type": "text"}}
    said = [tool.get("strict") is not None for tool in recorded.get("tools", ())]
    kept["tools"] = [
        {name: value for name, value in each.items() if value is not None and (strict or name != "strict")}
        for each, strict in zip(kept.get("tools", ()), said, strict=True)
    ]
    return kept


def plain_input(given: Any) -> list[dict[str, Any]]:
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    plainer: list[dict[str, Any]] = []
    for item in items:
        each = {
            name: value for name, value in item.items() if (name, value) != ("type", "message") and value is not None
        }
        if "content" in each and "role" in each:
            each["content"] = plain_content(each["content"])
        if each.get("role") == "developer":
            each["role"] = "system"
        if not each.get("id"):
            each = {name: value for name, value in each.items() if name not in {"id", "status"}}
        if each.get("role") != "assistant" or each["content"]:
            plainer.append(each)
    return plainer


def plain_content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    parts = [
        {name: value for name, value in part.items() if not (name in {"annotations", "logprobs"} and not value)}
        for part in content
    ]
    return parts[0]["text"] if len(parts) == 1 and set(parts[0]) == {"type", "text"} else parts
