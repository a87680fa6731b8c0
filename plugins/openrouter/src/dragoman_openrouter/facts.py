"""What both APIs of OpenRouter have in common: names of models and tools, who is asking, what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dragoman import JSON, ServerTool, Tool
from dragoman.http import checked_headers, fields, real
from dragoman_openrouter.reasoning import ISSUER


def whole_id(model: str) -> str:
    """Return the id as OpenRouter has it: its own models stand under its own name, as in ``openrouter/auto``."""
    return model if "/" in model else f"openrouter/{model}"


def attribution(site_url: str | None, app_name: str | None) -> dict[str, str]:
    """Return the headers that name a site and a program: https://openrouter.ai/docs/app-attribution."""
    named = {"http-referer": site_url, "x-title": app_name}
    return checked_headers({name: value for name, value in named.items() if value})


def cost(usage: Any) -> dict[str, JSON]:
    """Return the cost that a report of usage names, in credits."""
    known = real(fields(usage).get("cost"))
    return {} if known is None else {"cost": known}


def name_server_tools(tools: Iterable[Tool | ServerTool], encoded: Iterable[dict[str, Any]]) -> None:
    """Name the type of each tool that OpenRouter runs as OpenRouter has it, unless its arguments name one.

    https://openrouter.ai/docs/guides/features/server-tools
    """
    for tool, definition in zip(tools, encoded, strict=True):
        if isinstance(tool, ServerTool) and "type" not in tool.args:
            definition["type"] = f"{ISSUER}:{tool.name}"
