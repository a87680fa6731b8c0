"""Providers whose prompts, embeddings, listings and counts are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    Response,
    Usage,
)
from dragoman.http import HttpRequest
from dragoman.spec.capabilities import YES
from dragoman.testing.faults import CHAT, CountingEndpoint
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
