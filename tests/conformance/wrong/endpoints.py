"""Providers whose prompts, embeddings, listings and counts are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs

from conformance.sound import Plugin, SoundProvider, sending
from conformance.wrong.table import CORRECT, plugin, wrong
from dragoman import (
    CallContext,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    Embeddings,
    ModelInfo,
    ProtocolError,
    ProviderError,
    Response,
    Usage,
)
from dragoman.http import HttpRequest, dumps
from dragoman.spec.capabilities import YES
from dragoman.testing.faults import CHAT, CountingEndpoint, LearningEndpoint
from dragoman.testing.faults.chat_requests import read_chat_request

PROMPT, STREAM = "test_a_prompt_is_sent_as_meant", "test_a_prompt_is_streamed"
EMBEDDED, ORDER = "test_texts_are_sent_to_be_embedded", "test_vectors_keep_the_order_of_the_texts"
NUMBERED, LISTED = "test_vectors_are_ordered_by_their_numbers", "test_all_models_are_listed"
COUNT = "test_a_count_is_of_the_conversation"
COUNTED: Mapping[str, Any] = {
    "server_dialect": attrs.evolve(
        CHAT,
        counting=CountingEndpoint(
            endings=("/count",),
            read=read_chat_request,
            reply=lambda count: {"tokens": count},
        ),
    )
}
PROMPTS = Capabilities(completion=YES, completion_stream=YES)


def completing(edit: Callable[[dict[str, Any]], object] = lambda _: None) -> Plugin:
    """Return a plugin with an endpoint for prompts that changes the body of each request."""
    return attrs.evolve(sending(edit), capabilities=lambda _: PROMPTS)


CORRECT += [(PROMPT, completing, {}), (STREAM, completing, {})]

wrong("sends a prompt as input", PROMPT, completing, lambda body: body.update(input=body.pop("prompt")))
wrong("strips prompts", PROMPT, completing, lambda body: body.update(prompt=body["prompt"].replace("\n", " ")))
wrong("sends a prompt to another model", PROMPT, completing, lambda body: body.update(model="other"))
wrong("drops the temperature of prompts", PROMPT, completing, lambda body: body.pop("temperature"))
wrong("asks for no stream of a prompt", STREAM, completing, lambda body: body.pop("stream", None))


class PromptsAsChat(SoundProvider):
    """Send prompts as messages, though there is an endpoint for them."""

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        return await self.chat(request.as_chat(), context)


@plugin("sends prompts as messages", PROMPT)
def as_chat() -> Plugin:
    return attrs.evolve(completing(), provider=PromptsAsChat)


def embedding(
    texts: Callable[[list[str]], Sequence[str]] = lambda texts: texts,
    vectors: Callable[[Embeddings, Sequence[str]], Any] = lambda made, _: made.vectors,
    model: str | None = None,
) -> Plugin:
    """Return a plugin that changes the texts to embed, and their vectors."""

    class Changed(SoundProvider):
        async def embed(
            self, name: str, given: Sequence[str], options: Mapping[str, Any], context: CallContext
        ) -> Embeddings:
            made = await super().embed(model or name, texts(list(given)), options, context)
            return attrs.evolve(made, vectors=tuple(vectors(made, given)))

    return Plugin(provider=Changed)


wrong("sends texts in another order", EMBEDDED, embedding, lambda texts: texts[::-1])
wrong("sends texts to another model", EMBEDDED, embedding, model="other")
wrong("cuts texts", EMBEDDED, embedding, lambda texts: [each[:8] for each in texts])
wrong("returns vectors in another order", ORDER, embedding, vectors=lambda made, _: made.vectors[::-1])
wrong("loses a dimension", ORDER, embedding, vectors=lambda made, _: [each[:1] for each in made.vectors])


class AsTheyCome(SoundProvider):
    """Ignore the numbers of vectors."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        body = {"model": model, "input": list(texts)}
        import json  # noqa: PLC0415  # for this provider alone

        reply = await self.call(HttpRequest(url="/embeddings", body=json.dumps(body).encode()), context)
        return Embeddings(vectors=tuple(tuple(each["embedding"]) for each in reply.json()["data"]))


wrong("ignores the numbers of vectors", NUMBERED, Plugin, provider=AsTheyCome)


class Repeats(AsTheyCome):
    """Give the last vector again for each one that is missing: the core refuses fewer vectors than texts."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        found = (await super().embed(model, texts, options, context)).vectors
        return Embeddings(vectors=found + found[-1:] * (len(texts) - len(found)))


wrong("covers a missing vector", "test_a_missing_vector_is_an_error", Plugin, provider=Repeats)


FAILS, EMPTY = "test_another_endpoint_fails_as_conversations_do", "test_another_endpoint_takes_nothing_for_a_result"
SAME = "test_another_endpoint_gets_the_same_credentials"


class TakesAnything(SoundProvider):
    """Take what is not a listing for an empty one."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        with suppress(ProtocolError):
            return await super().models(context)
        return ()


