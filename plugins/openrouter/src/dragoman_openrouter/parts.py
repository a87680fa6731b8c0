"""Parts that OpenRouter has a shape of its own for, put into it before the dialect encodes the rest.

https://openrouter.ai/docs/guides/overview/multimodal/overview
"""

from __future__ import annotations

from typing import Any, cast

import attrs

from dragoman import JSON, Bytes, Extension, Media, Message, Part, Text, ToolResult, Url


def shaped(message: Message) -> Message:
    """Return *message* with videos, documents by address and cached results of tools as OpenRouter takes them."""
    parts = tuple(_shaped(part) for part in message.parts)
    return message if parts == message.parts else attrs.evolve(message, content=parts)


def _shaped(part: Part) -> Part:
    if isinstance(part, Media):
        return _media(part)
    if isinstance(part, ToolResult):
        return attrs.evolve(part, content=tuple(_result(each) for each in part.content))
    return part


def _media(part: Media) -> Media | Extension:
    family = part.media_type.partition("/")[0]
    if family == "video" and isinstance(part.source, Bytes | Url):
        return _extension("video_url", {"url": _address(part)}, part)
    if family not in {"image", "audio"} and isinstance(part.source, Url):
        return _extension("file", {"filename": part.filename or "document", "file_data": part.source.url}, part)
    return part


def _result(part: Any) -> Any:
    """Return a text that is to be cached as a block of its own: as a plain string it could not say so."""
    if isinstance(part, Text) and part.options.get("openrouter"):
        return _extension("text", part.text, part)
    return _media(part) if isinstance(part, Media) else part


def _extension(kind: str, value: JSON, part: Text | Media) -> Extension:
    own = part.options.get("openrouter")
    block: dict[str, JSON] = {"type": kind, kind: value, **(own if isinstance(own, dict) else {})}
    return Extension(kind=f"openrouter.{kind}", value=block)


def _address(part: Media) -> str:
    if isinstance(part.source, Bytes):
        return f"data:{part.media_type};base64,{part.source.base64}"
    return cast("Url", part.source).url
