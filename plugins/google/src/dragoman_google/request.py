"""Our requests as bodies of ``generateContent``: the conversation, settings, tools and the output format.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attrs import define, field

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    InvalidRequestError,
    OutputFormat,
    SchemaRules,
    ServerTool,
    Tool,
    UnsupportedError,
)
from dragoman.http import add_options, merge_members, refuse_server_tool
from dragoman_google.models import accepts_json_schema, is_gemini_3
from dragoman_google.options import ISSUER, GoogleOptions
from dragoman_google.request_messages import ContentsEncoder
from dragoman_google.request_schema import gemini_schema, openapi_form
from dragoman_google.schema_rules import ANSWER, SUBSET, TOOL
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
    "n": "candidateCount",
}
"""The members of ``generationConfig`` by setting."""

_MODES: Mapping[str, str] = {"none": "NONE", "required": "ANY", "tool": "ANY"}
_HARM_PREFIX = "HARM_CATEGORY_"


@define(kw_only=True)
class BodyEncoder:
    """Encode the body of one request.

    Args:
        request: the request.
        options: the caller's options.
        vertex: whether the request goes to Vertex AI.
        adjustments: how the body differs from the request, filled by :meth:`encode`.

    """

    request: ChatRequest
    options: GoogleOptions
    vertex: bool = False
    adjustments: list[Adjustment] = field(factory=list[Adjustment])

    def encode(self) -> dict[str, Any]:
        """Return the body.

        Raises:
            UnsupportedError: for content or settings that Google does not accept.

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
        if safety := _safety_settings(self.options.safety_settings):
            body["safetySettings"] = safety
        add_options(body, self.options)
        merge_members(body, self.options.extra_body or {})
        return body

    def _settings(self) -> dict[str, Any]:
        settings, model = self.request.settings, self.request.model
        values: dict[str, Any] = {name: getattr(settings, name) for name in SETTINGS}
        config: dict[str, Any] = {SETTINGS[name]: value for name, value in values.items() if value is not None}
        thinking = thinking_config(model, settings.effort, self.options, self.adjustments, limit=settings.max_tokens)
        return {**config, "thinkingConfig": thinking} if thinking else config

    def _output(self) -> dict[str, Any]:
        output = self.request.output
        if output.kind == "text":
            return {}
        if not is_gemini_3(self.request.model) and any(isinstance(tool, Tool) for tool in self.request.tools):
            message = (
                f"{self.request.model} accepts tools or an output format, not both; use Gemini 3 or later for both"
            )
            raise UnsupportedError(message, model=self.request.model, parameter="output")
        return {"responseMimeType": "application/json", **self._output_schema(output)}

    def _output_schema(self, output: OutputFormat) -> dict[str, Any]:
        if output.kind != "json_schema":
            return {}
        if self._accepts_json_schema():
            return {"responseJsonSchema": self._schema(output.schema or {}, ANSWER, "output schema")}
        return {"responseSchema": openapi_form(self._schema(output.schema or {}, SUBSET, "output schema"))}

    def _accepts_json_schema(self) -> bool:
        form = self.options.schemas
        return accepts_json_schema(self.request.model) if form is None else form == "json_schema"

    def _schema(self, schema: Mapping[str, JSON], rules: SchemaRules, feature: str) -> dict[str, Any]:
        parameter = "output" if feature == "output schema" else "tools"
        lowered, notes = gemini_schema(schema, rules, parameter)
        if notes:
            self._adjust("coerced", feature, notes)
        return lowered

    def _tools(self) -> dict[str, Any]:
        tools = self.request.tools
        if not tools:
            return {}
        functions = [self._function(tool) for tool in tools if isinstance(tool, Tool)]
        server_tools = [_server_tool(tool) for tool in tools if isinstance(tool, ServerTool)]
        declared: list[dict[str, Any]] = [{"functionDeclarations": functions}] if functions else []
        config = self._tool_config(mixed=bool(functions and server_tools))
        return {"tools": [*server_tools, *declared], **({"toolConfig": config} if config else {})}

    def _function(self, tool: Tool) -> dict[str, Any]:
        function: dict[str, Any] = {"name": tool.name}
        if tool.description is not None:
            function["description"] = tool.description
        feature = f"schema of the tool {tool.name}"
        if self._accepts_json_schema():
            function["parametersJsonSchema"] = self._schema(tool.schema, TOOL, feature)
        elif (schema := self._schema(tool.schema, SUBSET, feature)).get("properties"):  # refused without
            function["parameters"] = openapi_form(schema)
        return function

    def _tool_config(self, *, mixed: bool) -> dict[str, Any]:
        """Return the configuration of tool calls.

        Args:
            mixed: whether server tools are combined with functions, which AI Studio allows if it reports their calls.

        """
        choice = self.request.tool_choice
        calling: dict[str, Any] = {}
        if choice.kind in _MODES:
            calling["mode"] = _MODES[choice.kind]
        elif any(isinstance(tool, Tool) and tool.strict for tool in self.request.tools):
            calling["mode"] = "VALIDATED"
        if choice.kind == "tool":
            calling["allowedFunctionNames"] = [choice.name]
        config: dict[str, Any] = {"functionCallingConfig": calling} if calling else {}
        if mixed and is_gemini_3(self.request.model) and not self.vertex:
            config["includeServerSideToolInvocations"] = True
        return config

    def _adjust(self, kind: str, feature: str, reason: str, *, asked: Any = None) -> None:
        self.adjustments.append(Adjustment(kind=kind, feature=feature, asked=asked, reason=reason, by=ISSUER))


def _server_tool(tool: ServerTool) -> dict[str, Any]:
    if tool.issuer != ISSUER:
        refuse_server_tool(tool, "Google")
    return {camel_case(tool.name): dict(tool.args)}


def camel_case(name: str) -> str:
    """Return a name in camel case: ``google_search`` becomes ``googleSearch``."""
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _safety_settings(settings: Any) -> list[Any]:
    """Return the thresholds as a list; ``HARM_CATEGORY_`` is added to a category without it.

    Raises:
        InvalidRequestError: if they are neither a mapping of names nor a list.

    """
    if not isinstance(settings, Mapping):
        if settings is None or isinstance(settings, list | tuple):
            return list(cast("list[Any]", settings or ()))
        message = "safety_settings must be a mapping, as {'HARASSMENT': 'BLOCK_NONE'}, or a list as the API takes it"
        raise InvalidRequestError(message, parameter="safety_settings")
    if not all(isinstance(name, str) for name in settings):
        raise InvalidRequestError("the categories of safety_settings must be strings", parameter="safety_settings")
    return [
        {"category": _category(name), "threshold": str(threshold).upper()}
        for name, threshold in cast("Mapping[str, Any]", settings).items()
    ]


def _category(name: str) -> str:
    return name.upper() if name.upper().startswith(_HARM_PREFIX) else _HARM_PREFIX + name.upper()
