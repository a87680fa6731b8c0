"""The OpenAI chat dialect: a class that a host configures by arguments and, where that is not enough, by overriding.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import compress, repeat
from operator import is_not
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from dragoman import (
    JSON,
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Finish,
    FinishReason,
    NoAnswerError,
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
    add_options,
    as_object,
    body_of,
    dumps,
    fields,
    finish_of,
    objects,
    real,
    word,
)
from dragoman_openai_compatible import chat_parts
from dragoman_openai_compatible.chat_messages import MessageEncoder, MessageRules
from dragoman_openai_compatible.strict_schemas import is_strict

if TYPE_CHECKING:
    from dragoman.http import StreamDecoder

T = TypeVar("T")

CHAT_SETTINGS: Mapping[str, str] = {
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
    "n": "n",
}
"""Names of settings in the body of a chat request."""

REASONING_NAMES = ("reasoning_content", "reasoning", "reasoning_text")
"""Members of a message in which servers send reasoning."""

_NOT_IN_NAMES = "[^a-zA-Z0-9_-]"


class OpenAIChat(Generic[T]):
    """Speak the OpenAI chat dialect.

    A host may override these methods:

    - of the request: :meth:`path`, :meth:`headers`, :meth:`wants_usage`, :meth:`max_tokens_name`,
      :meth:`message_rules`, :meth:`finish_body`;
    - of the reply: :meth:`parts`, :meth:`message_parts`, :meth:`usage`, :meth:`metadata`, :meth:`choice_metadata`,
      :meth:`error`;
    - of the stream: :meth:`decoder`, which returns an :class:`OpenAIChatDecoder` or a subclass of it.

    It may also extend :meth:`encode` and :meth:`decode`. The option ``extra_body``, where the options class has it, is
    merged into the body after :meth:`finish_body`.

    Args:
        options: the options class of the provider.
        provider: the name of the provider, under which a request holds its options.
        rules: how the messages of the host differ.
        setting_names: names of settings in the body; a setting without a name here is not sent, with an adjustment.
        reasoning_names: members of a message that may hold reasoning, in the order in which they are tried.
        metadata_names: members of a reply that are kept as metadata.
        include_usage: whether to ask for the usage of a stream.
        finish_table: finish reasons by the host's words for them.

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
        setting_names: Mapping[str, str] = CHAT_SETTINGS,
        reasoning_names: tuple[str, ...] = REASONING_NAMES,
        metadata_names: tuple[str, ...] = ("system_fingerprint", "service_tier"),
        include_usage: bool = True,
        finish_table: Mapping[str, FinishReason] = chat_parts.CHAT_FINISH_REASONS,
    ) -> None:
        self.provider = provider
        self.rules = rules or MessageRules(issuer=provider)
        self.setting_names = setting_names
        self.reasoning_names = reasoning_names
        self.metadata_names = metadata_names
        self.include_usage = include_usage
        self.finish_table = finish_table
        self.options_reader = OptionsReader(options, provider)
        self._settings = Latest(self._encode_settings)

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the HTTP request; its URL is relative to the base URL."""
        options = self.options_reader.read(request)
        notes: list[Adjustment] = []
        if isinstance(request, CompletionRequest):
            body = self._prompt_body(request)
            path = self.completion_path
        else:
            body = self._chat_body(request, notes)
            path = self.chat_path
        settings, dropped = self._settings.of(request.settings, request.model)
        body.update(settings)
        notes += dropped
        if stream:
            body["stream"] = True
            if self.wants_usage(options):
                body["stream_options"] = {"include_usage": True}
        add_options(body, options)
        self.finish_body(body, request, options)
        merge_extra_body(body, options)
        return HttpRequest(
            url=self.path(path, request, options),
            body=dumps(body),
            headers=self.headers(options),
            adjustments=tuple(notes),
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply.

        Raises:
            ProviderError: if the body or its first choice reports an error; in the latter case, ``partial`` holds what
                was generated before it.
            NoAnswerError: if the list of choices is empty; ``partial`` holds the usage.
            ProtocolError: if there is none.

        """
        body = as_object(reply.json(), "the reply")
        if not body.get("choices") or body.get("error") or body.get("base_resp"):
            self._raise_reported(body, reply)
        choices = objects(body.get("choices"))
        if not choices:
            raise self._without_choices(body, reply)
        if len(choices) > 1:
            choices.sort(key=_index_of)  # some servers send the answers in the order in which they were finished
        choice, *others = choices
        if (error := self.choice_error(choice)) is not None:
            error.partial = build_response(self.parts(choice), Finish(reason=FinishReason.INTERRUPTED))
            raise error
        return build_response(
            self.parts(choice),
            finish_of(choice.get("finish_reason"), self.finish_table),
            usage=self.usage(body) or chat_parts.usage_of(choice.get("usage")) or Usage(),
            origin=_origin_of(body),
            metadata=self.metadata(body) | self._metadata_of(choice),
            raw=body,
            alternatives=tuple([self._alternative(other) for other in others]) if others else (),
        )

    def _raise_reported(self, body: Mapping[str, Any], reply: HttpReply) -> None:
        from dragoman.http import reported_in  # noqa: PLC0415  # only errors need it

        if (failed := reported_in(body, chat_parts.CHUNK_MEMBERS)) is not None:
            raise self.error(attrs.evolve(reply, status=failed.status, body=failed.body))

    def _alternative(self, choice: Mapping[str, Any]) -> Response:
        """Return a choice other than the first."""
        finish = finish_of(choice.get("finish_reason"), self.finish_table)
        return build_response(self.parts(choice), finish, metadata=self._metadata_of(choice))

    def _without_choices(self, body: Mapping[str, Any], reply: HttpReply) -> NoAnswerError | ProtocolError:
        """Return the error for a reply without a choice, which is no chat completion if it does not list any."""
        if body.get("choices") != []:
            message = f"the reply holds no answer: {reply.excerpt!r}"
            return ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        finish = Finish(reason=FinishReason.OTHER)
        partial = build_response((), finish, usage=self.usage(body) or Usage(), origin=_origin_of(body), raw=body)
        message = f"the server answered without a choice: {reply.excerpt!r}"
        return NoAnswerError(message, partial=partial, status=reply.status, body=reply.excerpt, phase="decode")

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder  # noqa: PLC0415  # only streams need it

        return OpenAIChatDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        from dragoman_openai_compatible.errors import error_of  # noqa: PLC0415  # only errors need it

        return error_of(reply)

    def path(self, path: str, request: ChatRequest | CompletionRequest, options: T) -> str:  # noqa: ARG002
        """Return the path of the request, relative to the base URL."""
        return path

    def headers(self, options: T) -> Mapping[str, str]:  # noqa: ARG002
        """Return the headers that *options* set."""
        return {}

    def wants_usage(self, options: T) -> bool:  # noqa: ARG002
        """Return whether to ask for the usage of a stream."""
        return self.include_usage

    def max_tokens_name(self, model: str) -> str:  # noqa: ARG002
        """Return the name of ``max_tokens`` in the body."""
        return self.setting_names["max_tokens"]

    def finish_body(self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: T) -> None:
        """Change the body before it is written as JSON."""

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage that a reply or chunk reports, ``None`` if it reports none."""
        return chat_parts.usage_of(body.get("usage"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the metadata of a reply or chunk."""
        return {name: body[name] for name in self.metadata_names if body.get(name) is not None}

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:  # noqa: ARG002
        """Return the metadata of a choice."""
        return {}

    def choice_error(self, choice: Mapping[str, Any]) -> ProviderError | None:
        """Return the error that a choice reports, ``None`` if it reports none."""
        if not (problem := choice.get("error")):
            return None
        from dragoman.http import reported_in  # noqa: PLC0415  # only errors need it

        report = {"error": problem}
        return self.error(reported_in(report, ()) or HttpReply(status=200, body=dumps(report)))

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message."""
        return chat_parts.message_parts(message, self.reasoning_names, self.rules.issuer)

    def parts(self, choice: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole choice."""
        message = choice.get("message")
        if isinstance(message, dict):
            return self.message_parts(fields(message))
        return chat_parts.message_parts({"content": choice.get("text")}, ())

    def _prompt_body(self, request: CompletionRequest) -> dict[str, Any]:
        suffix = {} if request.suffix is None else {"suffix": request.suffix}
        return {"model": request.model, "prompt": request.prompt, **suffix}

    def _chat_body(self, request: ChatRequest, notes: list[Adjustment]) -> dict[str, Any]:
        encoder = MessageEncoder(rules=self.message_rules(request.model), adjustments=notes)
        body: dict[str, Any] = {"model": request.model, "messages": encoder.encode(request.messages)}
        if request.tools:
            body["tools"] = [self._encode_tool(tool) for tool in request.tools]
            if request.tool_choice.kind != "auto":
                body["tool_choice"] = _encode_tool_choice(request.tool_choice)
            if request.settings.parallel_tool_calls is not None:
                body["parallel_tool_calls"] = request.settings.parallel_tool_calls
        if request.output.kind != "text":
            body["response_format"] = response_format(request.output)
        return body

    def message_rules(self, model: str) -> MessageRules:  # noqa: ARG002
        """Return how the messages to *model* differ."""
        return self.rules

    def _encode_tool(self, tool: Tool | ServerTool) -> dict[str, Any]:
        if isinstance(tool, ServerTool):
            if tool.issuer != self.rules.issuer:
                message = f"{self.rules.issuer} cannot run {tool.id!r}, which is a tool of {tool.issuer}; leave it out"
                raise UnsupportedError(message, parameter="tools")
            return {"type": tool.name, **tool.args}
        function: dict[str, Any] = {"name": tool.name, "parameters": tool.schema}
        if tool.description is not None:
            function["description"] = tool.description
        if tool.strict is not None:
            function["strict"] = tool.strict
        own = tool.options.get(self.provider)
        return {"type": "function", "function": function, **(own if isinstance(own, dict) else {})}

    def _encode_settings(self, settings: Settings, model: str) -> tuple[dict[str, Any], list[Adjustment]]:
        """Return the members of the body for *settings*, and an adjustment for each setting that is not sent."""
        body: dict[str, Any] = {}
        notes: list[Adjustment] = []
        for name in ("temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty", "effort"):
            self._set(body, name, getattr(settings, name), notes)
        for name in ("top_k", "logprobs", "top_logprobs", "service_tier", "n"):
            self._set(body, name, getattr(settings, name), notes)
        if settings.max_tokens is not None:
            body[self.max_tokens_name(model)] = settings.max_tokens
        return body, notes

    def _set(self, body: dict[str, Any], name: str, value: Any, notes: list[Adjustment]) -> None:
        if value is None:
            return
        encoded = str(value) if name == "effort" else value
        wire = self.setting_names.get(name)
        if wire is None:
            reason = f"{self.provider} has no such setting"
            notes.append(Adjustment(kind="dropped", feature=name, asked=encoded, reason=reason, by=self.provider))
        else:
            body[wire] = encoded

    def _metadata_of(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        metadata = self.choice_metadata(choice)
        if choice.get("logprobs") is not None:
            metadata = {**metadata, "logprobs": choice["logprobs"]}
        return metadata


def merge_extra_body(body: dict[str, Any], options: object) -> None:
    """Merge the members of the option ``extra_body`` into *body*.

    Nothing is merged for an options class that does not have it, or that sends it as a member of that name.
    """
    extra: Mapping[str, Any] | None = getattr(options, "extra_body", None)
    if extra and "extra_body" not in body_of(options):
        body.update(extra)


def refuse_options(options: object, names: Iterable[str], *, model: str, api: str) -> None:
    """Refuse options that only the other API of a host with two APIs has.

    Args:
        options: the options of the request.
        names: the options that *api* does not have.
        model: the model of the request.
        api: the API of the request, ``chat`` or ``responses``.

    Raises:
        UnsupportedError: naming the first of them that is set.

    """
    names = tuple(names)
    is_given = map(is_not, map(getattr, repeat(options), names), repeat(None))
    for name in compress(names, is_given):  # most calls come through here, and have none of them
        other = "chat" if api == "responses" else "responses"
        message = (
            f"the {api} API, through which {model} is called, has no option {name}; leave it out or give api={other!r}"
        )
        raise UnsupportedError(message, model=model, parameter=name)


def _origin_of(body: Mapping[str, Any]) -> Origin:
    return Origin(
        response_id=word(body.get("id")), served_model=word(body.get("model")), created=real(body.get("created"))
    )


def _index_of(choice: Mapping[str, Any]) -> int:
    """Return the number of a choice, 0 if the server gives it none: those of one number stay in their order."""
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _encode_tool_choice(choice: ToolChoice) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if choice.kind == "tool" else choice.kind


def response_format(output: OutputFormat) -> dict[str, Any]:
    """Return the member ``response_format``; ``strict`` follows from the schema where the caller does not set it."""
    if output.kind == "json":
        return {"type": "json_object"}
    schema = dict(output.schema or {})
    strict = is_strict(schema) if output.strict is None else output.strict
    name = re.sub(_NOT_IN_NAMES, "_", output.name or "answer")[:64]
    described = {} if output.description is None else {"description": output.description}
    return {"type": "json_schema", "json_schema": {"name": name, **described, "schema": schema, "strict": strict}}
