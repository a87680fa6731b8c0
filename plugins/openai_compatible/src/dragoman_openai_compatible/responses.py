"""The OpenAI Responses API: a class that a host configures by arguments and, where that is not enough, by overriding.

https://platform.openai.com/docs/api-reference/responses
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
    reported_by,
    rewritten,
    said_once,
    word,
)
from dragoman_openai_compatible import responses_items
from dragoman_openai_compatible.chat import merge_extra_body, response_format
from dragoman_openai_compatible.errors import CHAT_CODES, error_of
from dragoman_openai_compatible.responses_input import InputEncoder
from dragoman_openai_compatible.strict_schemas import is_strict

if TYPE_CHECKING:
    from dragoman.http import StreamDecoder

T = TypeVar("T")

RESPONSES_SETTINGS: Mapping[str, str] = {
    "max_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "effort": "reasoning.effort",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
}
"""Paths of settings in the body of a Responses request; a dot separates a member from the object that holds it."""

OPTION_PATHS: Mapping[str, str] = {
    "verbosity": "text.verbosity",
    "reasoning_summary": "reasoning.summary",
    "reasoning_context": "reasoning.context",
}
"""Paths of the options that are not members of the body itself."""

RESPONSES_CODES: Mapping[str, type[ProviderError]] = {
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
"""Error classes by code, including the codes of failed answers."""

ENCRYPTED = "reasoning.encrypted_content"
LOGPROBS = "message.output_text.logprobs"


class OpenAIResponses(Generic[T]):
    """Speak the Responses API.

    A host may override these methods:

    - of the request: :meth:`path`, :meth:`headers`, :meth:`encrypts_reasoning`, :meth:`finish_body`;
    - of the reply and of the last event of a stream: :meth:`usage`, :meth:`metadata`, :meth:`error`.

    It may also extend :meth:`encode` and :meth:`decode`. The option ``extra_body``, where the options class has it, is
    merged into the body after :meth:`finish_body`.

    Args:
        options: the options class of the provider; its fields ``store``, ``include`` and those of
            :data:`OPTION_PATHS` have a meaning here.
        provider: the name of the provider, under which a request holds its options.
        issuer: the issuer whose seals and extensions may be sent back; *provider* by default.
        system_role: the role of a system message.
        reasoning_leads: whether the host refuses a reasoning item that no item of the same answer follows.
        setting_names: paths of settings in the body; a setting without a path here is not sent, with an adjustment.
        metadata_names: members of an answer that are kept as metadata.
        finish_table: finish reasons by status or by the reason why an answer is incomplete.
        codes: error classes by code.

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
        setting_names: Mapping[str, str] = RESPONSES_SETTINGS,
        metadata_names: tuple[str, ...] = ("service_tier", "conversation", "previous_response_id", "moderation"),
        finish_table: Mapping[str, FinishReason] = responses_items.RESPONSES_FINISH_REASONS,
        codes: Mapping[str, type[ProviderError]] = RESPONSES_CODES,
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
        """Return the HTTP request; its URL is relative to the base URL.

        Raises:
            UnsupportedError: for the setting ``stop``, for a suffix and for parts that the API cannot take.

        """
        options = self.options_reader.read(request)
        notes: list[Adjustment] = []
        chat = self._as_chat(request)
        body: dict[str, Any] = {"model": chat.model, "input": self._input(chat, options, notes)}
        body.update(self._encode_tools(chat))
        self._add_settings(body, chat.settings, notes)
        for name, value in body_of(options).items():
            _set_path(body, OPTION_PATHS.get(name, name), value)
        self._add_format(body, chat)
        self._add_include(body, chat, options)
        if stream:
            body["stream"] = True
        else:
            body.pop("stream_options", None)
        self.finish_body(body, chat, options)
        merge_extra_body(body, options)
        return HttpRequest(
            url=self.path(self.responses_path, chat, options),
            body=dumps(body),
            headers=self.headers(options),
            adjustments=tuple(notes),
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply.

        Raises:
            ProviderError: if the answer failed or the body reports an error.
            ProtocolError: if the body has neither output nor a status.

        """
        body = as_object(reply.json(), "the reply")
        output, status = body.get("output"), body.get("status")
        if status == "failed":
            raise self.failure(body)
        if body.get("error"):
            raise self.error(reported_by(reply) or reply)
        if not isinstance(output, list) and not status:
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        response_id, served_model, created = self.facts(body)
        return build_response(
            said_once(part for item in objects(output) if item for part in responses_items.parts_of(item, self.issuer)),
            responses_items.finish_of(body, self.finish_table),
            usage=self.usage(body) or Usage(),
            origin=Origin(response_id=response_id, served_model=served_model, created=created),
            metadata=self.metadata(body),
            raw=body,
        )

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_openai_compatible.responses_stream import OpenAIResponsesDecoder  # noqa: PLC0415  # only streams need it

        return OpenAIResponsesDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply or an event reports."""
        return error_of(reply, self.codes)

    def path(self, path: str, request: ChatRequest, options: T) -> str:  # noqa: ARG002
        """Return the path of the request, relative to the base URL."""
        return path

    def headers(self, options: T) -> Mapping[str, str]:  # noqa: ARG002
        """Return the headers that *options* set."""
        return {}

    def encrypts_reasoning(self, model: str) -> bool:  # noqa: ARG002
        """Return whether to ask *model* for encrypted reasoning, which models without reasoning refuse."""
        return True

    def finish_body(self, body: dict[str, Any], request: ChatRequest, options: T) -> None:
        """Change the body before it is written as JSON."""

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage that an answer reports, ``None`` if it reports none."""
        return responses_items.usage_of(body.get("usage"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of an answer."""
        kept = {name: body[name] for name in self.metadata_names if body.get(name) is not None}
        logprobs = responses_items.logprobs_of(body.get("output"))
        return {**kept, "logprobs": {"content": logprobs}} if logprobs else kept

    def facts(self, body: Mapping[str, Any]) -> tuple[str | None, str | None, float | None]:
        """Return the id of an answer, its model, and the time of its creation in seconds since 1970."""
        return word(body.get("id")), word(body.get("model")), real(body.get("created_at"))

    def failure(self, body: Mapping[str, Any]) -> ProviderError:
        """Return the error of an answer that failed."""
        error = fields(body.get("error"))
        if not error:
            return ServerError("the answer failed, and the provider gives no reason; try again", code="failed")
        return self.error(HttpReply(status=200, body=rewritten({"error": error}).encode()))

    def _as_chat(self, request: ChatRequest | CompletionRequest) -> ChatRequest:
        if isinstance(request, ChatRequest):
            return request
        if request.suffix is not None:
            message = f"{self.provider} does not accept a suffix through the Responses API; leave it out"
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

    def _encode_tools(self, request: ChatRequest) -> dict[str, Any]:
        if not request.tools:
            return {}
        body: dict[str, Any] = {"tools": [self._encode_tool(tool) for tool in request.tools]}
        if request.tool_choice.kind == "tool":
            body["tool_choice"] = _encode_tool_choice(str(request.tool_choice.name), body["tools"])
        elif request.tool_choice.kind != "auto":
            body["tool_choice"] = request.tool_choice.kind
        if request.settings.parallel_tool_calls is not None:
            body["parallel_tool_calls"] = request.settings.parallel_tool_calls
        return body

    def _encode_tool(self, tool: Tool | ServerTool) -> dict[str, Any]:
        """Return a tool; ``strict`` is always sent, because this API requires every member of a schema by default."""
        if isinstance(tool, ServerTool):
            if tool.issuer != self.issuer:
                message = (
                    f"{self.issuer} cannot run the tool {tool.id!r}, which is a tool of {tool.issuer}; leave it out"
                )
                raise UnsupportedError(message, parameter="tools")
            return {"type": tool.name, **tool.args}
        description = {} if tool.description is None else {"description": tool.description}
        strict = is_strict(tool.schema) if tool.strict is None else tool.strict
        encoded = {"type": "function", "name": tool.name, **description, "parameters": tool.schema, "strict": strict}
        own = tool.options.get(self.provider)
        return {**encoded, **own} if isinstance(own, dict) else encoded

    def _add_settings(self, body: dict[str, Any], settings: Settings, notes: list[Adjustment]) -> None:
        for name in ("stop", "n"):
            if getattr(settings, name) is not None:
                message = (
                    f"the Responses API has no setting {name!r}; leave it out, or give api='chat' for a model that "
                    "supports it"
                )
                raise UnsupportedError(message, parameter=name)
        for name in ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty", "effort"):
            self._set(body, name, getattr(settings, name), notes)
        for name in ("max_tokens", "top_logprobs", "service_tier"):
            self._set(body, name, getattr(settings, name), notes)

    def _set(self, body: dict[str, Any], name: str, value: Any, notes: list[Adjustment]) -> None:
        if value is None:
            return
        encoded = str(value) if name == "effort" else value
        path = self.setting_names.get(name)
        if path is None:
            reason = "the Responses API has no such setting"
            notes.append(Adjustment(kind="dropped", feature=name, asked=encoded, reason=reason, by=self.provider))
        else:
            _set_path(body, path, encoded)

    def _add_format(self, body: dict[str, Any], request: ChatRequest) -> None:
        if request.output.kind != "text":
            wanted = response_format(request.output)
            _set_path(body, "text.format", {"type": wanted["type"], **wanted.get("json_schema", {})})

    def _add_include(self, body: dict[str, Any], request: ChatRequest, options: T) -> None:
        included = list(body.get("include") or [])
        requested = request.settings.logprobs or request.settings.top_logprobs
        if requested and LOGPROBS not in included:
            included.append(LOGPROBS)
        not_stored = getattr(options, "store", None) is False
        if not_stored and ENCRYPTED not in included and self.encrypts_reasoning(request.model):
            included.append(ENCRYPTED)
        if included:
            body["include"] = included


def _set_path(body: dict[str, Any], path: str, value: Any) -> None:
    """Set the member at *path*; where both the old and the new value are objects, they are merged."""
    parent, _, name = path.rpartition(".")
    holder = body.setdefault(parent, {}) if parent else body
    present = holder.get(name)
    holder[name] = {**fields(present), **fields(value)} if isinstance(value, dict) else value


def _encode_tool_choice(name: str, tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the choice of one tool: built-in tools are chosen by type, all others by name."""
    for tool in tools:
        if tool.get("name") == name:
            return {"type": tool["type"], "name": name}
        if tool.get("server_label") == name:
            return {"type": tool["type"], "server_label": name}
    if any(tool["type"] == name for tool in tools):
        return {"type": name}
    return {"type": "function", "name": name}
