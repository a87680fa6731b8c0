"""Tools, and the choice among them, as the Messages API takes them.

https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dragoman import ServerTool, Tool, ToolChoice, UnsupportedError
from dragoman_anthropic.names import coded
from dragoman_anthropic.response import ISSUER, objects

NAMES: Mapping[str, str] = {
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
}
"""Names of tools whose name does not follow from their type."""

BETAS: Mapping[str, str] = {
    "computer_20250124": "computer-use-2025-01-24",
    "computer_20251124": "computer-use-2025-11-24",
    "code_execution_20250522": "code-execution-2025-05-22",
    "code_execution_20250825": "code-execution-2025-08-25",
    "web_fetch_20250910": "web-fetch-2025-09-10",
    "memory_20250818": "context-management-2025-06-27",
}
"""What a tool needs in the header ``anthropic-beta``."""

_DATE = re.compile(r"_\d{8}$")


def tools(offered: Iterable[Tool | ServerTool]) -> list[dict[str, Any]]:
    """Return the definitions of tools, with what their own options add to them.

    Raises:
        UnsupportedError: for a tool that another provider runs.

    """
    return [_tool(tool) for tool in offered]


def _tool(tool: Tool | ServerTool) -> dict[str, Any]:
    if isinstance(tool, ServerTool):
        return _server_tool(tool)
    definition: dict[str, Any] = {"name": coded(tool.name), "input_schema": _object(tool.schema)}
    if tool.description is not None:
        definition["description"] = tool.description
    if tool.strict:
        definition["strict"] = True
    overrides = tool.options.get(ISSUER)
    return {**definition, **overrides} if isinstance(overrides, dict) else definition


def _server_tool(tool: ServerTool) -> dict[str, Any]:
    if tool.issuer != ISSUER:
        message = f"the tool {tool.id!r} is run by {tool.issuer}, not by Anthropic"
        raise UnsupportedError(message, parameter="tools")
    name = NAMES.get(tool.name) or _DATE.sub("", tool.name)
    return {"type": tool.name, "name": name, **tool.args}


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of arguments, which Anthropic wants to say that it is an object's."""
    return dict(schema) if "type" in schema else {"type": "object", **schema}


def betas(offered: Iterable[Tool | ServerTool]) -> list[str]:
    """Return what the tools need in the header ``anthropic-beta``."""
    return [BETAS[tool.name] for tool in offered if isinstance(tool, ServerTool) and tool.name in BETAS]


def remembered(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a definition of each tool that was called in a conversation, open for any arguments."""
    names: dict[str, None] = {}
    for message in messages:
        content = message["content"]
        if isinstance(content, list):
            names |= dict.fromkeys(block["name"] for block in objects(content) if block.get("type") == "tool_use")
    return [{"name": name, "input_schema": {"type": "object"}} for name in names]


def choice(wanted: ToolChoice, *, parallel: bool | None) -> dict[str, Any] | None:
    """Return the choice among tools, ``None`` if it is Anthropic's own default."""
    kinds = {"auto": "auto", "none": "none", "required": "any", "tool": "tool"}
    chosen: dict[str, Any] = {"type": kinds.get(wanted.kind, wanted.kind)}
    if wanted.kind == "tool":
        chosen["name"] = coded(wanted.name or "")
    if parallel is False and wanted.kind != "none":
        chosen["disable_parallel_tool_use"] = True
    return None if chosen == {"type": "auto"} else chosen
