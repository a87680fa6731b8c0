"""The conversion of requests, and a record of what was left out.

https://docs.acme.example/api/talk
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field
from dragoman import (
    Adjustment,
    Bytes,
    ChatRequest,
    Data,
    Extension,
    InlineText,
    Media,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Role,
    ServerTool,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    UnsupportedError,
    Url,
)
from dragoman.http import dumps

from dragoman_acme.response import ISSUER

ROLES: Mapping[Role, str] = {Role.ASSISTANT: "model"}
"""Roles with another name in the API."""

CHOICES: Mapping[str, str] = {"none": "never", "required": "must"}
"""Values of the tool choice; all others are `may`."""


@define
class RequestWriter:
    """Convert one request, and record what was left out.

    Args:
        adjustments: the recorded adjustments.

    """

    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def body(self, request: ChatRequest) -> dict[str, Any]:
        """Return the body of a request.

        Raises:
            UnsupportedError: for content that the API does not support.

        """
        body: dict[str, Any] = {"model": request.model, "turns": [self._turn(each) for each in request.messages]}
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
            if request.tool_choice.kind != "auto":
                body["tool_use"] = _choice(request.tool_choice)
        if request.output.kind != "text":
            body["shape"] = _shape(request.output)
        return body | _settings(request.settings)

    def _turn(self, message: Message) -> dict[str, Any]:
        if message.name is not None:
            self._leave_out("name", "the API does not support it")
        pieces = [piece for part in message.parts for piece in self._pieces(part)]
        return {"by": ROLES.get(message.role, str(message.role)), "pieces": pieces}

    def _pieces(self, part: Part) -> Iterable[dict[str, Any]]:
        """Return the pieces of a part; an unsupported part is left out and recorded."""
        if isinstance(part, ToolCall) and not part.server_side:
            self._check_seal(part)
            return [{"kind": "call", "id": part.call_id, "tool": part.name, "input": part.parse()}]
        if isinstance(part, ToolResult):
            return [self._result(part)]
        if isinstance(part, Text | Refusal | Data):
            self._check_seal(part)
            return [{"kind": "text", "text": _text(part)}]
        if isinstance(part, Media):
            return [_media(part)]
        if isinstance(part, Reasoning) and part.seal is not None and part.seal.issuer == ISSUER:
            return [{"kind": "thought", "text": part.text, "seal": part.seal.payload}]
        if isinstance(part, Extension) and part.issuer == ISSUER and isinstance(part.value, dict):
            return [dict(part.value)]
        self._leave_out(type(part).__name__.lower(), "the API does not support it")
        return []

    def _result(self, result: ToolResult) -> dict[str, Any]:
        pieces = [piece for part in result.content for piece in self._pieces(part)]
        return {"kind": "result", "id": result.call_id, "pieces": pieces, "ok": result.outcome == "ok"}

    def _check_seal(self, part: Part) -> None:
        """Record that a seal of another vendor is left out; the sealed part itself is sent."""
        if part.seal is not None:
            self._leave_out("seal", f"only {part.seal.issuer} can read it")

    def _leave_out(self, feature: str, reason: str) -> None:
        self.adjustments.append(Adjustment(kind="dropped", feature=feature, reason=reason, by=ISSUER))


def _text(part: Text | Refusal | Data) -> str:
    return dumps(part.value).decode() if isinstance(part, Data) else part.text


def _media(part: Media) -> dict[str, Any]:
    if isinstance(part.source, InlineText):
        return {"kind": "text", "text": part.source.text}
    if part.media_type.startswith("image/") and isinstance(part.source, Bytes | Url):
        source = {"url": part.source.url} if isinstance(part.source, Url) else {"base64": part.source.base64}
        return {"kind": "image", "type": part.media_type, **source}
    message = f"{ISSUER} supports images and text, not {part.media_type} as {type(part.source).__name__}"
    raise UnsupportedError(message)


def _tool(tool: Tool | ServerTool) -> dict[str, Any]:
    if isinstance(tool, ServerTool):
        message = f"the tool {tool.id!r} is run by {tool.issuer}, not by {ISSUER}"
        raise UnsupportedError(message, parameter="tools")
    about = {} if tool.description is None else {"about": tool.description}
    return {"name": tool.name, **about, "takes": tool.schema}


def _choice(choice: ToolChoice) -> Any:
    return {"tool": choice.name} if choice.kind == "tool" else CHOICES.get(choice.kind, "may")


def _shape(output: OutputFormat) -> Any:
    return {"type": "object"} if output.schema is None else output.schema


def _settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that are set, under their names in the API."""
    limits = _without_none({"tokens": settings.max_tokens, "until": settings.stop})
    tuning = _without_none({"heat": settings.temperature, "nucleus": settings.top_p, "seed": settings.seed})
    return _without_none({"limits": limits or None, "tuning": tuning or None})


def _without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
