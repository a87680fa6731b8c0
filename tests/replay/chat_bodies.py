"""Recorded request bodies of the OpenAI chat dialect, read into our types and compared with what we would send.

The reader knows the dialect from its documentation and shares no code with the encoder that it judges.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from attrs import evolve, frozen

from dragoman import (
    LLM,
    Bytes,
    LLMConfig,
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
    Url,
)
from recordings import Recording

ELIDED = re.compile(r"ELIDED_\d+_BASE64_CHARS_[0-9a-f]+")
SETTINGS = {
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "stop": "stop",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "reasoning_effort": "effort",
    "parallel_tool_calls": "parallel_tool_calls",
    "logprobs": "logprobs",
    "service_tier": "service_tier",
    "n": "n",
}
CLIENT_DEFAULTS: dict[str, Any] = {
    "n": 1,  # some clients always name the number of answers,
    "tool_choice": "auto",  # the free choice of tools,
    "stream": False,  # that they want no stream,
    "stop": [],  # and that nothing stops the answer
}
"""What recording clients said although it is what goes without saying."""

RENAMED = {"max_tokens": "max_completion_tokens"}
"""Old names of members in the place of which we may send the new ones."""


@frozen(kw_only=True)
class Told:
    """Hold a recorded request in our types.

    Args:
        messages: the conversation.
        overrides: the keyword arguments of a call.
        stream: whether a stream was asked for.

    """

    messages: list[Message]
    overrides: dict[str, Any]
    stream: bool


def has_conversation(recording: Recording) -> bool:
    """Tell whether the request was recorded and its messages are such as the dialect knows."""
    body = recording.request.body
    if not isinstance(body, dict) or not body.get("messages"):
        return False
    contents = [message["content"] for message in body["messages"] if isinstance(message.get("content"), list)]
    return all("type" in block for content in contents for block in content)


def difference(recording: Recording, config: LLMConfig, options: dict[str, str]) -> dict[str, tuple[Any, Any]]:
    """Return what was recorded and what we would send, for each member in which they differ.

    The model is not compared where the recording client named it in the address alone, nor what a stream was asked to
    report where its client asked for nothing.
    """
    recorded = recorded_body(recording)
    issuer = str(config.kwargs["provider"])
    theirs, ours = plain(recorded), plain(sent_body(config, read(recorded, issuer, options)))
    for name in ("model", "stream_options"):
        if name not in recorded:
            ours.pop(name, None)
    names = {*theirs, *ours}
    return {name: (theirs.get(name), ours.get(name)) for name in names if theirs.get(name) != ours.get(name)}


def recorded_body(recording: Recording) -> dict[str, Any]:
    """Return the body that was sent, with a few bytes in place of media that were left out."""
    text = json.dumps(recording.request.body)
    return json.loads(ELIDED.sub("AAAA", text))


def read(body: dict[str, Any], issuer: str, options: dict[str, str]) -> Told:
    """Read a body.

    Args:
        body: the body.
        issuer: the provider it was sent to.
        options: the provider's options, by their names in the body; other members go into ``extra_body``.

    """
    overrides: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in body.items():
        if name in {"model", "messages", "stream"} or CLIENT_DEFAULTS.get(name, ...) == value:
            continue
        if name in SETTINGS and not (name == "n" and body.get("stream")):  # we refuse to stream several answers
            overrides[SETTINGS[name]] = value
        elif name == "tools":
            overrides["tools"] = [tool(each, issuer) for each in value]
        elif name == "tool_choice":
            overrides["tool_choice"] = (
                value if isinstance(value, str) else ToolChoice("tool", value["function"]["name"])
            )
        elif name == "response_format":
            overrides["output"] = output(value)
        elif name in options:
            overrides[options[name]] = value
        else:
            extra[name] = value
    if extra:
        overrides["extra_body"] = extra
    messages = [message(each, issuer) for each in body["messages"]]
    return Told(messages=messages, overrides=overrides, stream=bool(body.get("stream")))


def message(sent: dict[str, Any], issuer: str) -> Message:
    """Read one message."""
    if sent["role"] == "tool":
        content = [part(each, issuer) for each in blocks(sent["content"])]
        return Message("tool", ToolResult(call_id=sent["tool_call_id"], name=sent.get("name", "?"), content=content))
    parts: list[Part] = []
    if sent.get("reasoning_details"):
        parts.append(Reasoning(seal=Seal(issuer=issuer, payload=sent["reasoning_details"])))
    parts += [part(each, issuer) for each in blocks(sent.get("content"))]
    for call in sent.get("tool_calls") or ():
        function = call["function"]
        parts.append(ToolCall(name=function["name"], call_id=call["id"], arguments=function["arguments"]))
    return Message(sent["role"], parts)


def blocks(content: Any) -> list[dict[str, Any]]:
    """Return content as blocks: a plain string is one of text."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content or []


