"""The OpenAI chat dialect, which half the world speaks, as a configurable dialect.

A host that speaks it is this class with a few fields set; what differs more is a method overridden. See
https://platform.openai.com/docs/api-reference/chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    CompletionRequest,
    FinishReason,
    Origin,
    OutputFormat,
    Part,
    ProtocolError,
    ProviderError,
    Response,
    ServerTool,
    Settings,
    Tool,
    ToolChoice,
    UnsupportedError,
    Usage,
    build_response,
)
from dragoman.http import (
    HttpReply,
    HttpRequest,
    Latest,
    OptionsReader,
    as_object,
    body_of,
    dumps,
    fields,
    objects,
    real,
    word,
)
from dragoman_openai_compatible import chat_parts as read
from dragoman_openai_compatible.chat_messages import MessageEncoder, MessageRules
from dragoman_openai_compatible.errors import error_of

if TYPE_CHECKING:
    from dragoman import Event
    from dragoman.http import StreamDecoder
    from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder

T = TypeVar("T")

SETTING_NAMES: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "effort": "reasoning_effort",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
}
"""Where a setting stands in the body."""

_NAME = re.compile(r"[^a-zA-Z0-9_-]")


class OpenAIChat(Generic[T]):
    """Speak the OpenAI chat dialect.

    Args:
        options: the options class of the provider.
        provider: the provider's name, which its options are keyed by.
        rules: how messages differ.
        setting_names: where settings stand in the body; one that is missing here is not sent, with an adjustment.
        reasoning_names: members of a message that may hold reasoning, the first that does counts.
        metadata_names: members of a reply that are worth keeping.
        include_usage: whether to ask for the usage of a stream.
        finish_table: what the reasons for an end stand for.

    """

    speaks = "chat"
    chat_path = "/chat/completions"
    completion_path = "/completions"

    def __init__(
        self,
        *,
        options: type[T],
        provider: str,
        rules: MessageRules | None = None,
        setting_names: Mapping[str, str] = SETTING_NAMES,
        reasoning_names: tuple[str, ...] = ("reasoning_content", "reasoning"),
        metadata_names: tuple[str, ...] = ("system_fingerprint", "service_tier"),
        include_usage: bool = True,
        finish_table: Mapping[str, FinishReason] = read.FINISH,
    ) -> None:
        self.provider = provider
        self.rules = rules or MessageRules(issuer=provider)
        self.setting_names = setting_names
        self.reasoning_names = reasoning_names
        self.metadata_names = metadata_names
        self.include_usage = include_usage
        self.finish_table = finish_table
        self.options_reader = OptionsReader(options, provider)
        self._tuning = Latest(self._tuned)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL."""
        options = self.options_reader.read(request)
        notes: list[Adjustment] = []
        if isinstance(request, CompletionRequest):
            body = self._prompt(request)
            path = self.completion_path
        else:
            body = self._conversation(request, notes)
            path = self.chat_path
        settings, dropped = self._tuning.of(request.settings, request.model)
        body.update(settings)
        notes += dropped
        if stream:
            body["stream"] = True
            if self.wants_usage(options):
                body["stream_options"] = {"include_usage": True}
        body.update(body_of(options))
        self.finish_body(body, request, options)
        return HttpRequest(
            url=self.path(path, request, options),
            body=dumps(body),
            headers=self.headers(options),
            adjustments=tuple(notes),
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply."""
        body = as_object(reply.json(), "the reply")
        if body.get("error"):
            raise self.error(reply)
        choices = objects(body.get("choices"))
        if not choices:
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        choice = choices[0]
        return build_response(
            self.parts(choice),
            read.finish(choice.get("finish_reason"), self.finish_table),
            usage=self.usage(body) or Usage(),
            origin=Origin(
                response_id=word(body.get("id")),
                served_model=word(body.get("model")),
                created=real(body.get("created")),
            ),
            metadata=self._whole_metadata(body, choice, choices[1:]),
            raw=body,
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder  # noqa: PLC0415  # not paid for by whole answers

        return OpenAIChatDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return error_of(reply)

    # What a host may override.

    def path(self, path: str, request: ChatRequest | CompletionRequest, options: T) -> str:  # noqa: ARG002
        """Return the path below the base URL."""
        return path

    def headers(self, options: T) -> Mapping[str, str]:  # noqa: ARG002
        """Return headers that the options stand for."""
        return {}

    def wants_usage(self, options: T) -> bool:  # noqa: ARG002
        """Tell whether to ask for the usage of a stream."""
        return self.include_usage

    def max_tokens_name(self, model: str) -> str:  # noqa: ARG002
        """Return where the limit of tokens stands in the body."""
        return self.setting_names["max_tokens"]

    def finish_body(self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: T) -> None:
        """Change the body before it is encoded."""

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage that a reply or chunk reports, if it does."""
        return read.usage(body.get("usage"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of a reply or chunk."""
        return {name: body[name] for name in self.metadata_names if body.get(name) is not None}

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:  # noqa: ARG002
        """Return what is worth keeping of a choice."""
        return {}

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message."""
        return read.message_parts(message, self.reasoning_names)

    def reasoning_events(self, decoder: OpenAIChatDecoder, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events for the reasoning of one delta."""
        text = read.reasoning_of(delta, self.reasoning_names)
        return decoder.reasoning(text) if text else ()

    # The rest is the same for all.

    def parts(self, choice: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole choice."""
        message = choice.get("message")
        if isinstance(message, dict):
            return self.message_parts(fields(message))
        return read.message_parts({"content": choice.get("text")}, ())

    def _prompt(self, request: CompletionRequest) -> dict[str, Any]:
        suffix = {} if request.suffix is None else {"suffix": request.suffix}
        return {"model": request.model, "prompt": request.prompt, **suffix}

    def _conversation(self, request: ChatRequest, notes: list[Adjustment]) -> dict[str, Any]:
        encoder = MessageEncoder(rules=self.message_rules(request.model), adjustments=notes)
        body: dict[str, Any] = {"model": request.model, "messages": encoder.encode(request.messages)}
        if request.tools:
            body["tools"] = [self._tool(tool) for tool in request.tools]
            if request.tool_choice.kind != "auto":
                body["tool_choice"] = _choice(request.tool_choice)
            if request.settings.parallel_tool_calls is not None:
                body["parallel_tool_calls"] = request.settings.parallel_tool_calls
        if request.output.kind != "text":
            body["response_format"] = response_format(request.output)
        return body

    def message_rules(self, model: str) -> MessageRules:  # noqa: ARG002
        """Return how messages to *model* differ."""
        return self.rules

    def _tool(self, tool: Tool | ServerTool) -> dict[str, Any]:
        if isinstance(tool, ServerTool):
            if tool.issuer != self.rules.issuer:
                message = f"the tool {tool.id!r} is run by {tool.issuer}, not by {self.rules.issuer}"
                raise UnsupportedError(message, parameter="tools")
            return {"type": tool.name, **tool.args}
        function: dict[str, Any] = {"name": tool.name, "parameters": tool.schema}
        if tool.description is not None:
            function["description"] = tool.description
        if tool.strict is not None:
            function["strict"] = tool.strict
        own = tool.options.get(self.provider)
        return {"type": "function", "function": function, **(own if isinstance(own, dict) else {})}

    def _tuned(self, settings: Settings, model: str) -> tuple[dict[str, Any], list[Adjustment]]:
        """Return the settings as they stand in the body, and what that leaves out."""
        body: dict[str, Any] = {}
        notes: list[Adjustment] = []
        for name in ("temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty", "effort"):
            self._set(body, name, getattr(settings, name), notes)
        for name in ("top_k", "logprobs", "top_logprobs", "service_tier"):
            self._set(body, name, getattr(settings, name), notes)
        if settings.max_tokens is not None:
            body[self.max_tokens_name(model)] = settings.max_tokens
        return body, notes

    def _set(self, body: dict[str, Any], name: str, value: Any, notes: list[Adjustment]) -> None:
        if value is None:
            return
        plain = str(value) if name == "effort" else value
        wire = self.setting_names.get(name)
        if wire is None:
            reason = f"{self.provider} has no such setting"
            notes.append(Adjustment(kind="dropped", feature=name, asked=plain, reason=reason, by=self.provider))
        else:
            body[wire] = plain

    def _whole_metadata(
        self, body: Mapping[str, Any], choice: Mapping[str, Any], others: list[dict[str, Any]]
    ) -> dict[str, JSON]:
        metadata = {**self.metadata(body), **self.choice_metadata(choice)}
        if choice.get("logprobs") is not None:
            metadata["logprobs"] = choice["logprobs"]
        if others:
            metadata["choices"] = [_other(index, other) for index, other in enumerate(others, start=1)]
        return metadata


def _other(index: int, choice: Mapping[str, Any]) -> JSON:
    message = choice.get("message")
    text = choice.get("text") if message is None else read.text_of(fields(message).get("content"))
    return {"index": index, "text": text, "finish_reason": choice.get("finish_reason")}


def _choice(choice: ToolChoice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.kind == "tool" else choice.kind


def response_format(output: OutputFormat) -> dict[str, Any]:
    """Return the wish for a shape of the answer; strict where the schema keeps the rules of strictness."""
    if output.kind == "json":
        return {"type": "json_object"}
    schema = dict(output.schema or {})
    strict = is_strict(schema) if output.strict is None else output.strict
    name = _NAME.sub("_", output.name or "answer")[:64]
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": strict}}


def is_strict(schema: Any) -> bool:
    """Tell whether every object in *schema* requires all its members and allows no others.

    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    if isinstance(schema, list):
        return all(is_strict(item) for item in schema)  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return True
    known = cast("dict[str, Any]", schema)
    if known.get("type") == "object":
        members = known.get("properties", {})
        if known.get("additionalProperties") is not False or set(known.get("required", ())) != set(members):
            return False
        return all(is_strict(member) for member in members.values()) and is_strict(known.get("$defs", {}))
    return "default" not in known and all(is_strict(value) for value in known.values())
