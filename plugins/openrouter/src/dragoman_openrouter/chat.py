"""Chat completions, as OpenRouter speaks them.

https://openrouter.ai/docs/api-reference/overview
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from dragoman import (
    JSON,
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    FinishReason,
    Part,
    PartStart,
    PartUpdate,
    ProviderError,
    Reasoning,
    Response,
    ResponseSnapshot,
    UsageSnapshot,
    build_response,
)
from dragoman.http import HttpReply, HttpRequest, ServerSentEvent, StreamDecoder, as_object, objects, rewritten
from dragoman_openai_compatible import MessageRules, OpenAIChat, chat_parts as read
from dragoman_openai_compatible.chat import SETTING_NAMES
from dragoman_openai_compatible.chat_stream import OpenAIChatDecoder
from dragoman_openrouter.facts import attribution, cost, name_server_tools, whole_id
from dragoman_openrouter.failures import failure
from dragoman_openrouter.options import RESPONSES_ONLY, OpenRouterOptions, refuse
from dragoman_openrouter.parts import shaped
from dragoman_openrouter.reasoning import ISSUER, merge, replay, sealed, text_of


class OpenRouterChat(OpenAIChat[OpenRouterOptions]):
    """Speak the dialect to OpenRouter."""

    def __init__(self) -> None:
        super().__init__(
            options=OpenRouterOptions,
            provider=ISSUER,
            rules=MessageRules(issuer=ISSUER, replay_reasoning=replay, tool_media=True),
            setting_names={**SETTING_NAMES, "top_k": "top_k"},
            reasoning_names=("reasoning", "reasoning_content"),
            metadata_names=("provider", "system_fingerprint", "service_tier"),
        )

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL."""
        if isinstance(request, ChatRequest):
            request = attrs.evolve(request, messages=tuple(shaped(message) for message in request.messages))
        return super().encode(request, stream=stream)

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply.

        Raises:
            ProviderError: also for an error inside a reply that HTTP calls good; ``partial`` holds what came before it.

        """
        if b'"error"' in reply.body:
            for choice in objects(as_object(reply.json(), "the reply").get("choices"))[:1]:
                self._check(choice)
        return super().decode(reply)

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        return OpenRouterDecoder(self)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return failure(reply)

    def headers(self, options: OpenRouterOptions) -> Mapping[str, str]:
        """Return the headers that name the caller, if the caller wants to be named."""
        return attribution(options.site_url, options.app_name)

    def finish_body(
        self, body: dict[str, Any], request: ChatRequest | CompletionRequest, options: OpenRouterOptions
    ) -> None:
        """Put the effort, the model's whole id and OpenRouter's own tools where they belong, and add ``extra_body``."""
        refuse(options, RESPONSES_ONLY, model=request.model, api="chat")
        body["model"] = whole_id(request.model)
        effort = body.pop("reasoning_effort", None)
        reasoning = {**({"effort": effort} if effort else {}), **(options.reasoning or {})}
        if reasoning:
            body["reasoning"] = reasoning
        if isinstance(request, ChatRequest):
            name_server_tools(request.tools, body.get("tools", ()))
        body.update(options.extra_body or {})

    def metadata(self, body: Mapping[str, Any]) -> dict[str, JSON]:
        """Return what is worth keeping of a reply or chunk, the cost in credits among it."""
        return {**super().metadata(body), **cost(body.get("usage"))}

    def choice_metadata(self, choice: Mapping[str, Any]) -> dict[str, JSON]:
        """Return the vendor's own word for the end."""
        native = choice.get("native_finish_reason")
        return {} if native is None else {"native_finish_reason": native}

    def message_parts(self, message: Mapping[str, Any]) -> list[Part]:
        """Return the parts of a whole message, the details of the reasoning sealed."""
        parts = super().message_parts(message)
        details = objects(message.get("reasoning_details"))
        if not details:
            return parts
        text = read.reasoning_of(message, self.reasoning_names) or text_of(details)
        rest = [part for part in parts if not isinstance(part, Reasoning)]
        return [sealed(text, details, has_text=bool(text)), *rest]

    def reasoning_events(self, decoder: OpenAIChatDecoder, delta: Mapping[str, Any]) -> Iterable[Event]:
        """Return the events for the reasoning of one delta."""
        assert isinstance(decoder, OpenRouterDecoder)  # noqa: S101  # by decoder()
        return decoder.detailed(delta, self.reasoning_names)

    def choice_error(self, choice: Mapping[str, Any]) -> ProviderError | None:
        """Return the error that a choice reports, if it does."""
        problem = choice.get("error")
        return self.error(HttpReply(status=200, body=rewritten({"error": problem}).encode())) if problem else None

    def _check(self, choice: Mapping[str, Any]) -> None:
        error = self.choice_error(choice)
        if error is not None:
            interrupted = Finish(reason=FinishReason.INTERRUPTED)
            error.partial = build_response(self.parts(choice), interrupted)
            raise error


class OpenRouterDecoder(OpenAIChatDecoder):
    """Decode one stream: gather the details of the reasoning, and notice an error in a choice."""

    def __init__(self, dialect: OpenRouterChat) -> None:
        super().__init__(dialect)
        self._choice_error = dialect.choice_error
        self._details: list[dict[str, Any]] = []
        self._has_text = False

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what one event means; a cost of nothing is a cost, too."""
        for each in super().feed(event):
            yield each
            if isinstance(each, UsageSnapshot) and (known := cost(each.usage.raw)):
                yield ResponseSnapshot(metadata=known)

    def detailed(self, delta: Mapping[str, Any], names: tuple[str, ...]) -> list[Event]:
        """Return the events for the reasoning of one delta, and keep its details for the end."""
        pieces = objects(delta.get("reasoning_details"))
        text = read.reasoning_of(delta, names) or text_of(pieces)
        self._has_text = self._has_text or bool(text)
        merge(self._details, pieces)
        if text:
            return self.reasoning(text)
        if pieces and "reasoning" not in self._open:
            self._open["reasoning"] = self.begin()
            return [PartStart(self._open["reasoning"], Reasoning())]
        return []

    def close(self) -> Iterable[Event]:
        """Return what is complete only at the end: the seal of the reasoning."""
        events = list(super().close())
        if self._details:
            events.append(PartUpdate(self._open["reasoning"], sealed("", self._details, has_text=self._has_text)))
        return events

    def _choice(self, choice: Mapping[str, Any], events: list[Event]) -> None:
        error = self._choice_error(choice)
        if error is not None:
            raise error
        super()._choice(choice, events)
