"""Our requests as bodies of Ollama's API: settings, tools and the output format.

https://docs.ollama.com/api/chat and https://docs.ollama.com/api/generate
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Effort,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    UnsupportedError,
)
from dragoman.http import add_options, own_members, refuse_server_tool
from dragoman_ollama.options import ISSUER, PROMPTS_ONLY, OllamaOptions
from dragoman_ollama.request_messages import MessagesEncoder

SETTINGS: Mapping[str, str] = {
    "max_tokens": "num_predict",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}
"""Names of settings in the object ``options``: https://docs.ollama.com/modelfile#valid-parameters-and-values."""

_MISSING = ("parallel_tool_calls", "service_tier")


@define(kw_only=True)
class BodyEncoder:
    """Encode the body of one request.

    Args:
        options: the caller's options.
        adjustments: how the body differs from the request, filled by the methods.

    """

    options: OllamaOptions
    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def conversation(self, request: ChatRequest) -> dict[str, Any]:
        """Return the body of a conversation, without the options.

        Raises:
            UnsupportedError: for content, tools or options that the API does not accept.

        """
        name = next((name for name in PROMPTS_ONLY if getattr(self.options, name) is not None), None)
        if name is not None:
            message = f"the option {name} belongs to prompts, and this is a conversation; leave it out"
            raise UnsupportedError(message, model=request.model, parameter=name)
        encoder = MessagesEncoder(adjustments=self.adjustments)
        body: dict[str, Any] = {"model": request.model, "messages": encoder.encode(request.messages)}
        if tools := self._tools(request):
            body["tools"] = tools
        body.update(_output(request.output))
        body.update(self._settings(request.settings))
        return body

    def prompt(self, request: CompletionRequest) -> dict[str, Any]:
        """Return the body of a prompt, without the options."""
        suffix = {} if request.suffix is None else {"suffix": request.suffix}
        return {"model": request.model, "prompt": request.prompt, **suffix, **self._settings(request.settings)}

    def add_options(self, body: dict[str, Any]) -> None:
        """Add the caller's options to *body*, and record what they replace."""
        effort, think = body.get("think"), self.options.think
        add_options(body, self.options)
        if effort is not None and think is not None and effort != think:
            self._adjust("coerced", "effort", "the option think replaces it", asked=effort, sent=think)

    def _settings(self, settings: Settings) -> dict[str, Any]:
        values: dict[str, Any] = {SETTINGS[name]: getattr(settings, name) for name in SETTINGS}
        options = {name: value for name, value in values.items() if value is not None}
        body: dict[str, Any] = {"options": options} if options else {}
        if settings.effort is not None:
            body["think"] = False if settings.effort == Effort.NONE else str(settings.effort)
        for name in ("logprobs", "top_logprobs"):
            if (value := getattr(settings, name)) is not None:
                body[name] = value
        for name in _MISSING:
            if (value := getattr(settings, name)) is not None:
                self._adjust("dropped", name, "Ollama has no such setting", asked=value)
        return body

    def _tools(self, request: ChatRequest) -> list[dict[str, Any]]:
        """Return the definitions of the tools, none if no tool may be called."""
        if request.tools and request.tool_choice.kind == "none":
            reason = "Ollama cannot forbid calls, so the tools are left out"
            self._adjust("emulated", "tool_choice", reason, asked="none", sent="no tools")
            return []
        if request.tool_choice.kind not in {"auto", "none"}:
            message = "Ollama cannot require a tool call; leave tool_choice out"
            raise UnsupportedError(message, model=request.model, parameter="tool_choice")
        return [self._tool(tool) for tool in request.tools]

    def _tool(self, tool: Tool | ServerTool) -> dict[str, Any]:
        if isinstance(tool, ServerTool):
            refuse_server_tool(tool, "Ollama")
        function: dict[str, Any] = {"name": tool.name, "parameters": tool.schema}
        if tool.description is not None:
            function["description"] = tool.description
        if tool.strict:
            reason = "Ollama cannot hold the arguments of a call to a schema"
            self._adjust("downgraded", f"schema of the tool {tool.name}", reason, asked="strict")
        return {"type": "function", "function": function, **own_members(tool, ISSUER)}

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: JSON = None, sent: JSON = None) -> None:
        self.adjustments.append(
            Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=ISSUER)
        )


def _output(output: OutputFormat) -> dict[str, Any]:
    """Return the member ``format``: https://docs.ollama.com/capabilities/structured-outputs."""
    if output.kind == "text":
        return {}
    return {"format": dict(output.schema or {}) if output.kind == "json_schema" else "json"}
