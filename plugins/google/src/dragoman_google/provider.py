"""The Google provider, with the listing of models, the counting of tokens and embeddings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from typing import Any

from dragoman import (
    CallContext,
    ChatRequest,
    CompletionRequest,
    ConfigurationError,
    Embeddings,
    Event,
    FileInfo,
    FileRef,
    FileUpload,
    ModelInfo,
    ProviderConfig,
    ProviderInfo,
    Response,
    UnsupportedError,
    Usage,
)
from dragoman.http import (
    MAX_OBJECTS,
    Endpoint,
    HttpProvider,
    HttpRequest,
    Transport,
    count,
    dumps,
    fields,
    objects,
    vectors_of,
)
from dragoman_google.dialect import Gemini
from dragoman_google.endpoint import endpoint, uses_vertex
from dragoman_google.models import capabilities, is_claude, short_name
from dragoman_google.options import ISSUER, STUDIO_EMBEDDINGS, VERTEX_EMBEDDINGS, GoogleFileOptions, GoogleOptions
from dragoman_google.request import camel_case
from dragoman_google.response import usage
from dragoman_google.retirement import check_palm, report_retirement

INFO = ProviderInfo(
    name="google",
    issuer=ISSUER,
    options=GoogleOptions,
    docs="https://ai.google.dev/api",
    formats=frozenset(),
)


class GoogleProvider(HttpProvider):
    """Call the Gemini API.

    Args:
        dialect: the translation of requests and responses.
        endpoint: the base URL and the credentials.
        transport: sends the requests; by default, one that the provider creates and closes.

    """

    file_options = GoogleFileOptions

    def __init__(self, dialect: Gemini, endpoint: Endpoint, *, transport: Transport | None = None) -> None:
        super().__init__(INFO, dialect, endpoint, capabilities=capabilities, transport=transport)
        self._gemini = dialect
        self.embedding_rules = VERTEX_EMBEDDINGS if dialect.vertex else STUDIO_EMBEDDINGS

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Return the response to a prompt, which is sent as a conversation of one message."""
        with report_retirement(request.model):
            return await super().complete(request, context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Return the response to a conversation."""
        with report_retirement(request.model):
            return await super().chat(request, context)

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the response to a conversation."""
        async with AsyncExitStack() as stack:
            with report_retirement(request.model):
                events = await stack.enter_async_context(super().stream(request, context))
            yield events

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use: https://ai.google.dev/api/models#method:-models.list."""
        if self._gemini.vertex:
            message = "Vertex AI does not list the models of a project; see https://cloud.google.com/vertex-ai/generative-ai/docs/models"
            raise UnsupportedError(message, provider=self.info.name)
        from dragoman_google.files import read_entries  # noqa: PLC0415  # few programs list anything

        return tuple(map(_model, await read_entries(self, "/models?pageSize=1000", "models", context)))

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the input tokens of *request*: https://ai.google.dev/api/tokens."""
        from dragoman.http import read_count  # noqa: PLC0415  # few programs count

        check_palm(request.model)
        body = self._gemini.body_encoder(request).encode()
        if not self._gemini.vertex:
            body = {"generateContentRequest": {"model": f"models/{short_name(request.model)}", **body}}
        path = self._gemini.path(request.model, "countTokens")
        with report_retirement(request.model):
            return await read_count(
                self,
                HttpRequest(url=path, body=dumps(body)),
                context,
                request.headers,
                member="totalTokens",
                cached="cachedContentTokenCount",
            )

    async def upload(self, file: FileUpload, context: CallContext) -> FileRef:
        """Store a file for two days: https://ai.google.dev/api/files."""
        from dragoman_google import files  # noqa: PLC0415  # few programs need it

        self._refuse_files()
        return await files.upload(self, file, context)

    async def files(self, context: CallContext) -> Sequence[FileInfo]:
        """Return the files that are stored: https://ai.google.dev/api/files#method:-files.list."""
        from dragoman_google import files  # noqa: PLC0415  # few programs need it

        self._refuse_files()
        return await files.files(self, context)

    async def delete_file(self, ref: FileRef, context: CallContext) -> None:
        """Delete a file: https://ai.google.dev/api/files#method:-files.delete."""
        from dragoman_google import files  # noqa: PLC0415  # few programs need it

        self._refuse_files()
        await files.delete_file(self, ref, context)

    def _refuse_files(self) -> None:
        if self._gemini.vertex:
            message = "Vertex AI stores no files; put them into Cloud Storage, and give Media.of('gs://...')"
            raise UnsupportedError(message, provider=self.info.name)

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        """Return one vector for each text: https://ai.google.dev/api/embeddings.

        Args:
            model: the model, such as ``gemini-embedding-001``.
            texts: the texts to embed.
            options: ``task_type``, ``title`` and ``output_dimensionality``, in snake case or in camel case.
            context: the context of the call.

        """
        check_palm(model)
        overrides = {camel_case(name): value for name, value in options.items()}
        request = (
            self._vertex_request(model, texts, overrides)
            if self._gemini.vertex
            else self._studio_request(model, texts, overrides)
        )
        reply = await self.call(request, context)
        with self.reading(reply):
            body = self.read_object(reply, "the reply")
            vectors = vectors_of([entry.get("values") for entry in _entries(body)], len(texts))
            return Embeddings(vectors=vectors, model=model, usage=_usage(body))

    def _studio_request(self, model: str, texts: Sequence[str], overrides: Mapping[str, Any]) -> HttpRequest:
        name = f"models/{short_name(model)}"
        requests = [{"model": name, "content": {"parts": [{"text": text}]}, **overrides} for text in texts]
        if len(requests) == 1:
            return HttpRequest(url=self._gemini.path(model, "embedContent"), body=dumps(requests[0]))
        return HttpRequest(url=self._gemini.path(model, "batchEmbedContents"), body=dumps({"requests": requests}))

    def _vertex_request(self, model: str, texts: Sequence[str], overrides: Mapping[str, Any]) -> HttpRequest:
        """Return the request for Vertex AI, which has embeddings only as predictions."""
        given = {"task_type": overrides.get("taskType"), "title": overrides.get("title")}
        fixed = {name: value for name, value in given.items() if value is not None}
        parameters = {name: value for name, value in overrides.items() if name not in {"taskType", "title"}}
        body = {"instances": [{"content": text, **fixed} for text in texts], "parameters": parameters}
        return HttpRequest(url=self._gemini.path(model, "predict"), body=dumps(body))


def make_provider(config: ProviderConfig) -> HttpProvider:
    """Return the provider for *config*: that of Gemini, or of Claude on Vertex AI.

    Raises:
        ConfigurationError: if an option or the base URL is not valid.
        MissingCredentialError: if there is no key for the base URL.

    """
    if is_claude(config.model):
        return _claude(config)
    dialect = Gemini()
    options = dialect.options_reader.configure(config.options)
    dialect.vertex = uses_vertex(config, options)
    return GoogleProvider(dialect, endpoint(config, options))


def _claude(config: ProviderConfig) -> HttpProvider:
    if find_spec("dragoman_anthropic") is None:
        message = "Claude on Vertex AI needs dragoman-anthropic; run: pip install 'dragoman-google[vertex]'"
        raise ConfigurationError(message, provider=config.name)
    from dragoman_google.claude import make_claude  # noqa: PLC0415  # the extra may not be installed

    return make_claude(config)


def _model(entry: dict[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=short_name(str(entry["name"])),
        owner=ISSUER,
        context_tokens=count(entry, "inputTokenLimit"),
        output_tokens=count(entry, "outputTokenLimit"),
        metadata=entry,
    )


def _entries(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "predictions" in body:
        return [fields(entry.get("embeddings")) for entry in objects(body["predictions"], MAX_OBJECTS)]
    return objects(body.get("embeddings") or [body.get("embedding")], MAX_OBJECTS)


def _usage(body: Mapping[str, Any]) -> Usage:
    """Return the tokens of the texts, if Google reports them."""
    reports = [fields(entry.get("statistics")) for entry in _entries(body)]
    counts = [tokens for report in reports if (tokens := count(report, "token_count")) is not None]
    return Usage(input_tokens=sum(counts)) if counts else usage(body.get("usageMetadata")) or Usage()