class LosesErrors(SoundProvider):
    """Report no error of another endpoint by its class."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        try:
            return await super().embed(model, texts, options, context)
        except ProviderError as error:
            raise ProtocolError(str(error), phase="decode") from error

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        with suppress(ProviderError):
            return await super().models(context)
        return ()


class DoesNotSeeErrors(SoundProvider):
    """Read a listing without looking for an error in it."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        reply = await self.call(HttpRequest(method="GET", url="/models"), context)
        return [ModelInfo(id=each["id"]) for each in reply.json().get("data", ())]


def with_headers(asked: SoundProvider, *names: str) -> SoundProvider:
    """Return a provider like another one, with some of its headers alone."""
    kept = {name: value for name, value in asked.endpoint.headers.items() if name in names}
    return SoundProvider(asked.info, asked.dialect, attrs.evolve(asked.endpoint, headers=kept))


class Keyless(SoundProvider):
    """Embed texts without a key, as if that were public."""

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        return await with_headers(self).embed(model, texts, options, context)


class Headerless(SoundProvider):
    """List models with the key alone."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        return await with_headers(self, "authorization").models(context)


wrong("loses errors of embeddings", f"{FAILS}[embeddings-status_401]", Plugin, provider=LosesErrors)
wrong("lists nothing without a key", f"{FAILS}[listing-status_401]", Plugin, provider=LosesErrors)
wrong("sees no error in a listing", f"{FAILS}[listing-json_error_200]", Plugin, provider=DoesNotSeeErrors)
wrong("takes a page for an empty listing", f"{EMPTY}[listing-html_200]", Plugin, provider=TakesAnything)
wrong("embeds without a key", f"{SAME}[embeddings]", Plugin, provider=Keyless)
wrong("lists without the headers of the caller", f"{SAME}[listing]", Plugin, provider=Headerless)


class LosesModels(SoundProvider):
    """List the first models only."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        return (await super().models(context))[:2]


class RenamesModels(SoundProvider):
    """List models with a prefix."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        return [attrs.evolve(each, id=f"sound/{each.id}") for each in await super().models(context)]


wrong("loses models", LISTED, Plugin, provider=LosesModels)
wrong("renames models", LISTED, Plugin, provider=RenamesModels)


class Counts(SoundProvider):
    """Count the tokens of a conversation."""

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        wire = attrs.evolve(self.dialect.encode(self.counted(request), stream=False), url="/count")
        reply = await self.call(wire, context)
        return Usage(input_tokens=reply.json()["tokens"])

    def counted(self, request: ChatRequest) -> ChatRequest:
        return request


CORRECT.append((COUNT, lambda: Plugin(provider=Counts), COUNTED))


@plugin("counts without tools", COUNT, **COUNTED)
def without_tools() -> Plugin:
    class Changed(Counts):
        def counted(self, request: ChatRequest) -> ChatRequest:
            return attrs.evolve(request, tools=())

    return Plugin(provider=Changed)


@plugin("counts the last message", COUNT, **COUNTED)
def last_message() -> Plugin:
    class Changed(Counts):
        def counted(self, request: ChatRequest) -> ChatRequest:
            return attrs.evolve(request, messages=request.messages[-1:])

    return Plugin(provider=Changed)


@plugin("asks for a stream of a count", COUNT, **COUNTED)
def counting_a_stream() -> Plugin:
    class Streamed(Counts):
        async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
            wire = attrs.evolve(self.dialect.encode(request, stream=True), url="/count")
            reply = await self.call(wire, context)
            return Usage(input_tokens=reply.json()["tokens"])

    return Plugin(provider=Streamed)


LEARNED: Mapping[str, Any] = {
    "server_dialect": attrs.evolve(
        CHAT,
        learning=LearningEndpoint(
            read=lambda request: request.json["model"], reply={"window": 4711}, learned={"context_tokens": 4711}
        ),
    )
}
LEARNS = "test_what_a_server_tells_of_a_model_is_learned"


class Learns(SoundProvider):
    """Ask the server what a model accepts."""

    async def learn_capabilities(self, model: str, context: CallContext) -> Capabilities:
        reply = await self.call(HttpRequest(url="/show", body=dumps({"model": self.asked(model)})), context)
        return attrs.evolve(self.capabilities(model), context_tokens=self.read(reply.json()["window"]))

    def asked(self, model: str) -> str:
        return model

    def read(self, window: int) -> int | None:
        return window


CORRECT.append((LEARNS, lambda: Plugin(provider=Learns), LEARNED))


@plugin("learns of another model", LEARNS, **LEARNED)
def learning_of_another() -> Plugin:
    return Plugin(provider=type("Changed", (Learns,), {"asked": lambda _, model: f"{model}-other"}))


@plugin("learns nothing", LEARNS, **LEARNED)
def learning_nothing() -> Plugin:
    return Plugin(provider=type("Changed", (Learns,), {"read": lambda _, window: None}))
