"""The parts of requests in which OpenRouter differs from OpenAI.

https://openrouter.ai/docs/guides/overview/multimodal/overview and
https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import attrs

from dragoman import (
    JSON,
    YES,
    Adjustment,
    Bytes,
    Capabilities,
    Extension,
    Media,
    Message,
    Part,
    Reasoning,
    Seal,
    ServerTool,
    Tool,
    ToolResult,
    Url,
    fit,
)
from dragoman.http import address_of, checked_headers
from dragoman_openrouter.response import ISSUER


def full_model_id(model: str) -> str:
    """Return the full model id; the prefix of OpenRouter's own models, as in ``openrouter/auto``, may be left out."""
    return model if "/" in model else f"openrouter/{model}"


def fitted(request: Any, reasoning: Mapping[str, Any] | None) -> tuple[Any, tuple[Adjustment, ...]]:
    """Return *request* without the defaults that a model must not get where the option asks it to reason.

    Args:
        request: the request.
        reasoning: the option ``reasoning``.

    """
    asked = {name: value for name, value in (reasoning or {}).items() if name in {"effort", "max_tokens", "enabled"}}
    if not asked or asked.get("enabled") is False or asked.get("effort") == "none":
        return request, ()
    return fit(request, Capabilities(reasoning=YES), by=ISSUER)


def attribution(site_url: str | None, app_name: str | None) -> dict[str, str]:
    """Return the headers that name a site and an app.

    https://openrouter.ai/docs/app-attribution
    """
    named = {"http-referer": site_url, "x-title": app_name}
    return checked_headers({name: value for name, value in named.items() if value})


def name_server_tools(tools: Iterable[Tool | ServerTool], encoded: Iterable[dict[str, Any]]) -> None:
    """Set the type of each tool that OpenRouter runs, unless the arguments of the tool set it.

    https://openrouter.ai/docs/guides/features/server-tools
    """
    for tool, definition in zip(tools, encoded, strict=True):
        if isinstance(tool, ServerTool) and "type" not in tool.args:
            definition["type"] = f"{ISSUER}:{tool.name.removeprefix(f'{ISSUER}:')}"


def replay_reasoning(reasoning: Sequence[Reasoning]) -> dict[str, Any]:
    """Return the details of the reasoning of earlier turns; the seals of other issuers are not sent."""
    details: list[Any] = []
    for part in reasoning:
        if part.seal is not None and part.seal.issuer == ISSUER and isinstance(part.seal.payload, list):
            given = cast("list[Any]", part.seal.payload)
            details += [
                {**each, "index": at} if isinstance(each, dict) and "index" not in each else each
                for at, each in enumerate(given, len(details))
            ]
    return {"reasoning_details": details} if details else {}


def adapt_message(message: Message, model: str) -> Message:
    """Return *message* with videos and documents by URL as extensions, and with what Claude signed as details."""
    is_claude = "claude" in model.lower()
    parts = tuple(_claude_details(part) if is_claude else part for part in map(_adapt_part, message.parts))
    return message if parts == message.parts else attrs.evolve(message, content=parts)


def _claude_details(part: Part) -> Part:
    """Return reasoning that Anthropic signed with its signature in the form of OpenRouter, any other part as it is."""
    if not isinstance(part, Reasoning) or part.seal is None or part.seal.issuer != "anthropic":
        return part
    kind: dict[str, JSON] = {"type": "reasoning.text", "text": part.text, "signature": part.seal.payload}
    if part.redacted:
        kind = {"type": "reasoning.encrypted", "data": part.seal.payload}
    details: JSON = [{**kind, "format": "anthropic-claude-v1"}]
    return attrs.evolve(part, seal=Seal(issuer=ISSUER, payload=details))


def _adapt_part(part: Part) -> Part:
    if isinstance(part, Media):
        return _adapt_media(part)
    if isinstance(part, ToolResult):
        return attrs.evolve(
            part, content=tuple(_adapt_media(each) if isinstance(each, Media) else each for each in part.content)
        )
    return part


def _adapt_media(part: Media) -> Media | Extension:
    family = part.media_type.partition("/")[0]
    if family == "video" and isinstance(part.source, Bytes | Url):
        return _extension("video_url", {"url": address_of(part.source, part.media_type)}, part)
    if family not in {"image", "audio"} and isinstance(part.source, Url):
        return _extension("file", {"filename": part.filename or "document", "file_data": part.source.url}, part)
    return part


def _extension(kind: str, value: JSON, part: Media) -> Extension:
    own = part.options.get("openrouter")
    block: dict[str, JSON] = {"type": kind, kind: value, **(own if isinstance(own, dict) else {})}
    return Extension(kind=f"openrouter.{kind}", value=block)
