"""Tool definitions and the tool choice as the Messages API accepts them.

https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman import ServerTool, Tool, ToolChoice
from dragoman.http import own_members, refuse_server_tool
from dragoman_anthropic.options import ISSUER

SERVER_TOOL_NAMES: Mapping[str, str] = {
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
}
"""Names of server tools by type, where the name is not the type without its date."""

SERVER_TOOL_BETAS: Mapping[str, str] = {
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "code_execution_20250522": "code-execution-2025-05-22",
    "code_execution_20250825": "code-execution-2025-08-25",
    "web_fetch_20250910": "web-fetch-2025-09-10",
    "memory_20250818": "context-management-2025-06-27",
}
"""The beta that a server tool needs, by type."""

_CHOICES: Mapping[str, str] = {"auto": "auto", "none": "none", "required": "any", "tool": "tool"}
_DATE = re.compile(r"_\d{8}$")


def encode_tools(tools: Iterable[Tool | ServerTool]) -> list[dict[str, Any]]:
    """Return the definitions of *tools*, with the members that their options add.

    Raises:
        UnsupportedError: for a tool that another provider runs.

    """
    return [_encode_tool(tool) for tool in tools]


def _encode_tool(tool: Tool | ServerTool) -> dict[str, Any]:
    if isinstance(tool, ServerTool):
        return _encode_server_tool(tool)
    definition: dict[str, Any] = {"name": tool.name, "input_schema": object_schema(tool.schema)}
    if tool.description is not None:
        definition["description"] = tool.description
    if tool.strict:
        definition["strict"] = True
    return {**definition, **own_members(tool, ISSUER)}


def _encode_server_tool(tool: ServerTool) -> dict[str, Any]:
    if tool.issuer != ISSUER:
        refuse_server_tool(tool, "Anthropic")
    name = SERVER_TOOL_NAMES.get(tool.name) or _DATE.sub("", tool.name)
    return {"type": tool.name, "name": name, **tool.args}


def object_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return *schema* with a type: the API requires ``"type": "object"`` in the schema of an input."""
    return dict(schema) if "type" in schema else {"type": "object", **schema}


def tool_betas(tools: Iterable[Tool | ServerTool]) -> list[str]:
    """Return the betas that *tools* need."""
    return [
        SERVER_TOOL_BETAS[tool.name]
        for tool in tools
        if isinstance(tool, ServerTool) and tool.name in SERVER_TOOL_BETAS
    ]


def encode_choice(choice: ToolChoice, *, parallel: bool | None) -> dict[str, Any] | None:
    """Return the tool choice, ``None`` if it is the default of the API.

    Args:
        choice: which tools the model may or must call.
        parallel: whether the model may call several tools at once; ``None`` for the default.

    """
    encoded: dict[str, Any] = {"type": _CHOICES.get(choice.kind, choice.kind)}
    if choice.kind == "tool":
        encoded["name"] = choice.name or ""
    if parallel is False and choice.kind != "none":
        encoded["disable_parallel_tool_use"] = True
    return None if encoded == {"type": "auto"} else encoded
