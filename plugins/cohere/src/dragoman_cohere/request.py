"""Our requests as bodies of Cohere's API: settings, tools and the output format.

https://docs.cohere.com/reference/chat
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    Effort,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    UnsupportedError,
)
from dragoman.http import add_options, own_members, refuse_server_tool
from dragoman_cohere.options import ISSUER, CohereOptions
from dragoman_cohere.request_messages import MessagesEncoder

SETTINGS: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "p",
    "top_k": "k",
    "stop": "stop_sequences",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "logprobs",
}
"""Names of settings in the body."""

LEAST_P, MOST_P = 0.01, 0.99
"""The limits of ``p``."""

_MISSING = ("parallel_tool_calls", "top_logprobs", "service_tier")
_THINKING: Mapping[bool, JSON] = {True: {"type": "enabled"}, False: {"type": "disabled"}}


@define(kw_only=True)
class BodyEncoder:
    """Encode the body of one request.

    Args:
        options: the caller's options.
        stream: whether the answer is to be streamed.
        adjustments: how the body differs from the request, filled by :meth:`encode`.

    """

    options: CohereOptions
    stream: bool
    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def encode(self, request: ChatRequest) -> dict[str, Any]:
        """Return the body.

        Raises:
            UnsupportedError: for content, tools or an output format that the API does not accept.

        """
        encoder = MessagesEncoder(adjustments=self.adjustments)
        body: dict[str, Any] = {"model": request.model, "messages": encoder.encode(request.messages)}
        if self.stream:
            body["stream"] = True
        body.update(self._settings(request.settings))
        body.update(self._tools(request))
        body.update(self._output(request.output))
        self._add_options(body)
        return body

    def _settings(self, settings: Settings) -> dict[str, Any]:
        values: dict[str, Any] = {wire: getattr(settings, name) for name, wire in SETTINGS.items()}
        body = {name: value for name, value in values.items() if value is not None}
        if (share := body.get("p")) is not None and share != (near := min(max(share, LEAST_P), MOST_P)):
            body["p"] = near
            self._adjust("coerced", "top_p", f"Cohere takes {LEAST_P} to {MOST_P}", asked=share, sent=near)
        if settings.effort is not None:
            body["thinking"] = _THINKING[settings.effort != Effort.NONE]
        for name in _MISSING:
            if (value := getattr(settings, name)) is not None:
                self._adjust("dropped", name, "Cohere has no such setting", asked=value)
        return body

    def _tools(self, request: ChatRequest) -> dict[str, Any]:
        """Return the members for the tools.

        Raises:
            UnsupportedError: if one of several tools must be called, which the API cannot require.

        """
        if not request.tools:
            return {}
        kind = request.tool_choice.kind
        if kind == "tool" and len(request.tools) > 1:
            message = f"Cohere cannot require a call of {request.tool_choice.name!r} beside other tools; offer it alone"
            raise UnsupportedError(message, provider=ISSUER, model=request.model, parameter="tool_choice")
        body: dict[str, Any] = {"tools": [_tool(tool) for tool in request.tools]}
        if kind != "auto":
            body["tool_choice"] = "NONE" if kind == "none" else "REQUIRED"
        if any(isinstance(tool, Tool) and tool.strict for tool in request.tools):
            body["strict_tools"] = True
        return body

    def _output(self, output: OutputFormat) -> dict[str, Any]:
        """Return the member for the output format.

        Raises:
            UnsupportedError: together with documents, with which the API does not accept it.

        """
        if output.kind == "text":
            return {}
        if self.options.documents:
            message = "Cohere cannot restrict an answer to JSON if there are documents; leave out one of the two"
            raise UnsupportedError(message, provider=ISSUER, parameter="output")
        schema = {"json_schema": dict(output.schema or {})} if output.kind == "json_schema" else {}
        return {"response_format": {"type": "json_object", **schema}}

    def _add_options(self, body: dict[str, Any]) -> None:
        """Add the caller's options to *body*, and record what they replace."""
        asked = body.get("thinking")
        add_options(body, self.options)
        body.update(self.options.extra_body or {})
        if asked is not None and asked != body["thinking"]:
            self._adjust("coerced", "effort", "the option thinking replaces it", asked=asked, sent=body["thinking"])

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def _tool(tool: Tool | ServerTool) -> dict[str, Any]:
    if isinstance(tool, ServerTool):
        refuse_server_tool(tool, "Cohere")
    described = {} if tool.description is None else {"description": tool.description}
    function = {"name": tool.name, **described, "parameters": tool.schema}
    return {"type": "function", "function": function, **own_members(tool, ISSUER)}
