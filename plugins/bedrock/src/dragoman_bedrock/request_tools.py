"""Tools and the choice among them as Converse accepts them.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dragoman import ChatRequest, ServerTool, Tool, ToolChoice, UnsupportedError
from dragoman.http import fields, objects
from dragoman_bedrock.models import Family
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.request_parts import CACHE_MARK, PartEncoder, cache_point

_CHOICES: Mapping[str, str] = {"required": "any", "auto": "auto"}


def tool_config(
    request: ChatRequest, messages: Iterable[Mapping[str, Any]], known: Family, encoder: PartEncoder
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the tools and the choice, and the additional fields that say that no tool may be called.

    Converse has no choice of none: without calls in the conversation the tools are left out, and with calls, Claude is
    told so in its own words.

    Args:
        request: the request that offers the tools.
        messages: the encoded conversation.
        known: what is known of the model.
        encoder: collects the adjustments.

    """
    called = called_tools(messages)
    if request.tools and request.tool_choice.kind != "none":
        tools = [block for tool in request.tools for block in encode_tool(tool, known, encoder)]
        return {"tools": tools, **_choice(request.tool_choice)}, {}
    if not called:
        if request.tools:
            encoder.adjust("emulated", "tool_choice", "Converse has no choice of none, so the tools are left out")
        return None, {}
    given = [block for tool in request.tools for block in encode_tool(tool, known, encoder)]
    if not given:
        reason = "Bedrock requires the definitions of the tools that a conversation has called"
        encoder.adjust("emulated", "tools", reason, asked="none", sent=", ".join(called))
    if not known.claude:
        encoder.adjust("dropped", "tool_choice", "the model cannot be told to call no tool", asked="none")
    none = {"tool_choice": {"type": "none"}} if known.claude else {}
    return {"tools": given or [_definition(name) for name in called]}, none


def encode_tool(tool: Tool | ServerTool, known: Family, encoder: PartEncoder) -> list[dict[str, Any]]:
    """Return the definition of a tool, and the cache point after it.

    Raises:
        UnsupportedError: for a tool that another provider runs.

    """
    if isinstance(tool, ServerTool):
        if tool.issuer != ISSUER:
            message = f"the tool {tool.id!r} is run by {tool.issuer}, not by Bedrock; leave it out"
            raise UnsupportedError(message, parameter="tools")
        return [{"systemTool": {"name": tool.name, **tool.args}}]
    more = {name: value for name, value in fields(tool.options.get(ISSUER)).items() if name != CACHE_MARK}
    definition: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": {"type": "object", **tool.schema}}}
    if tool.description:
        definition["description"] = tool.description
    if tool.strict and known.has_schemas:
        definition["strict"] = True
    elif tool.strict:
        reason = "the model cannot be held to the schema of a tool"
        encoder.adjust("downgraded", f"schema of the tool {tool.name}", reason)
    return [{"toolSpec": {**definition, **more}}, *cache_point(tool.options)]


def _choice(choice: ToolChoice) -> dict[str, Any]:
    if choice.kind == "tool":
        return {"toolChoice": {"tool": {"name": choice.name or ""}}}
    word = _CHOICES.get(choice.kind, choice.kind)
    return {} if word == "auto" else {"toolChoice": {word: {}}}


def _definition(name: str) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}}


def called_tools(messages: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the names of the tools that encoded messages call."""
    blocks = [fields(block.get("toolUse")) for message in messages for block in objects(message.get("content"))]
    return list(dict.fromkeys(str(block["name"]) for block in blocks if block.get("name")))
