"""Providers with mistakes in tool calls, schemas, media and reasoning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from conformance.sound import (
    Decoder,
    Plugin,
    SoundChat,
    SoundOptions,
    decoding,
    reading,
    sending,
    streaming,
)
from conformance.wrong.table import wrong
from dragoman import (
    ArgumentsDelta,
    ChatRequest,
    CompletionRequest,
    Event,
    Finish,
    Media,
    Message,
    PartStart,
    Reasoning,
    ReasoningDelta,
    Refusal,
    Response,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    UnsupportedError,
)
from dragoman.http import HttpRequest, ServerSentEvent


class ByArrival(Decoder):
    """Assign argument fragments to the latest call."""

    latest = 0

    def feed(self, event: ServerSentEvent) -> Iterable[Event]:
        for each in self.inner.feed(event):
            if isinstance(each, PartStart):
                self.latest = each.index
            yield ArgumentsDelta(self.latest, each.fragment) if isinstance(each, ArgumentsDelta) else each


wrong("assigns fragments to the latest call", "test_calls_are_kept_apart_by_their_places", decoding, ByArrival)


def with_calls(response: Response, **changes: Any) -> Response:
    parts = [attrs.evolve(each, **changes) if isinstance(each, ToolCall) else each for each in response.message.parts]
    return attrs.evolve(response, message=Message("assistant", parts))


wrong(
    "gives all calls the same id",
    "test_calls_without_ids_are_given_some",
    reading,
    lambda r: with_calls(r, call_id="call_0"),
)
wrong(
    "repairs arguments", "test_broken_arguments_are_kept_as_they_are", reading, lambda r: with_calls(r, arguments="{}")
)
wrong(
    "keeps one call of each tool",
    "test_calls_with_one_id_are_both_kept",
    reading,
    lambda r: attrs.evolve(
        r,
        message=Message("assistant", [*{call.name: call for call in r.message.of_type(ToolCall)}.values()]),
    ),
)
wrong(
    "drops the choice of a tool",
    "test_the_choice_of_a_tool_is_sent[required]",
    sending,
    lambda b: b.pop("tool_choice", 0),
)
wrong(
    "drops descriptions",
    "test_tools_are_offered",
    sending,
    lambda b: [t["function"].pop("description", 0) for t in b["tools"]],
)
wrong("sends an empty list of tools", "test_no_tools_leave_no_trace", sending, lambda b: b.setdefault("tools", []))


def without_results(body: dict[str, Any]) -> None:
    body["messages"] = [each for each in body["messages"] if each["role"] != "tool"]


def results_reversed(body: dict[str, Any]) -> None:
    results = [each for each in body["messages"] if each["role"] == "tool"]
    body["messages"] = [each for each in body["messages"] if each["role"] != "tool"] + results[::-1]


wrong("loses results", "test_calls_and_results_go_back", sending, without_results)
wrong("swaps results", "test_results_stay_with_their_calls", sending, results_reversed)


class Strict(SoundChat):
    """Change the schemas of the caller in place."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        for tool in getattr(request, "tools", ()):
            if isinstance(tool, Tool):
                tool.schema["additionalProperties"] = False  # type: ignore[index]
        schema: Any = request.output.schema if isinstance(request, ChatRequest) else None
        if schema is not None:
            schema["strict"] = True
        return super().encode(request, stream=stream)


wrong("changes the tools of the caller", "test_requests_are_not_changed", Plugin, dialect=Strict)
wrong("changes the schema of the caller", "test_schemas_are_not_changed[plain]", Plugin, dialect=Strict)


wrong("drops the schema", "test_a_schema_is_sent", sending, lambda body: body.pop("response_format", None))
wrong(
    "drops the request for JSON",
    "test_a_wish_for_json_is_sent",
    sending,
    lambda body: body.pop("response_format", None),
)


def as_text(response: Response) -> Response:
    parts = [Text(text=each.text) if isinstance(each, Refusal | Reasoning) else each for each in response.message.parts]
    return attrs.evolve(response, message=Message("assistant", parts), finish=Finish(reason="stop", raw="stop"))


wrong("returns a refusal as text", "test_a_refusal_is_told_apart_from_text", reading, as_text)
wrong("parses a refusal as a value", "test_a_refusal_is_no_value", reading, as_text)
wrong("returns reasoning as text", "test_reasoning_is_told_apart_from_text", reading, as_text)
wrong(
    "streams reasoning as text",
    "test_reasoning_is_streamed_apart_from_text",
    streaming,
    lambda events: [
        PartStart(each.index, Text(text=""))
        if isinstance(each, PartStart) and isinstance(each.part, Reasoning)
        else TextDelta(each.index, each.text)
        if isinstance(each, ReasoningDelta)
        else each
        for each in events
    ],
)


def text_alone(body: dict[str, Any]) -> None:
    for message in body["messages"]:
        if isinstance(message["content"], list):
            message["content"] = [each for each in message["content"] if each["type"] == "text"]


wrong("drops images", "test_media_is_sent_or_refused[image]", sending, text_alone)


class RefusesImages(SoundChat):
    """Refuse images although the capabilities declare them."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        if any(message.of_type(Media) for message in getattr(request, "messages", ())):
            text = "images are not supported"
            raise UnsupportedError(text)
        return super().encode(request, stream=stream)


wrong("refuses declared media", "test_what_is_declared_of_media_is_true[image]", Plugin, dialect=RefusesImages)


class SendsAllSeals(SoundChat):
    """Send all seals, also those of other vendors."""

    def finish_body(self, body: dict[str, Any], request: Any, options: SoundOptions) -> None:
        parts = [part for message in getattr(request, "messages", ()) for part in message.parts]
        body["seals"] = [part.seal.payload for part in parts if part.seal is not None]


wrong("sends seals of other vendors", "test_what_another_signed_is_not_sent[text]", Plugin, dialect=SendsAllSeals)


class RecordsNothing(SoundChat):
    """Record no adjustments."""

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        return attrs.evolve(super().encode(request, stream=stream), adjustments=())


wrong(
    "drops reasoning without a record",
    "test_what_is_held_back_is_written_down[reasoning]",
    Plugin,
    dialect=RecordsNothing,
)
