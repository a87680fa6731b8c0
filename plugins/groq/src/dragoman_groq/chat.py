"""Chat completions, as Groq speaks them.

https://console.groq.com/docs/openai
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import attrs

from dragoman import (
    JSON,
    Adjustment,
    Bytes,
    ChatRequest,
    CompletionRequest,
    Event,
    InlineText,
    Media,
    Message,
    Part,
    PartStart,
    PartUpdate,
    ProtocolError,
    ProviderError,
    ToolCall,
    UnsupportedError,
    Url,
    Usage,
)
from dragoman.http import (
    HttpReply,
    HttpRequest,
    ServerSentEvent,
    StreamDecoder,
    as_object,
    count,
    loads,
    objects,
    rewritten,
    words,
)
from dragoman_groq.options import GroqOptions
from dragoman_openai_compatible import OpenAIChat, chat_parts as read
from dragoman_openai_compatible.chat import SETTING_NAMES
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder

MODEL_FAULTS = frozenset({"tool_use_failed", "json_validate_failed"})
"""Codes that lay a refusal at the model's door: it wrote a call or an object that does not fit."""


class GroqChat(OpenAIChat[GroqOptions]):
    """Speak the dialect to Groq."""

    def __init__(self) -> None:
        super().__init__(
            options=GroqOptions,
            provider="groq",
            setting_names={**SETTING_NAMES, "max_tokens": "max_completion_tokens"},
            reasoning_names=("reasoning", "reasoning_content"),
            metadata_names=("system_fingerprint", "service_tier", "usage_breakdown"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request, without the speakers' names, which Groq refuses."""
        if isinstance(request, CompletionRequest):
            request = request.as_chat()
        for message in request.messages:
            _check_media(message)
        named = [message.name for message in request.messages if message.name is not None]
        if named:
            request = attrs.evolve(request, messages=tuple(attrs.evolve(each, name=None) for each in request.messages))
        wire = super().encode(request, stream=stream)
        reason = "Groq takes no names of speakers"
        notes = [Adjustment(kind="dropped", feature="name", asked=name, reason=reason, by="groq") for name in named]
        return attrs.evolve(wire, adjustments=(*wire.adjustments, *notes))

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return GroqDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports; what the model wrote amiss stands in its ``body``, uncut."""
        report = _report(reply)
        stated = report.get("status_code")
        if isinstance(stated, int) and reply.status < 400 <= stated < 600:  # noqa: PLR2004  # HTTP's own borders
            reply = attrs.evolve(reply, status=stated)
        error = super().error(reply)
        if error.code in MODEL_FAULTS:
            error.body = reply.body.decode("utf-8", "replace")
        if error.status == 413:  # noqa: PLR2004  # the request alone is beyond the limit: waiting does not help
            error.retryable = False
        return error

    def finish_body(self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: GroqOptions) -> None:  # noqa: ARG002
        """Leave out members that are null, which Groq refuses, and add ``extra_body``."""
        if options.reasoning_format == "raw" and ("tools" in body or "response_format" in body):
            message = "groq gives raw reasoning neither with tools nor with JSON; use reasoning_format='parsed'"
            raise UnsupportedError(message, parameter="reasoning_format")
        body["messages"] = [
            {name: value for name, value in message.items() if value is not None} for message in body["messages"]
        ]
        body.update(options.extra_body or {})

    def usage(self, body: Mapping[str, Any]) -> Usage | None:
        """Return the usage, which a stream reports in ``x_groq``."""
        return read.usage(body.get("usage")) or read.usage(_own(body).get("usage"))

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of a reply or chunk, wherever it stands."""
        own = _own(body)
        found: dict[str, JSON] = {"groq_request_id": own.get("id"), "seed": own.get("seed")}
        found["usage_breakdown"] = own.get("usage_breakdown")
        return {name: value for name, value in found.items() if value is not None} | super().metadata(body)

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, tools that Groq ran before the text that rests on them."""
        parts = super().message_parts(message)
        place = 1 if read.reasoning_of(message, self.reasoning_names) else 0
        parts[place:place] = [executed(tool) for tool in objects(message.get("executed_tools"))]
        return parts

    def reasoning_events(self, decoder: OpenAIChatDecoder, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events for the reasoning of one delta, and for the tools that Groq ran."""
        assert isinstance(decoder, GroqDecoder)  # noqa: S101  # by decoder()
        return [*super().reasoning_events(decoder, delta), *decoder.executed(delta)]


class GroqDecoder(OpenAIChatDecoder):
    """Decode one stream, in which Groq may also report tools that it ran and its own errors."""

    def __init__(self, dialect: GroqChat) -> None:
        super().__init__(dialect)
        self._failure = dialect.error
        self._executed: dict[int, int] = {}

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event means.

        Raises:
            ProviderError: also for an error in ``x_groq``.

        """
        if b'"x_groq"' in event.data and b'"error"' in event.data:
            chunk = loads(event.data)
            if isinstance(chunk, dict) and (problem := _own(cast("dict[str, Any]", chunk)).get("error")):
                raise self._failure(HttpReply(status=200, body=rewritten({"error": problem}).encode()))
        return super().feed(event)

    def _note(self, chunk: Mapping[str, Any], events: list[Event]) -> None:
        """Keep the first id: the compound systems end a stream under other ids than they began it."""
        first = self._facts.get("id")
        super()._note({**chunk, "id": first} if first and chunk.get("id") != first else chunk, events)

    def executed(self, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Yield the events for the tools that Groq ran: once begun, then with what they found."""
        for tool in objects(delta.get("executed_tools")):
            place = count(tool, "index") or 0
            known = self._executed.get(place)
            if known is None:
                known = self._executed[place] = self.begin()
                yield PartStart(known, executed(tool))
            else:
                yield PartUpdate(known, executed(tool))


def executed(tool: Mapping[str, Any]) -> ToolCall:
    """Return a tool that Groq ran; its findings are in the metadata."""
    place = count(tool, "index") or 0
    findings = {name: value for name, value in tool.items() if name not in {"index", "type", "arguments"}}
    return ToolCall(
        name=words(tool.get("type")),
        call_id=f"executed_{place}",
        arguments=read.arguments_of(tool),
        server_side=True,
        metadata=findings,
    )


def _own(body: Mapping[str, Any]) -> Mapping[str, Any]:
    own = body.get("x_groq")
    return cast("dict[str, Any]", own) if isinstance(own, dict) else {}


def _report(reply: HttpReply) -> Mapping[str, Any]:
    try:
        error = as_object(reply.json(), "the reply").get("error")
    except ProtocolError:
        return {}
    return cast("dict[str, Any]", error) if isinstance(error, dict) else {}


def _check_media(message: Message) -> None:
    for part in message.of_type(Media):
        is_image = part.media_type.startswith("image/") and isinstance(part.source, Bytes | Url)
        if not is_image and not isinstance(part.source, InlineText):
            text = f"groq takes images and text, no {part.media_type} as {type(part.source).__name__}"
            raise UnsupportedError(text)
