"""The Responses API, the second dialect of OpenAI, as a configurable dialect.

A host that speaks it is this class with a few fields set; what differs more is a method overridden. See
https://platform.openai.com/docs/api-reference/responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dragoman import (
    JSON,
    Adjustment,
    BadRequestError,
    ChatRequest,
    CompletionRequest,
    ContentFilterError,
    FinishReason,
    Origin,
    ProtocolError,
    ProviderError,
    Response,
    ServerError,
    ServerTool,
    Settings,
    Tool,
    UnsupportedError,
    Usage,
    build_response,
)
from dragoman.http import (
    HttpReply,
    HttpRequest,
    OptionsReader,
    as_object,
    body_of,
    dumps,
    fields,
    objects,
    real,
    rewritten,
    word,
)
from dragoman_openai_compatible import responses_items as items
from dragoman_openai_compatible.chat import is_strict, response_format
from dragoman_openai_compatible.errors import CODES as CHAT_CODES, error_of
from dragoman_openai_compatible.responses_input import InputEncoder

if TYPE_CHECKING:
    from dragoman.http import StreamDecoder

T = TypeVar("T")

SETTING_NAMES: Mapping[str, str] = {
    "max_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "effort": "reasoning.effort",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
}
"""Where a setting stands in the body; a dot leads into an object."""

PLACES: Mapping[str, str] = {
    "verbosity": "text.verbosity",
    "reasoning_summary": "reasoning.summary",
    "reasoning_context": "reasoning.context",
}
"""Where an option stands in the body, if not at its top."""

CODES: Mapping[str, type[ProviderError]] = {
    **CHAT_CODES,
    "invalid_prompt": ContentFilterError,
    "bio_policy": ContentFilterError,
    "image_content_policy_violation": ContentFilterError,
    "data_residency_mismatch": BadRequestError,
    "vector_store_timeout": ServerError,
    **dict.fromkeys(
        (
            "invalid_image",
            "invalid_image_format",
            "invalid_base64_image",
            "invalid_image_url",
            "invalid_image_mode",
            "image_too_large",
            "image_too_small",
            "image_parse_error",
            "image_file_too_large",
            "image_file_not_found",
            "unsupported_image_media_type",
            "empty_image_file",
            "failed_to_download_image",
        ),
        BadRequestError,
    ),
}
"""What a code stands for, those of a failed answer among them."""

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"


class OpenAIResponses(Generic[T]):
    """Speak the Responses API.

    Args:
        options: the options class of the provider; members ``store``, ``include`` and those of :data:`PLACES` are
            understood.
        provider: the provider's name, which its options are keyed by.
        issuer: whose seals and extensions may be sent back; the provider's name if not given.
        system_role: the role of a system message.
        reasoning_leads: whether reasoning must be followed by what it led to.
        setting_names: where settings stand in the body; one that is missing here is not sent, with an adjustment.
        metadata_names: members of an answer that are worth keeping.
        finish_table: what a status or a reason for an end stands for.
        codes: what the codes of errors stand for.

    """

    speaks = "responses"
    responses_path = "/responses"

    def __init__(
        self,
        *,
        options: type[T],
        provider: str,
        issuer: str | None = None,
        system_role: str = "system",
        reasoning_leads: bool = True,
        setting_names: Mapping[str, str] = SETTING_NAMES,
        metadata_names: tuple[str, ...] = ("service_tier", "conversation", "previous_response_id", "moderation"),
        finish_table: Mapping[str, FinishReason] = items.FINISH,
        codes: Mapping[str, type[ProviderError]] = CODES,
    ) -> None:
        self.provider = provider
        self.issuer = issuer or provider
        self.system_role = system_role
        self.reasoning_leads = reasoning_leads
        self.setting_names = setting_names
        self.metadata_names = metadata_names
        self.finish_table = finish_table
        self.codes = codes
        self.options_reader = OptionsReader(options, provider)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL."""
        options = self.options_reader.read(request)
        notes: list[Adjustment] = []
        chat = self._as_chat(request)
        body: dict[str, Any] = {"model": chat.model, "input": self._input(chat, options, notes)}
        body.update(self._tools(chat))
        self._settings(body, chat.settings, notes)
        for name, value in body_of(options).items():
            _place(body, PLACES.get(name, name), value)
        self._format(body, chat)
        self._include(body, chat, options)
        if stream:
            body["stream"] = True
        else:
            body.pop("stream_options", None)
        self.finish_body(body, chat, options)
        return HttpRequest(
            url=self.path(self.responses_path, chat, options),
            body=dumps(body),
            headers=self.headers(options),
            adjustments=tuple(notes),
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply."""
        body = as_object(reply.json(), "the reply")
        output, status = body.get("output"), body.get("status")
        if status == "failed":
            raise self.failure(body)
        if body.get("error"):
            raise self.error(reply)
        if not isinstance(output, list) and not status:
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        response_id, served_model, created = self.facts(body)
        return build_response(
            (part for item in objects(output) for part in items.parts_of(item, self.issuer)),
            items.finish(body, self.finish_table),
            usage=self.usage(body) or Usage(),
            origin=Origin(response_id=response_id, served_model=served_model, created=created),
            metadata=self.metadata(body),
            raw=body,
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_openai_compatible.responses_stream import OpenAIResponsesDecoder  # noqa: PLC0415  # as for chat

        return OpenAIResponsesDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event reports."""
        return error_of(reply, self.codes)

    # What a host may override.

    def path(self, path: str, request: ChatRequest, options: T) -> str:  # noqa: ARG002
        """Return the path below the base URL."""
        return path

    def headers(self, options: T) -> Mapping[str, str]:  # noqa: ARG002
        """Return headers that the options stand for."""
        return {}

    def encrypts_reasoning(self, model: str) -> bool:  # noqa: ARG002
        """Tell whether *model* can be asked to encrypt its reasoning; one that does not reason refuses to be asked."""
        return True

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: T) -> None:
        """Change the body before it is encoded."""

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage that an answer reports, if it does."""
        return items.usage(body.get("usage"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of an answer."""
        kept = {name: body[name] for name in self.metadata_names if body.get(name) is not None}
        chosen = items.logprobs(body.get("output"))
        return {**kept, "logprobs": {"content": chosen}} if chosen else kept

    # The rest is the same for all.

    def facts(self, body: Mapping[str, Any]) -> tuple[str | None, str | None, float | None]:
        """Return the id of an answer, the model that gives it, and when it did, in seconds since 1970."""
        return word(body.get("id")), word(body.get("model")), real(body.get("created_at"))

    def failure(self, body: Mapping[str, Any]) -> ProviderError:
        """Return the error of an answer that failed."""
        error = fields(body.get("error"))
        if not error:
            return ServerError("the provider reports that the answer failed, without a reason", code="failed")
        return self.error(HttpReply(status=200, body=rewritten({"error": error}).encode()))

    def _as_chat(self, request: ChatRequest | CompletionRequest) -> ChatRequest:
        if isinstance(request, ChatRequest):
            return request
        if request.suffix is not None:
            message = f"{self.provider} takes no suffix through the Responses API"
            raise UnsupportedError(message, parameter="suffix")
        return request.as_chat()

    def _input(self, request: ChatRequest, options: T, notes: list[Adjustment]) -> list[dict[str, Any]]:
        encoder = InputEncoder(
            issuer=self.issuer,
            system_role=self.system_role,
            stored=getattr(options, "store", None) is not False,
            reasoning_leads=self.reasoning_leads,
            adjustments=notes,
        )
        return encoder.encode(request.messages)

    def _tools(self, request: ChatRequest) -> dict[str, Any]:
        if not request.tools:
            return {}
        body: dict[str, Any] = {"tools": [self._tool(tool) for tool in request.tools]}
        if request.tool_choice.kind == "tool":
            body["tool_choice"] = _chosen(str(request.tool_choice.name), body["tools"])
        elif request.tool_choice.kind != "auto":
            body["tool_choice"] = request.tool_choice.kind
        if request.settings.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = request.settings.parallel_tool_calls
        return body

    def _tool(self, tool: Tool | ServerTool) -> dict[str, Any]:
        """Return a tool; strictness is always said, since this API would otherwise make every member required."""
        if isinstance(tool, ServerTool):
            if tool.issuer != self.issuer:
                message = f"the tool {tool.id!r} is run by {tool.issuer}, not by {self.issuer}"
                raise UnsupportedError(message, parameter="tools")
            return {"type": tool.name, **tool.args}
        described = {} if tool.description is None else {"description": tool.description}
        strict = is_strict(dict(tool.schema)) if tool.strict is None else tool.strict
        encoded = {"type": "function", "name": tool.name, **described, "parameters": tool.schema, "strict": strict}
        own = tool.options.get(self.provider)
        return {**encoded, **own} if isinstance(own, dict) else encoded

    def _settings(self, body: dict[str, Any], settings: Settings, notes: list[Adjustment]) -> None:
        if settings.stop is not None:
            message = "the Responses API knows no stop; leave it out, or use api='chat' for a model that has it"
            raise UnsupportedError(message, parameter="stop")
        for name in ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty", "effort"):
            self._set(body, name, getattr(settings, name), notes)
        for name in ("max_tokens", "top_logprobs", "service_tier"):
            self._set(body, name, getattr(settings, name), notes)

    def _set(self, body: dict[str, Any], name: str, value: Any, notes: list[Adjustment]) -> None:
        if value is None:
            return
        plain = str(value) if name == "effort" else value
        path = self.setting_names.get(name)
        if path is None:
            reason = "the Responses API has no such setting"
            notes.append(Adjustment(kind="dropped", feature=name, asked=plain, reason=reason, by=self.provider))
        else:
            _place(body, path, plain)

    def _format(self, body: dict[str, Any], request: ChatRequest) -> None:
        if request.output.kind != "text":
            wanted = response_format(request.output)
            _place(body, "text.format", {"type": wanted["type"], **wanted.get("json_schema", {})})

    def _include(self, body: dict[str, Any], request: ChatRequest, options: T) -> None:
        included = list(body.get("include") or [])
        asked = request.settings.logprobs or request.settings.top_logprobs
        if asked and LOGPROBS not in included:
            included.append(LOGPROBS)
        alone = getattr(options, "store", None) is False
        if alone and ENCRYPTED not in included and self.encrypts_reasoning(request.model):
            included.append(ENCRYPTED)
        if included:
            body["include"] = included


def _place(body: dict[str, Any], path: str, value: Any) -> None:
    """Put *value* where *path* leads; an object joins the one that is there."""
    above, _, name = path.rpartition(".")
    holder = body.setdefault(above, {}) if above else body
    there = holder.get(name)
    holder[name] = {**fields(there), **fields(value)} if isinstance(value, dict) else value


def _chosen(name: str, tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the choice of one tool: a function, a custom tool or a server by its name, a built-in tool by its type."""
    for tool in tools:
        if tool.get("name") == name:
            return {"type": tool["type"], "name": name}
        if tool.get("server_label") == name:
            return {"type": tool["type"], "server_label": name}
    if any(tool["type"] == name for tool in tools):
        return {"type": name}
    return {"type": "function", "name": name}
