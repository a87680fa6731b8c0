"""Tools and the choice among them as Converse accepts them.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import ChatRequest, ServerTool, Tool, ToolCall, ToolChoice
from dragoman.http import own_members, refuse_server_tool
from dragoman_bedrock.models import Family
from dragoman_bedrock.options import ISSUER
from dragoman_bedrock.request_parts import CACHE_MARK, PartEncoder, cache_point

_CHOICES: Mapping[str, str] = {"required": "any", "auto": "auto"}


def tool_config(
    request: ChatRequest, known: Family, encoder: PartEncoder
) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Return the tools and the choice, and the additional fields that say that no tool may be called.

    Converse has no choice of none: without calls in the conversation the tools are left out, and with calls, Claude is
    told so in its own words.

    Args:
        request: the request that offers the tools.
        known: what is known of the model.
        encoder: collects the adjustments.

    """
    tools = [block for tool in request.tools for block in encode_tool(tool, known, encoder)]
    if not tools or request.tool_choice.kind != "none":
        return {"tools": tools, **_choice(request.tool_choice)} if tools else None, {}
    if not any(message.of_type(ToolCall) for message in request.messages):
        encoder.adjust("emulated", "tool_choice", "Converse has no choice of none, so the tools are left out")
        return None, {}
    if not known.claude:
        encoder.adjust("dropped", "tool_choice", "the model cannot be told to call no tool", asked="none")
    return {"tools": tools}, {"tool_choice": {"type": "none"}} if known.claude else {}


def encode_tool(tool: Tool | ServerTool, known: Family, encoder: PartEncoder) -> list[dict[str, Any]]:
    """Return the definition of a tool, and the cache point after it.

    Raises:
        UnsupportedError: for a tool that another provider runs.

    """
    if isinstance(tool, ServerTool):
        if tool.issuer != ISSUER:
            refuse_server_tool(tool, "Bedrock")
        return [{"systemTool": {"name": tool.name, **tool.args}}]
    definition: dict[str, Any] = {"name": tool.name, "inputSchema": {"json": {"type": "object", **tool.schema}}}
    if tool.description:
        definition["description"] = tool.description
    if tool.strict and known.has_schemas:
        definition["strict"] = True
    elif tool.strict:
        reason = "the model cannot be held to the schema of a tool"
        encoder.adjust("downgraded", f"schema of the tool {tool.name}", reason)
    return [{"toolSpec": {**definition, **own_members(tool, ISSUER, but=CACHE_MARK)}}, *cache_point(tool.options)]


def _choice(choice: ToolChoice) -> dict[str, Any]:
    if choice.kind == "tool":
        return {"toolChoice": {"tool": {"name": choice.name or ""}}}
    word = _CHOICES.get(choice.kind, choice.kind)
    return {} if word == "auto" else {"toolChoice": {word: {}}}
