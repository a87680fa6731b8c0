"""What is asked of Google beside the conversation: settings, tools, the shape of the answer.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attrs import define, field

from dragoman import Adjustment, ChatRequest, OutputFormat, ServerTool, Tool, UnsupportedError
from dragoman.http import body_of
from dragoman_google.models import is_third, takes_json_schema
from dragoman_google.options import GoogleOptions
from dragoman_google.request_messages import ISSUER, ContentsEncoder
from dragoman_google.request_schema import has_properties, subset
from dragoman_google.thinking import thinking_config

SETTINGS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxOutputTokens",
    "stop": "stopSequences",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "logprobs": "responseLogprobs",
    "top_logprobs": "logprobs",
}
"""Where a setting stands in ``generationConfig``."""

_MODES: Mapping[str, str] = {"none": "NONE", "required": "ANY", "tool": "ANY"}
_HARM = "HARM_CATEGORY_"


@define(kw_only=True)
class BodyEncoder:
    """Make the body of one request.

    Args:
        request: what is asked.
        options: the caller's own options.
        vertex: whether Vertex AI is asked.

    Attributes:
        adjustments: what was sent otherwise than asked.

    """

    request: ChatRequest
    options: GoogleOptions
    vertex: bool = False
    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def encode(self) -> dict[str, Any]:
        """Return the body.

        Raises:
            UnsupportedError: for what Google cannot be told.

        """
        encoder = ContentsEncoder(self.request.model)
        body: dict[str, Any] = {"contents": encoder.encode(self.request.messages)}
        self.adjustments.extend(encoder.adjustments)
        if encoder.system:
            body["systemInstruction"] = {"parts": encoder.system}
        body.update(self._tools())
        if generation := {**self._settings(), **self._output()}:
            body["generationConfig"] = generation
        if self.request.settings.service_tier is not None:
            body["serviceTier"] = self.request.settings.service_tier
        if safety := _safety(self.options.safety_settings):
            body["safetySettings"] = safety
        for path, value in body_of(self.options).items():
            _place(body, path, value)
        _merge(body, self.options.extra_body or {})
        return body

    def _settings(self) -> dict[str, Any]:
        settings, model = self.request.settings, self.request.model
        given: dict[str, Any] = {name: getattr(settings, name) for name in SETTINGS}
        config: dict[str, Any] = {SETTINGS[name]: value for name, value in given.items() if value is not None}
        if is_third(model) and "temperature" in config and "temperature" not in settings.explicit:
            reason = "Gemini 3 and later loop at less than their own temperature"
            self._note("dropped", "temperature", reason, asked=config.pop("temperature"))
        thoughts = thinking_config(model, settings.effort, self.options, self.adjustments)
        return {**config, "thinkingConfig": thoughts} if thoughts else config

    def _output(self) -> dict[str, Any]:
        output = self.request.output
        if output.kind == "text":
            return {}
        if not is_third(self.request.model) and any(isinstance(tool, Tool) for tool in self.request.tools):
            message = f"{self.request.model} takes either tools or a shape of the answer, not both; Gemini 3 takes both"
            raise UnsupportedError(message, model=self.request.model, parameter="output")
        return {"responseMimeType": "application/json", **self._answer_schema(output)}

    def _answer_schema(self, output: OutputFormat) -> dict[str, Any]:
        if output.kind != "json_schema":
            return {}
        schema = dict(output.schema or {})
        if self._takes_json_schema():
            return {"responseJsonSchema": schema}
        return {"responseSchema": self._subset(schema, "output schema")}

    def _takes_json_schema(self) -> bool:
        chosen = self.options.schemas
        return takes_json_schema(self.request.model) if chosen is None else chosen == "json_schema"

    def _subset(self, schema: Mapping[str, Any], feature: str) -> dict[str, Any]:
        converted, lost = subset(schema)
        if lost:
            reason = "the model is not told these keywords of JSON Schema"
            self._note("downgraded", feature, reason, asked=", ".join(lost))
        return converted

    def _tools(self) -> dict[str, Any]:
        tools = self.request.tools
        if not tools:
            return {}
        functions = [self._function(tool) for tool in tools if isinstance(tool, Tool)]
        served = [_served(tool) for tool in tools if isinstance(tool, ServerTool)]
        declared: list[dict[str, Any]] = [{"functionDeclarations": functions}] if functions else []
        config = self._tool_config(mixed=bool(functions and served))
        return {"tools": [*served, *declared], **({"toolConfig": config} if config else {})}

    def _function(self, tool: Tool) -> dict[str, Any]:
        function: dict[str, Any] = {"name": tool.name}
        if tool.description is not None:
            function["description"] = tool.description
        if self._takes_json_schema():
            function["parametersJsonSchema"] = dict(tool.schema)
        elif has_properties(tool.schema):
            function["parameters"] = self._subset(tool.schema, f"schema of the tool {tool.name}")
        return function

    def _tool_config(self, *, mixed: bool) -> dict[str, Any]:
        """Return how tools may be called; Google's own beside the caller's only where their calls are shown."""
        choice = self.request.tool_choice
        calling: dict[str, Any] = {}
        if choice.kind in _MODES:
            calling["mode"] = _MODES[choice.kind]
        elif any(isinstance(tool, Tool) and tool.strict for tool in self.request.tools):
            calling["mode"] = "VALIDATED"
        if choice.kind == "tool":
            calling["allowedFunctionNames"] = [choice.name]
        config: dict[str, Any] = {"functionCallingConfig": calling} if calling else {}
        if mixed and is_third(self.request.model) and not self.vertex:
            config["includeServerSideToolInvocations"] = True
        return config

    def _note(self, kind: str, feature: str, reason: str, *, asked: Any = None) -> None:
        self.adjustments.append(Adjustment(kind=kind, feature=feature, asked=asked, reason=reason, by=ISSUER))


def _served(tool: ServerTool) -> dict[str, Any]:
    if tool.issuer != ISSUER:
        message = f"the tool {tool.id!r} is run by {tool.issuer}, not by {ISSUER}"
        raise UnsupportedError(message, parameter="tools")
    return {camel(tool.name): dict(tool.args)}


def camel(name: str) -> str:
    """Return a name of several words as Google writes it: ``google_search`` is ``googleSearch``."""
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _safety(settings: Any) -> list[Any]:
    """Return the thresholds as Google lists them; a category may be named without its prefix."""
    if not isinstance(settings, Mapping):
        return list(settings or ())
    return [
        {"category": _category(name), "threshold": str(threshold).upper()}
        for name, threshold in cast("Mapping[str, Any]", settings).items()
    ]


def _category(name: str) -> str:
    return name.upper() if name.upper().startswith(_HARM) else _HARM + name.upper()


def _place(body: dict[str, Any], path: str, value: Any) -> None:
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def _merge(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        known = body.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _merge(cast("dict[str, Any]", known), cast("Mapping[str, Any]", value))
        else:
            body[name] = value
