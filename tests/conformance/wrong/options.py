"""Providers that lose their own options, or settings because of them; and requests that HTTP makes others of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from conformance.sound import Plugin, SoundChat, SoundProvider, sending
from conformance.wrong.endpoints import completing
from conformance.wrong.table import CORRECT, wrong
from dragoman import (
    Adjustment,
    CallContext,
    ChatRequest,
    CompletionRequest,
    Embeddings,
    Message,
    Text,
    UnsupportedError,
)
from dragoman.http import HttpRequest, dumps, loads

SENT, EXTRA, BESIDE = (
    "test_an_option_is_sent",
    "test_members_of_the_caller_are_sent",
    "test_an_option_takes_no_setting_away",
)
CONVERSATION = "test_a_conversation_is_sent_as_meant[{}]"
ZERO = "test_a_setting_of_zero_is_sent_as_meant[{}]"
FOLLOWS = "test_what_follows_a_prompt_is_sent_as_meant"


def asking(change: Callable[[HttpRequest], HttpRequest]) -> Plugin:
    """Return a plugin that changes each request."""

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            return change(super().encode(request, stream=stream))

    return Plugin(dialect=Chat)


def meaning(change: Callable[[Message], Message]) -> Plugin:
    """Return a plugin that changes each message before it is sent."""

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            if isinstance(request, ChatRequest):
                request = attrs.evolve(request, messages=tuple(map(change, request.messages)))
            return super().encode(request, stream=stream)

    return Plugin(dialect=Chat)


def glued(role: str) -> Callable[[dict[str, Any]], None]:
    """Return an edit that makes one message of two of an author, without anything between their texts."""

    def edit(body: dict[str, Any]) -> None:
        kept: list[dict[str, Any]] = []
        for each in body["messages"]:
            if kept and each["role"] == kept[-1]["role"] == role:
                kept[-1] = {**each, "content": kept[-1]["content"] + each["content"]}
            else:
                kept.append(each)
        body["messages"] = kept

    return edit


def without_zeros(body: dict[str, Any]) -> None:
    for name in [name for name, value in body.items() if value == 0 and name != "stream"]:
        del body[name]


def without_indentation(message: Message) -> Message:
    return attrs.evolve(
        message,
        content=tuple(
            attrs.evolve(each, text=each.text.strip()) if isinstance(each, Text) else each for each in message.parts
        ),
    )


def streamed_alone(name: str) -> Callable[[dict[str, Any]], object]:
    """Return an edit that leaves a member out of streams."""
    return lambda body: body.pop(name, None) if body.get("stream") else None


wrong("drops options", SENT, sending, lambda body: body.pop("verbosity", None))
wrong(
    "drops options that are zero",
    SENT,
    Plugin,
    dialect=type("Chat", (SoundChat,), {"finish_body": lambda _, body, request, options: without_zeros(body)}),
)
wrong("sends nulls", "test_what_was_not_asked_is_not_sent", sending, lambda body: body.setdefault("user", None))
wrong("drops the members of the caller", EXTRA, sending, lambda body: body.pop("extra_of_the_suite", None))
wrong(
    "drops a setting beside an option",
    BESIDE,
    sending,
    lambda body: body.pop("temperature", None) if "verbosity" in body else None,
)
wrong("drops a temperature of zero", ZERO.format("temperature"), sending, without_zeros)
wrong("drops a seed of zero", ZERO.format("seed"), sending, without_zeros)
wrong("sends by another method", CONVERSATION.format("question"), asking, lambda wire: attrs.evolve(wire, method="PUT"))
wrong(
    "declares another type than JSON",
    CONVERSATION.format("question"),
    asking,
    lambda wire: attrs.evolve(wire, headers={**wire.headers, "content-type": "text/plain"}),
)
wrong(
    "has the path of the base URL twice",
    CONVERSATION.format("question"),
    asking,
    lambda wire: attrs.evolve(wire, url=f"/v1{wire.url}"),
)
wrong("glues messages of the user", CONVERSATION.format("two messages of the user"), sending, glued("user"))
wrong("glues instructions", CONVERSATION.format("instructions of two messages"), sending, glued("system"))
wrong("strips texts", CONVERSATION.format("white space around"), meaning, without_indentation)
wrong(
    "rounds whole numbers",
    CONVERSATION.format("arguments of every type"),
    sending,
    lambda body: [
        call["function"].update(arguments=json.dumps(json.loads(call["function"]["arguments"], parse_int=float)))
        for message in body["messages"]
        for call in message.get("tool_calls", ())
    ],
)
wrong(
    "tells nothing of a failed tool",
    CONVERSATION.format("failed result"),
    sending,
    lambda body: [each.update(content="It went wrong.") for each in body["messages"] if each["role"] == "tool"],
)
wrong(
    "loses results without a text",
    CONVERSATION.format("empty result"),
    sending,
    lambda body: body.update(messages=[each for each in body["messages"] if each["role"] != "tool" or each["content"]]),
)
wrong(
    "drops the names of speakers",
    "test_the_name_of_a_speaker_is_sent_or_recorded",
    sending,
    lambda body: [each.pop("name", None) for each in body["messages"]],
)
wrong(
    "cuts the name of a model at a slash",
    "test_any_name_of_a_model_is_sent_or_refused[/ours]",
    sending,
    lambda body: body.update(model=body["model"].partition("/")[0]),
)
wrong("drops what follows a prompt", FOLLOWS, completing, lambda body: body.pop("suffix", None))
wrong("drops what follows a streamed prompt", FOLLOWS, completing, streamed_alone("suffix"))
wrong("drops settings of streamed prompts", "test_a_prompt_is_streamed", completing, streamed_alone("temperature"))

CORRECT.append((FOLLOWS, completing, {}))


def refusing(what: Callable[[ChatRequest], object]) -> Plugin:
    """Return a plugin that refuses some conversations before it sends them."""

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            if isinstance(request, ChatRequest) and what(request):
                message = "the vendor does not take that"
                raise UnsupportedError(message)
            return super().encode(request, stream=stream)

    return Plugin(dialect=Chat)


def recording() -> Plugin:
    """Return a plugin that leaves the temperature out beside an option, and says so."""
    dropped = Adjustment(kind="dropped", feature="temperature", reason="the option decides", by="sound")

    class Chat(SoundChat):
        def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
            wire = super().encode(request, stream=stream)
            body = loads(wire.body)
            if "verbosity" not in body or "temperature" not in body:
                return wire
            del body["temperature"]
            return attrs.evolve(wire, body=dumps(body), adjustments=(*wire.adjustments, dropped))

    return Plugin(dialect=Chat)


class FixedLength(SoundProvider):
    """Make vectors of one length."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        if "dimensions" in options:
            message = "the vectors have one length"
            raise UnsupportedError(message)
        return await super().embed(model, texts, options, context)


class LosesDimensions(SoundProvider):
    """Make vectors of one length whatever length is asked for."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        rest = {name: value for name, value in options.items() if name != "dimensions"}
        return await super().embed(model, texts, rest, context)


SPEAKER, DIMENSIONS = (
    "test_the_name_of_a_speaker_is_sent_or_recorded",
    "test_the_dimensions_of_vectors_are_sent_or_refused",
)
wrong("loses the dimensions of vectors", DIMENSIONS, Plugin, provider=LosesDimensions)
CORRECT += [
    (SPEAKER, Plugin, {}),
    (SPEAKER, lambda: refusing(lambda request: any(each.name for each in request.messages)), {}),
    (BESIDE, Plugin, {}),
    (BESIDE, recording, {}),
    (DIMENSIONS, Plugin, {}),
    (DIMENSIONS, lambda: Plugin(provider=FixedLength), {}),
    ("test_any_name_of_a_model_is_sent_or_refused[/ours]", lambda: refusing(lambda request: "/" in request.model), {}),
]
