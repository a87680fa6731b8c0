"""A provider that speaks to Gemini, with what stands beside chat: models, tokens, embeddings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast
from urllib.parse import quote

from dragoman import (
    CallContext,
    ChatRequest,
    CompletionRequest,
    Embeddings,
    Event,
    ModelInfo,
    ProtocolError,
    ProviderInfo,
    Response,
    UnsupportedError,
    Usage,
)
from dragoman.http import Endpoint, HttpProvider, HttpRequest, Transport, dumps
from dragoman_google import response as read
from dragoman_google.dialect import Gemini
from dragoman_google.models import capabilities, plain_name
from dragoman_google.request import camel
from dragoman_google.retirement import refuse_palm, told_as_retired


class GoogleProvider(HttpProvider):
    """Speak to Gemini.

    Args:
        info: who this is.
        gemini: how to speak.
        endpoint: where to.
        transport: what carries the requests.

    """

    def __init__(
        self, info: ProviderInfo, gemini: Gemini, endpoint: Endpoint, *, transport: Transport | None = None
    ) -> None:
        super().__init__(info, gemini, endpoint, capabilities=capabilities, transport=transport)
        self._gemini = gemini

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt, as a conversation of one message."""
        with told_as_retired(request.model):
            return await super().complete(request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        with told_as_retired(request.model):
            return await super().chat(request, context)

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation."""
        async with AsyncExitStack() as stack:
            with told_as_retired(request.model):
                events = await stack.enter_async_context(super().stream(request, context))
            yield events

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use: https://ai.google.dev/api/models#method:-models.list."""
        if self._gemini.vertex:
            message = "Vertex AI lists no models for a project; see https://cloud.google.com/vertex-ai/generative-ai/docs/models"
            raise UnsupportedError(message, provider=self.info.name)
        found: list[ModelInfo] = []
        page = ""
        while True:
            reply = await self.call(HttpRequest(method="GET", url=f"/models?pageSize=1000{page}"), context)
            with self.reading(reply):
                body = read.as_object(reply.json(), "the listing")
                found.extend(_model(entry) for entry in read.objects(body.get("models")) if entry.get("name"))
            if not body.get("nextPageToken"):
                return tuple(found)
            page = f"&pageToken={quote(str(body['nextPageToken']), safe='')}"

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the tokens of a conversation: https://ai.google.dev/api/tokens."""
        refuse_palm(request.model)
        body = self._gemini.body_of(request).encode()
        if not self._gemini.vertex:
            body = {"generateContentRequest": {"model": f"models/{plain_name(request.model)}", **body}}
        path = self._gemini.path(request.model, "countTokens")
        with told_as_retired(request.model):
            reply = await self.call(HttpRequest(url=path, body=dumps(body)), context, request.headers)
        with self.reading(reply):
            report = read.as_object(reply.json(), "the count")
            return Usage(
                input_tokens=read.count(report, "totalTokens"),
                cache_read_tokens=read.count(report, "cachedContentTokenCount"),
                raw=report,
            )

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text: https://ai.google.dev/api/embeddings.

        Args:
            model: the model, such as ``gemini-embedding-001``.
            texts: what to embed.
            options: ``task_type``, ``title`` and ``output_dimensionality``, in this or in Google's spelling.
            context: the call.

        """
        refuse_palm(model)
        overrides = {camel(name): value for name, value in options.items()}
        request = (
            self._on_vertex(model, texts, overrides)
            if self._gemini.vertex
            else self._on_studio(model, texts, overrides)
        )
        reply = await self.call(request, context)
        with self.reading(reply):
            body = read.as_object(reply.json(), "the reply")
            vectors = tuple(_vector(entry) for entry in _entries(body))
            if len(vectors) != len(texts):
                message = f"{len(texts)} texts were sent, {len(vectors)} vectors came back"
                raise ProtocolError(message, phase="decode", body=reply.excerpt)
            return Embeddings(vectors=vectors, model=model, usage=_usage(body))

    def _on_studio(self, model: str, texts: Sequence[str], overrides: Mapping[str, Any]) -> HttpRequest:
        name = f"models/{plain_name(model)}"
        requests = [{"model": name, "content": {"parts": [{"text": text}]}, **overrides} for text in texts]
        if len(requests) == 1:
            return HttpRequest(url=self._gemini.path(model, "embedContent"), body=dumps(requests[0]))
        return HttpRequest(url=self._gemini.path(model, "batchEmbedContents"), body=dumps({"requests": requests}))

    def _on_vertex(self, model: str, texts: Sequence[str], overrides: Mapping[str, Any]) -> HttpRequest:
        """Return a request for predictions, the only way to embed that Vertex AI has."""
        beside = {"task_type": overrides.get("taskType"), "title": overrides.get("title")}
        given = {name: value for name, value in beside.items() if value is not None}
        parameters = {name: value for name, value in overrides.items() if name not in {"taskType", "title"}}
        body = {"instances": [{"content": text, **given} for text in texts], "parameters": parameters}
        return HttpRequest(url=self._gemini.path(model, "predict"), body=dumps(body))


def _model(entry: dict[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=plain_name(str(entry["name"])),
        owner="google",
        context_tokens=read.count(entry, "inputTokenLimit"),
        output_tokens=read.count(entry, "outputTokenLimit"),
        metadata=entry,
    )


def _entries(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "predictions" in body:
        return [read.member(entry, "embeddings") for entry in read.objects(body["predictions"])]
    return read.objects(body.get("embeddings") or [body.get("embedding")])


def _vector(entry: Mapping[str, Any]) -> tuple[float, ...]:
    values = entry.get("values")
    if not isinstance(values, list):
        message = "a vector is a list of numbers, and there is none"
        raise ProtocolError(message, phase="decode")
    return tuple(float(number) for number in cast("list[float]", values))


def _usage(body: Mapping[str, Any]) -> Usage:
    """Return the tokens that the texts had, where Google says so."""
    reports = [read.member(entry, "statistics") for entry in _entries(body)]
    counts = [tokens for report in reports if (tokens := read.count(report, "token_count")) is not None]
    return Usage(input_tokens=sum(counts)) if counts else read.usage(body.get("usageMetadata")) or Usage()
