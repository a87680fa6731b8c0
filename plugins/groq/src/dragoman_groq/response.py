"""Parts that only Groq has in its answers: tools that Groq ran.

https://console.groq.com/docs/compound
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dragoman import ToolCall
from dragoman.http import count, fields, words
from dragoman_openai_compatible import arguments_of


def executed_tool(tool: Mapping[str, Any]) -> ToolCall:
    """Return the call of a tool that Groq ran; its results are in the metadata."""
    index = count(tool, "index") or 0
    results = {name: value for name, value in tool.items() if name not in {"index", "type", "arguments"}}
    return ToolCall(
        name=words(tool.get("type")),
        call_id=f"executed_{index}",
        arguments=arguments_of(tool),
        server_side=True,
        metadata=results,
    )


def groq_fields(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the member ``x_groq`` of a reply or chunk, empty if it has none."""
    return fields(body.get("x_groq"))