def part(block: dict[str, Any], issuer: str) -> Any:
    """Read one block of content."""
    kind = block["type"]
    own = {name: value for name, value in block.items() if name not in {"type", kind}}
    options = {issuer: own} if own else {}
    if kind == "text":
        return Text(text=block["text"], options=options)
    if kind == "file":
        file = block["file"]
        return evolve(media(file["file_data"], "application/pdf", options), filename=file["filename"])
    detail = block[kind].get("detail")
    found = media(block[kind]["url"], "video/mp4" if kind == "video_url" else "image/*", options)
    return evolve(found, metadata={"detail": detail}) if detail else found


def media(address: str, family: str, options: dict[str, Any]) -> Media:
    """Read media from an address, which may hold the data itself."""
    head, found, data = address.partition(";base64,")
    if found:
        source = Bytes(data=base64.b64decode(data))
        return Media(source=source, media_type=head.removeprefix("data:"), options=options)
    return Media(source=Url(url=address), media_type=family, options=options)


def tool(sent: dict[str, Any], issuer: str) -> Tool | ServerTool:
    """Read one tool."""
    if sent["type"] != "function":
        args = {name: value for name, value in sent.items() if name != "type"}
        return ServerTool(id=f"{issuer}.{sent['type'].removeprefix(f'{issuer}:')}", args=args)
    function = sent["function"]
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    return Tool(
        name=function["name"], description=function.get("description"), schema=schema, strict=function.get("strict")
    )


def output(sent: dict[str, Any]) -> OutputFormat:
    """Read the shape of the answer."""
    if sent["type"] == "json_object":
        return OutputFormat("json")
    shape = sent["json_schema"]
    return OutputFormat("json_schema", schema=shape["schema"], name=shape["name"], strict=shape.get("strict"))


def sent_body(config: LLMConfig, reported: Told) -> dict[str, Any]:
    """Return the body that we would send."""
    return LLM(config).build_request(reported.messages, stream=reported.stream, **reported.overrides).body


def plain(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body without what does not count: the defaults of clients, and other ways to say the same."""
    kept = {name: value for name, value in body.items() if CLIENT_DEFAULTS.get(name, ...) != value}
    kept["messages"] = [plain_message(each) for each in body["messages"]]
    for old, new in RENAMED.items():
        if old in kept:
            kept[new] = kept.pop(old)
    if "reasoning_effort" in kept:
        kept["reasoning"] = {**kept.get("reasoning", {}), "effort": kept.pop("reasoning_effort")}
    if isinstance(kept.get("stop"), str):
        kept["stop"] = [kept["stop"]]
    if "tools" in kept:
        kept["tools"] = [plain_tool(each) for each in kept["tools"]]
    shape = kept.get("response_format", {}).get("json_schema")
    if shape is not None:
        shape = {name: value for name, value in shape.items() if name != "description"}
        kept["response_format"] = {"type": "json_schema", "json_schema": {"strict": False, **shape}}
    return kept


def plain_message(sent: dict[str, Any]) -> dict[str, Any]:
    """Return a message in which one text is a string, nothing said is nothing, and a result names no tool."""
    content = blocks(sent.get("content"))
    if len(content) == 1 and set(content[0]) == {"type", "text"}:
        content = content[0]["text"]
    kept = {name: value for name, value in sent.items() if name != "content" and value is not None}
    if kept["role"] == "tool":
        kept.pop("name", None)
    if "tool_calls" in kept:  # some clients send a call back with its place in the stream
        kept["tool_calls"] = [
            {name: value for name, value in call.items() if name != "index"} for call in kept["tool_calls"]
        ]
    return {**kept, "content": content} if content else kept


def plain_tool(sent: dict[str, Any]) -> dict[str, Any]:
    """Return a tool without what only its client knows."""
    if sent["type"] != "function":
        return sent
    known = {name: value for name, value in sent["function"].items() if value is not None}
    return {"type": "function", "function": {"parameters": {"type": "object", "properties": {}}, **known}}
